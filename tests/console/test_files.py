"""The console's files as they are served: small, plain, cached, under a strict policy."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from build import build_memory_application
from cli_running import serving_memory
from faceplate.http.console_files import ROOT

FILES = sorted(path for path in ROOT.rglob("*") if path.is_file())
MAX_BYTES = 100_000
MAX_SOURCE_BYTES = 170_000
MAX_LINES = 400
SHEETS = ("base.css", "parts.css", "views.css")
# What would let text become markup or code, or reach out of the page.
FORBIDDEN = (
    r"\.innerHTML|\.outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|"
    r"createContextualFragment|parseFromString|https?://(?!www\.w3\.org/)|setAttribute\(\"style\""
)


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with (
        serving_memory(build_memory_application()) as serving,
        httpx.Client(base_url=serving.url) as found,
    ):
        yield found


def test_a_browser_fetches_under_a_hundred_kilobytes_in_all(client: httpx.Client) -> None:
    """As sent, which is compressed; the source may not grow without end either."""
    base = re.search(r'href="(console/[0-9a-f]{16})/', client.get("/").text)
    assert base
    sent = len(gzip.compress(client.get("/").content))
    names = {path.relative_to(ROOT).as_posix() for path in FILES}
    for name in names - {"index.html", *SHEETS}:
        with client.stream("GET", f"/{base[1]}/{name}") as answer:
            assert answer.headers["content-encoding"] == "gzip", name
            sent += len(b"".join(answer.iter_raw()))
    assert 10_000 < sent < MAX_BYTES, sent
    assert sum(path.stat().st_size for path in FILES) < MAX_SOURCE_BYTES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_file_is_small_and_plain(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MAX_LINES
    if path != ROOT / "preview.js":
        assert re.findall(FORBIDDEN, text) == []
    if path.suffix == ".html":
        text = text.replace("<style>@style@</style>", "")
        assert re.findall(r"<style|<script>|\sstyle=|\son[a-z]+=", text) == []


@pytest.mark.parametrize(
    "path", [path for path in FILES if path.suffix == ".js"], ids=lambda path: path.name
)
def test_a_module_says_what_it_is_for(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("// ")


def test_every_script_parses() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    for path in FILES:
        if path.suffix == ".js":
            classic = path.parent == ROOT and path.name == "preview.js"
            kind = "commonjs" if classic else "module"
            done = subprocess.run(
                [node, f"--input-type={kind}", "--check", "-"],
                input=path.read_bytes(),
                capture_output=True,
                timeout=30,
                check=False,
            )
            assert done.returncode == 0, (path, done.stderr.decode())


def test_the_page_is_checked_again_each_time_and_its_policy_is_strict(client: httpx.Client) -> None:
    page = client.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-cache"
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    (style,) = re.findall(r"<style>(.*)</style>", page.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}';" in policy
    assert style == "".join((ROOT / name).read_text() for name in SHEETS)
    assert "require-trusted-types-for 'script'; trusted-types 'none'" in policy
    assert re.findall(r"@[a-z]+@", page.text) == []
    again = client.get("/", headers={"if-none-match": page.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_theme_is_in_the_page_before_any_script_runs(client: httpx.Client) -> None:
    plain = client.get("/")
    assert '<html lang="en">' in plain.text
    assert plain.headers["vary"] == "accept-encoding, cookie"
    dark = client.get("/", headers={"cookie": "faceplate-theme=dark"})
    assert '<html lang="en" data-theme="dark">' in dark.text
    assert dark.headers["etag"] != plain.headers["etag"]
    other = client.get("/", headers={"cookie": 'faceplate-theme=x"><script>'})
    assert other.text == plain.text


def test_what_the_page_names_is_kept_for_ever_with_its_own_type(client: httpx.Client) -> None:
    named = set(re.findall(r'(?:src|href)="(console/[^"]+)"', client.get("/").text))
    types = {".js": "text/javascript", ".svg": "image/svg+xml"}
    assert len(named) >= 9
    for name in named:
        answer = client.get(f"/{name}")
        assert answer.status_code == 200, name
        assert answer.headers["content-type"].startswith(types[Path(name).suffix])
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["etag"]


def test_every_module_of_the_shell_is_named_so_that_none_waits(client: httpx.Client) -> None:
    named = re.findall(
        r'modulepreload" fetchpriority="low" href="console/[0-9a-f]{16}/([^"]+)"',
        client.get("/").text,
    )
    modules = {path.name for path in ROOT.glob("*.js")}
    assert set(named) == modules - {"preview.js"}


@pytest.mark.parametrize(
    "name",
    [
        "app.js/",
        "index.html",
        "base.css",
        "nothing.js",
        "../pages.py",
        "..%2fpages.py",
        "%2e%2e/pages.py",
        "",
    ],
)
def test_nothing_else_is_served(client: httpx.Client, name: str) -> None:
    base = re.search(r'href="(console/[0-9a-f]{16})/', client.get("/").text)
    assert base
    answer = client.get(f"/{base[1]}/{name}")
    assert answer.status_code == 404
    assert answer.json()["code"] == "route_not_found"


def test_the_files_of_another_version_are_not_mixed_in(client: httpx.Client) -> None:
    assert client.get("/console/0123456789abcdef/app.js").status_code == 404


@pytest.mark.slow
def test_the_wheel_holds_the_console(tmp_path: Path) -> None:
    root = ROOT.parents[3]
    uv = shutil.which("uv", path=f"{root}/.venv/bin")
    if uv is None:
        pytest.skip("uv is not installed")
    done = subprocess.run(
        [uv, "build", "--wheel", "--no-build-isolation", "--offline", "-o", tmp_path, root],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    held = {
        name.removeprefix("faceplate/http/console/") for name in zipfile.ZipFile(wheel).namelist()
    }
    assert {path.relative_to(ROOT).as_posix() for path in FILES} <= held
