"""An app behind a real server on this machine."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI

WAIT_S = 20.0


class _Server(uvicorn.Server):
    def __init__(self, app: FastAPI) -> None:
        super().__init__(
            uvicorn.Config(
                app, log_config=None, access_log=False, ws="none", timeout_graceful_shutdown=2
            )
        )
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@contextlib.contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Serve an app in a thread; yield its address."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        server = _Server(app)
        thread = threading.Thread(target=server.run, args=([bound],), name="live-server")
        thread.start()
        assert server.ready.wait(WAIT_S)
        try:
            yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(WAIT_S)
