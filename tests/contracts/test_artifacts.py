"""What every way of getting artifacts must do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from artifact_making import DATA, make_artifact
from faceplate.adapters.memory.artifacts import MemoryArtifacts
from faceplate.adapters.packages.artifacts import PackageArtifacts
from faceplate.domain.artifacts import Artifact, LocalFile
from faceplate.domain.errors import StorageFailed, UpstreamFailed
from faceplate.ports.artifacts import Artifacts

Offer = Callable[[bytes | None], tuple[Artifacts, Artifact]]


@pytest.fixture(params=["memory", "packages"])
def offer(request: pytest.FixtureRequest, tmp_path: Path) -> Offer:
    """Return a way to make an adapter that has these bytes for an artifact (None: nothing)."""

    def make(data: bytes | None) -> tuple[Artifacts, Artifact]:
        path = tmp_path / "offered"
        if data is not None:
            path.write_bytes(data)
        artifact = make_artifact(LocalFile(path))
        if request.param == "packages":
            return PackageArtifacts(), artifact
        files = {} if data is None else {"thing": data}
        return MemoryArtifacts(files, {} if data is None else {"thing": path}), artifact

    return make


def test_fetch_brings_the_file_and_reports(offer: Offer, tmp_path: Path) -> None:
    artifacts, artifact = offer(DATA)
    seen: list[tuple[str, str, int, int]] = []
    target = tmp_path / "new" / "file.bin"
    source = artifacts.fetch(artifact, target, lambda *step: seen.append(step))
    assert target.read_bytes() == DATA
    assert source
    assert seen[-1] == ("thing", source, len(DATA), len(DATA))


def test_holds_looks_at_every_byte(offer: Offer, tmp_path: Path) -> None:
    artifacts, artifact = offer(DATA)
    path = tmp_path / "looked-at"
    assert not artifacts.holds(artifact, path)
    path.write_bytes(DATA[::-1])
    assert not artifacts.holds(artifact, path)
    path.write_bytes(DATA)
    assert artifacts.holds(artifact, path)


def test_find_sees_only_the_promised_bytes(offer: Offer) -> None:
    artifacts, artifact = offer(DATA)
    found = artifacts.find(artifact)
    assert found is not None
    assert found.read_bytes() == DATA


def test_find_passes_over_other_bytes(offer: Offer) -> None:
    artifacts, artifact = offer(DATA[::-1])
    assert artifacts.find(artifact) is None


@pytest.mark.parametrize(("data", "wrong_bytes"), [(None, False), (DATA[::-1], True)])
def test_fetch_says_what_every_source_answered(
    offer: Offer, tmp_path: Path, data: bytes | None, wrong_bytes: bool
) -> None:
    artifacts, artifact = offer(data)
    with pytest.raises(UpstreamFailed) as failure:
        artifacts.fetch(artifact, tmp_path / "target" / "file.bin")
    assert failure.value.code == "download_failed"
    assert failure.value.details["wrong_bytes"] is wrong_bytes
    assert [set(one) for one in failure.value.details["tried"]] == [{"source", "reason"}]
    assert not (tmp_path / "target" / "file.bin").exists()


def test_a_folder_that_cannot_be_written_is_a_storage_failure(offer: Offer, tmp_path: Path) -> None:
    artifacts, artifact = offer(DATA)
    (tmp_path / "in-the-way").write_text("a file")
    with pytest.raises(StorageFailed):
        artifacts.fetch(artifact, tmp_path / "in-the-way" / "file.bin")
