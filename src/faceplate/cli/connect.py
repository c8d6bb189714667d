"""Choose where a command does its work: a named server, the one that runs here, or this process."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faceplate.cli import server_file
from faceplate.cli.in_process import InProcessTransport
from faceplate.cli.logs import mute_logs, set_up_logs
from faceplate.cli.remote import RemoteTransport
from faceplate.cli.transport import Transport
from faceplate.domain.errors import DataFolderInUse

if TYPE_CHECKING:
    from faceplate.config import Settings

LOCAL = "local"
"""Name of the secret that may name files on this machine (backup, restore)."""


@dataclass(frozen=True, slots=True)
class Target:
    """What the user said on the command line about where to work."""

    url: str | None = None
    api_key: str | None = None
    data_dir: Path | None = None


def read_settings(data_dir: Path | None = None, **overrides: Any) -> Settings:
    """Read the settings; a data folder given on the command line comes first."""
    from faceplate.config import load_settings

    given = {name: value for name, value in overrides.items() if value is not None}
    if data_dir is not None:
        given["data_dir"] = data_dir.absolute()
    return load_settings(**given)


def connect(target: Target) -> Transport:
    """Open the way to the API.

    A server named with ``--url`` comes first, then the server of the same user that holds the data
    folder, then this process itself.

    Raises:
        DataFolderInUse: Another process holds the folder and left no word where it can be reached.
    """
    from faceplate.config import usable_cores

    if target.url:
        key = target.api_key or os.environ.get("FACEPLATE_API_KEY")
        return RemoteTransport(
            target.url, secret=key, concurrency=2 * usable_cores(), use_proxy=True
        )
    settings = read_settings(target.data_dir)
    # What runs on this machine has nothing to do with what lies on AWS.
    server = None if settings.mode == "aws" else running_server(settings.data_dir)
    if server is not None:
        return RemoteTransport(
            server.url,
            secret=target.api_key or server.token,
            concurrency=settings.worker_threads + 1,
        )
    return in_process(settings, secret=target.api_key)


def in_process(settings: Settings, *, secret: str | None = None) -> InProcessTransport:
    """Build the application here; with no secret given, one is made up and accepted.

    Raises:
        DataFolderInUse: Another process owns the data folder.
    """
    from faceplate import bootstrap
    from faceplate.http.app import create_app

    if settings.debug_mode:
        set_up_logs(settings.log_level)
    else:
        mute_logs()
    application = bootstrap.build(settings)
    if secret is None:
        secret = secrets.token_hex(24)
        application.keys.accept(LOCAL, secret, limited=False)
    return InProcessTransport(
        create_app(application, bootstrap.http_options(settings)),
        secret=secret,
        concurrency=settings.worker_threads,
        host=f"{settings.host}:{settings.port}",
        on_close=application.close,
    )


def running_server(folder: Path) -> server_file.RunningServer | None:
    """Return the server that holds this data folder, when it is alive and this user's."""
    server = server_file.read(folder)
    if server is None or not _is_alive(server.pid) or not is_locked(folder):
        return None
    return server


def is_locked(folder: Path) -> bool:
    """Tell whether a process owns the data folder."""
    from faceplate.adapters.files.lock import DataFolderLock

    if not folder.is_dir():
        return False
    try:
        with DataFolderLock(folder):
            return False
    except DataFolderInUse:
        return True


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    except OverflowError:
        return False
    return True
