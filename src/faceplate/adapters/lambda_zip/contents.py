"""What goes into the zip and what stays out: a function starts faster with less to read."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

AWS_SERVICES = frozenset({"dynamodb", "rekognition", "s3", "ssm"})
"""Whose service models botocore needs; a test compares with the clients of `adapters.aws`."""

LEFT_OUT = (
    "adapters/exact",
    "adapters/files",
    "adapters/lambda_zip",
    "adapters/llama",
    "adapters/onnx",
    "adapters/packages",
    "adapters/sqlite",
    "cli",
    "entrypoints/asgi.py",
    "http/console",
)
"""Parts of ours for a machine with everything embedded."""

_USELESS_SUFFIXES = frozenset({".pyi", ".pyx", ".pxd", ".c", ".h", ".hash", ".pyc", ".md", ".rst"})
_USELESS_FOLDERS = frozenset({"__pycache__", "bin", "test", "tests", "include"})
_UNUSED_PARTS = ("PIL/_avif*", "pillow.libs/libavif*")
"""AVIF is a third of Pillow and no format of Amazon Rekognition."""

_LICENCES = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "AUTHORS")


def copy_own_code(package: Path, into: Path) -> None:
    """Copy our package without what no function imports."""
    shutil.copytree(package, into / "faceplate", ignore=shutil.ignore_patterns("__pycache__"))
    for name in LEFT_OUT:
        path = into / "faceplate" / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def prune(folder: Path) -> None:
    """Take out of installed packages what running never reads; licences are kept, aside."""
    for info in sorted(folder.glob("*.dist-info")):
        _keep_licences(info, folder / "licences" / info.name.removesuffix(".dist-info"))
        shutil.rmtree(info)
    keep_services(folder / "botocore" / "data", AWS_SERVICES)
    for pattern in _UNUSED_PARTS:
        for path in folder.glob(pattern):
            path.unlink()
    for path in sorted(folder.rglob("*"), key=lambda one: len(one.parts), reverse=True):
        if path.is_relative_to(folder / "faceplate"):
            continue
        if path.is_dir() and path.name in _USELESS_FOLDERS:
            shutil.rmtree(path)
        elif path.is_file() and path.suffix in _USELESS_SUFFIXES:
            path.unlink()
    _drop_empty_folders(folder)


def keep_services(data: Path, services: Iterable[str]) -> None:
    """Leave only the models of these services, without their examples."""
    if not data.is_dir():
        return
    kept = frozenset(services)
    for path in data.iterdir():
        if path.is_dir() and path.name not in kept:
            shutil.rmtree(path)
    for pattern in ("examples-*", "completions-*"):
        for path in data.rglob(pattern):
            path.unlink()


def _keep_licences(info: Path, place: Path) -> None:
    for path in sorted(info.rglob("*")):
        if path.is_file() and path.name.upper().startswith(_LICENCES):
            place.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place / path.name)


def _drop_empty_folders(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), key=lambda one: len(one.parts), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
