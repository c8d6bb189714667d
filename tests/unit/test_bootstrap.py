from pathlib import Path

import pytest

from faceplate.adapters.files.blobs import FileBlobs
from faceplate.bootstrap import RECORDS_FILE, build
from faceplate.config import Settings
from faceplate.domain.errors import StorageCorrupt


def test_pictures_whose_database_is_gone_are_not_taken_for_leftovers(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path / "blobs")
    blobs.put("images/ab/abcd", b"a picture")
    for _ in range(2):  # the first attempt leaves the folder as it was, and free
        with pytest.raises(StorageCorrupt):
            build(Settings(data_dir=tmp_path))
    assert blobs.get("images/ab/abcd") == b"a picture"
    assert not (tmp_path / RECORDS_FILE).exists()
