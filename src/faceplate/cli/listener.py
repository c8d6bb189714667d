"""The socket a server listens on, and the signals that end it."""

from __future__ import annotations

import errno
import signal
import socket
import sys
from collections.abc import Callable
from types import FrameType

from faceplate.domain.errors import Conflict, Misconfigured


def listen(host: str, port: int) -> socket.socket:
    """Bind an address; nobody is let in before the server runs.

    Raises:
        Conflict: Another program uses the port (code ``port_in_use``).
        Misconfigured: There is no such address here, or the port needs more rights.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError as exc:
        bound.close()
        if exc.errno == errno.EADDRINUSE:
            raise Conflict(
                f"Port {port} on {host} is in use; choose another with --port.", code="port_in_use"
            ) from exc
        raise Misconfigured(
            f"Cannot listen on {host}, port {port}.", code="address_unusable"
        ) from exc
    return bound


def address_of(bound: socket.socket) -> str:
    """Return the URL of a bound socket; an address that means all is reached by the loopback."""
    host, port = bound.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 -- compared, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def end_quietly_on_signals(is_running: Callable[[], bool]) -> None:
    """Make SIGTERM and SIGINT end the process with exit code 0, before the server runs as well.

    uvicorn handles them while it runs and raises them once more afterwards.
    """

    def end(_number: int, _frame: FrameType | None) -> None:
        if not is_running():
            sys.exit(0)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
