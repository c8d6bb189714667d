"""The service as its users start it: a process of its own, on real models, on a free port."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from faceplate.adapters.onnx.manifest import load_manifest
from faceplate.adapters.onnx.weights import Weights
from faceplate.adapters.packages.artifacts import PackageArtifacts
from faceplate.config import Settings

START_S = 60.0


@dataclass(frozen=True)
class Served:
    """A running service."""

    url: str
    key: str
    data_dir: Path
    environment: dict[str, str]
    """What commands on the same data need; it names no key."""

    @property
    def local_key(self) -> str:
        """The token that the command line of this machine's user reads."""
        found: str = json.loads((self.data_dir / "server.json").read_text(encoding="utf-8"))[
            "token"
        ]
        return found


def require_weights() -> None:
    """Skip where set-up pulled no face models."""
    weights = Weights(Settings().models_dir, {}, PackageArtifacts())
    missing = [
        spec.model
        for spec in load_manifest().values()
        if spec.default and not weights.status(spec).ok
    ]
    if missing:
        pytest.skip(f"no weights of {', '.join(missing)}; `make setup` pulls them")


@contextlib.contextmanager
def serving(folder: Path, **settings: str) -> Iterator[Served]:
    """Run `faceplate serve` on the data folder ``folder/data``; ``settings`` are environment."""
    require_weights()
    key = "fp_0123456789ab_" + "k" * 48
    environment = {
        **{name: value for name, value in os.environ.items() if not _is_ours(name)},
        "FACEPLATE_DATA_DIR": str(folder / "data"),
        **settings,
    }
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "faceplate.cli.main", "serve", "--port", "0"],
            env={**environment, "FACEPLATE_API_KEY": key, "PYTHONUNBUFFERED": "1"},
            cwd=folder,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        url = _address(process, folder / "server.log")
        yield Served(url, key, folder / "data", environment)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _is_ours(name: str) -> bool:
    return name == "OPENAI_API_KEY" or (
        name.startswith("FACEPLATE_") and name != "FACEPLATE_ENGINE__MODELS_DIR"
    )


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        for line in log.read_text(encoding="utf-8").splitlines():
            if line.startswith("Faceplate is ready at "):
                return line.rpartition(" ")[2]
        time.sleep(0.02)
    pytest.fail(f"the service did not start: {log.read_text(encoding='utf-8')}")
