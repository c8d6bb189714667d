"""Converted models, kept beside their source and verified before every use."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from faceplate.adapters.onnx.convert import CONVERTER_VERSION, convert
from faceplate.adapters.onnx.manifest import ModelSpec
from faceplate.domain.errors import StorageFailed


def sha256_of(data: bytes) -> str:
    """Return the sha256 as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


class ReadyFiles:
    """``<sha256>.<conversion>.onnx`` files of a folder, each with a note of what it was made from.

    The note (``.json``) holds the sha256 of the source and of the result, and the converter's
    version. Whatever does not agree with it is made anew from the verified source.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, spec: ModelSpec, source: Path, data: bytes) -> Path:
        """Return the ready file for verified weights, making it when it is not there.

        Raises:
            StorageFailed: The folder cannot be written.
        """
        if spec.convert == "none":
            return source
        ready = self._folder / f"{spec.sha256}.{spec.convert}.onnx"
        if self._fits(spec, ready):
            return ready
        try:
            with self._alone(spec):
                if not self._fits(spec, ready):
                    self._make(spec, ready, data)
        except OSError as exc:
            raise StorageFailed("The models folder cannot be written.") from exc
        return ready

    def _fits(self, spec: ModelSpec, ready: Path) -> bool:
        try:
            note = json.loads(_note(ready).read_bytes())
            data = ready.read_bytes()
        except (OSError, ValueError):
            return False
        return bool(note == _describe(spec, data))

    def _make(self, spec: ModelSpec, ready: Path, data: bytes) -> None:
        converted = convert(spec, data)
        # The note goes last: a file without its note is made anew.
        write_whole(ready, converted)
        write_whole(_note(ready), json.dumps(_describe(spec, converted), indent=1).encode())

    @contextlib.contextmanager
    def _alone(self, spec: ModelSpec) -> Iterator[None]:
        """Keep other processes from converting the same model at the same time."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / f".{spec.sha256}.converting").open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _note(ready: Path) -> Path:
    return ready.with_suffix(".json")


def _describe(spec: ModelSpec, converted: bytes) -> dict[str, object]:
    return {
        "converter_version": CONVERTER_VERSION,
        "sha256": sha256_of(converted),
        "source_sha256": spec.sha256,
    }


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all, even when power fails.

    Raises:
        OSError: It cannot be written; nothing is left behind.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            os.fchmod(file.fileno(), 0o644)  # public bytes; the folder's own mode decides
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
