"""One onnxruntime session per model, single-threaded and quiet."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from faceplate.domain.errors import ModelCorrupt

Tensor = npt.NDArray[np.float32]


class Session:
    """Run one ONNX file; loaded at the first run, safe to run from several threads.

    ``locate`` says where the file is, and may take its time or fail. The callers' threads are the
    parallelism: a run uses ``threads`` of its own, and they do not spin while idle.
    """

    def __init__(self, locate: Callable[[], Path], *, threads: int = 1) -> None:
        self._locate = locate
        self._threads = threads
        self._lock = threading.Lock()
        self._session: onnxruntime.InferenceSession | None = None
        self._input_name = ""
        self._output_names: list[str] = []

    def run(self, batch: Tensor) -> dict[str, Tensor]:
        """Return every output by name for one input batch.

        Raises:
            ModelUnavailable: The weights are nowhere to be found.
            ModelCorrupt: They are not what was promised, or cannot be run.
        """
        session = self._session or self.load()
        answers = session.run(self._output_names, {self._input_name: batch})
        return dict(zip(self._output_names, answers, strict=True))

    def load(self) -> onnxruntime.InferenceSession:
        """Load the file unless it is loaded already.

        Raises:
            ModelUnavailable: The weights are nowhere to be found.
            ModelCorrupt: They are not what was promised, or cannot be run.
        """
        with self._lock:
            if self._session is None:
                session = self._open(self._locate())
                self._input_name = session.get_inputs()[0].name
                self._output_names = [output.name for output in session.get_outputs()]
                self._session = session
            return self._session

    def _open(self, path: Path) -> onnxruntime.InferenceSession:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors are raised; stderr is not ours to fill
        # A memory pattern is planned and kept for every input shape, and pictures have many.
        options.enable_mem_pattern = False
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            return onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as exc:  # onnxruntime's errors share no other base
            raise ModelCorrupt(
                f"The model file {path.name} cannot be loaded.", details={"file": path.name}
            ) from exc


def with_mirror_images(batch: Tensor) -> Tensor:
    """Return a batch, shape (n, channels, height, width), followed by its mirror images."""
    count = len(batch)
    both = np.empty((2 * count, *batch.shape[1:]), batch.dtype)
    both[:count] = batch
    both[count:] = batch[..., ::-1]
    return both
