"""What a running server leaves for the command line of the same user: where it is, and a token."""

from __future__ import annotations

import contextlib
import json
import os
import stat
from dataclasses import asdict, dataclass
from pathlib import Path

from faceplate.domain.errors import StorageFailed

NAME = "server.json"


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server on this machine; ``token`` is a secret that gives every right."""

    pid: int
    url: str
    token: str


def write(folder: Path, server: RunningServer) -> None:
    """Leave the file, readable by its owner only.

    Raises:
        StorageFailed: It cannot be written.
    """
    partial = folder / f"{NAME}.partial"
    try:
        partial.unlink(missing_ok=True)
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump(asdict(server), out)
        partial.replace(folder / NAME)
    except OSError as exc:
        raise StorageFailed(f"{NAME} cannot be written to the data folder.") from exc


def read(folder: Path) -> RunningServer | None:
    """Return what the file says; None when there is none or somebody else could have written it."""
    path = folder / NAME
    try:
        about = path.stat(follow_symlinks=False)
        if not stat.S_ISREG(about.st_mode) or about.st_uid != os.getuid() or about.st_mode & 0o077:
            return None
        said = json.loads(path.read_bytes())
        return RunningServer(pid=int(said["pid"]), url=str(said["url"]), token=str(said["token"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remove(folder: Path) -> None:
    """Take the file away; no harm when it is gone."""
    with contextlib.suppress(OSError):
        (folder / NAME).unlink(missing_ok=True)
