"""Run the REST API on a socket until a signal ends it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import socket
from collections.abc import Callable

import uvicorn

from faceplate.cli.in_process import AsgiApp
from faceplate.domain.errors import FaceplateError
from faceplate.services.application import Application

_log = logging.getLogger("faceplate.server")
_COLLECT_AFTER = 20_000
"""New objects between two rounds of the collector; with Python's 700 a call costs 15 % more."""

_GRACE_S = 4
"""How long running requests may take to finish after a signal."""


class Server(uvicorn.Server):
    """uvicorn, with a word when it is ready and work of its own beside the requests."""

    def __init__(
        self,
        app: AsgiApp,
        application: Application,
        *,
        expiry_interval_s: float,
        on_ready: Callable[[], None],
    ) -> None:
        config = uvicorn.Config(
            app,
            loop="uvloop",
            http="httptools",
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE_S,
        )
        super().__init__(config)
        self._application = application
        self._expiry_interval_s = expiry_interval_s
        self._on_ready = on_ready
        self._chores: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Let requests in, then say so and start the chores."""
        await super().startup(sockets)
        if self.started:
            self._on_ready()
            _spare_what_stays()
            self._chores = asyncio.create_task(self._do_chores())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop the chores, then let running requests finish."""
        if self._chores is not None:
            self._chores.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._chores
        await super().shutdown(sockets)

    async def _do_chores(self) -> None:
        await _attempt("sweep", lambda: {"swept": self._application.keeper.sweep()})
        while True:
            await _attempt("expiry", lambda: dict(self._application.people.purge_expired()))
            await _attempt("request_tokens", self._forget_requests)
            await asyncio.sleep(self._expiry_interval_s)

    def _forget_requests(self) -> dict[str, int]:
        protocol = self._application.rekognition
        return {} if protocol is None else {"forgotten": protocol.requests.forget_old()}


def _spare_what_stays() -> None:
    """Keep the garbage collector from walking what was made at start and lives to the end.

    Of a request's own objects hardly any are in cycles, so it may look for those less often.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 20, 20)


async def _attempt(chore: str, work: Callable[[], dict[str, int]]) -> None:
    """Do a chore beside the requests; what goes wrong is logged and tried again next time."""
    try:
        counts = await asyncio.to_thread(work)
    except FaceplateError as exc:
        _log.error(json.dumps({"event": f"chore.{chore}", "code": exc.code}))
    except Exception:  # noqa: BLE001 -- a chore that fails must not end the server
        _log.exception(json.dumps({"event": f"chore.{chore}", "code": "internal_error"}))
    else:
        if any(counts.values()):
            _log.info(json.dumps({"event": f"chore.{chore}", **counts}))
