"""Plain addresses: resumed, capped, timed, and never trusted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from artifact_making import DATA, Site, make_artifact, serve
from faceplate.adapters.packages.artifacts import Limits, PackageArtifacts
from faceplate.adapters.packages.attempts import SourceFailed
from faceplate.adapters.packages.web import download
from faceplate.domain.artifacts import WebFile
from faceplate.domain.errors import StorageFull, UpstreamFailed


@pytest.fixture
def site() -> Iterator[Site]:
    with serve() as serving:
        yield serving


@pytest.fixture
def part(tmp_path: Path) -> Path:
    return tmp_path / "thing.part"


def get(url: str, part: Path, *, timeout_s: float = 10, stall_s: float = 5) -> None:
    download(url, part, len(DATA), timeout_s=timeout_s, stall_s=stall_s)


def refusal(url: str, part: Path, **limits: float) -> str:
    with pytest.raises(SourceFailed) as failed:
        get(url, part, **limits)
    return failed.value.reason


def test_a_file_is_downloaded_with_progress(site: Site, part: Path) -> None:
    seen: list[int] = []
    download(site.url, part, len(DATA), timeout_s=10, progress=seen.append)
    assert part.read_bytes() == DATA
    assert seen[-1] == len(DATA)
    assert seen == sorted(seen)


def test_a_download_that_is_cut_off_goes_on_where_it_was(site: Site, part: Path) -> None:
    site.cut_after = [100_000, 50_000]
    get(site.url, part)
    assert part.read_bytes() == DATA
    assert site.asked == ["", "bytes=100000-", "bytes=150000-"]


def test_a_later_call_goes_on_where_an_earlier_one_ended(site: Site, part: Path) -> None:
    part.write_bytes(DATA[:1_000])
    get(site.url, part)
    assert part.read_bytes() == DATA
    assert site.asked == ["bytes=1000-"]


def test_a_server_without_ranges_is_read_from_the_start(site: Site, part: Path) -> None:
    part.write_bytes(b"x" * 1_000)
    site.ranges = False
    get(site.url, part)
    assert part.read_bytes() == DATA


def test_a_part_that_is_too_long_is_thrown_away(site: Site, part: Path) -> None:
    part.write_bytes(DATA + b"more")
    get(site.url, part)
    assert part.read_bytes() == DATA
    assert site.asked == [""]


def test_a_server_that_cuts_every_answer_is_given_up(site: Site, part: Path) -> None:
    site.cut_after = [10, 10, 10, 10]
    assert refusal(site.url, part) == "the connection was cut off several times"
    assert part.read_bytes() == DATA[:30]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": 404}, "the server answered 404"),
        ({"status": 416}, "it is smaller than what was received before"),
        ({"data": DATA + b"!"}, "it has another size than promised"),
        ({"data": DATA[:-1]}, "it has another size than promised"),
    ],
)
def test_a_wrong_answer_is_explained(
    site: Site, part: Path, change: dict[str, object], reason: str
) -> None:
    for name, value in change.items():
        setattr(site, name, value)
    assert refusal(site.url, part) == reason


def test_a_range_that_was_not_asked_for_is_refused(site: Site, part: Path) -> None:
    part.write_bytes(DATA[:1_000])
    site.content_range = "bytes 7-/*"
    assert refusal(site.url, part) == "the server's answer makes no sense"


def test_more_bytes_than_announced_are_never_kept(site: Site, part: Path) -> None:
    site.data, site.length = DATA * 3, len(DATA)
    get(site.url, part)
    assert part.stat().st_size == len(DATA)


def test_a_silent_server_is_given_up(site: Site, part: Path) -> None:
    site.hanging, site.cut_after = True, [10]
    assert refusal(site.url, part, stall_s=0.3) == "the server was silent for 0 s"


def test_the_time_for_everything_is_limited(site: Site, part: Path) -> None:
    assert refusal(site.url, part, timeout_s=0) == "it took too long"


def test_nobody_listening_is_explained(part: Path) -> None:
    with serve() as gone:
        address = gone.url
    assert refusal(address, part) == "the server cannot be reached"


@pytest.mark.parametrize(
    "url", ["http://example.org/x", "ftp://127.0.0.1/x", "file:///etc/passwd", "nonsense"]
)
def test_only_safe_addresses_are_asked(part: Path, url: str) -> None:
    assert refusal(url, part) == "only https addresses are taken"


def test_a_redirect_to_an_unsafe_address_is_refused(site: Site, part: Path) -> None:
    site.redirect = "http://example.org/thing.bin"
    assert refusal(site.url, part) == "only https addresses are taken"


def test_a_resumed_part_of_other_bytes_is_downloaded_anew(site: Site, tmp_path: Path) -> None:
    target = tmp_path / "target.bin"
    (tmp_path / ".target.bin.part").write_bytes(b"x" * 1_000)
    PackageArtifacts().fetch(make_artifact(WebFile(site.url)), target)
    assert target.read_bytes() == DATA
    assert site.asked == ["bytes=1000-", ""]


@pytest.mark.parametrize("resumed", [False, True])
def test_other_bytes_of_the_right_size_are_refused(
    site: Site, tmp_path: Path, resumed: bool
) -> None:
    site.data = DATA[::-1]
    if resumed:
        (tmp_path / ".target.bin.part").write_bytes(b"x" * 1_000)
    with pytest.raises(UpstreamFailed) as failure:
        PackageArtifacts(Limits(source_s=10)).fetch(
            make_artifact(WebFile(site.url)), tmp_path / "target.bin"
        )
    assert failure.value.details["wrong_bytes"] is True
    assert not (tmp_path / "target.bin").exists()


def test_a_full_disk_is_said_to_be_full(site: Site, tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")

    def fill(*_: object) -> None:
        with full.open("wb", buffering=0) as file:
            file.write(b"x")

    with pytest.raises(StorageFull):
        PackageArtifacts().fetch(make_artifact(WebFile(site.url)), tmp_path / "target.bin", fill)
