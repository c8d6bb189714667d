from pathlib import Path

import numpy as np
import pytest

from faceplate.adapters.onnx.session import Session, with_mirror_images
from faceplate.domain.errors import ModelCorrupt, ModelUnavailable


def test_a_file_that_is_no_model_is_corrupt_and_its_folder_is_not_told(tmp_path: Path) -> None:
    file = tmp_path / "broken.onnx"
    file.write_bytes(b"not a model")
    with pytest.raises(ModelCorrupt) as caught:
        Session(lambda: file).load()
    assert "broken.onnx" in caught.value.message
    assert str(tmp_path) not in caught.value.message


def test_weights_that_are_nowhere_stop_the_first_run_not_the_start() -> None:
    def locate() -> Path:
        raise ModelUnavailable("nowhere")

    session = Session(locate)
    with pytest.raises(ModelUnavailable):
        session.run(np.zeros((1, 3, 32, 32), np.float32))


def test_mirror_images_follow_the_batch() -> None:
    batch = np.arange(24, dtype=np.float32).reshape(2, 3, 2, 2)
    both = with_mirror_images(batch)
    assert np.array_equal(both[:2], batch)
    assert np.array_equal(both[2:], batch[..., ::-1])
