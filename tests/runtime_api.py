"""Lambda on this machine: `awslambdaric` in its own process, fed by a small Runtime API server.

Source: the custom runtime API in AWS Lambda's developer guide.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, Queue
from typing import Any

WAIT_S = 60.0
_PREFIX = "/2018-06-01/runtime/"


class FunctionFailed(Exception):
    """The function raised, or could not be imported; the message is what the runtime reported."""


@dataclass
class Function:
    """A running function."""

    invocations: Queue[tuple[str, bytes]] = field(default_factory=Queue)
    answers: Queue[tuple[bool, bytes]] = field(default_factory=Queue)
    ready: threading.Event = field(default_factory=threading.Event)
    ready_at_s: float = 0.0
    deadline_ms: int = 0
    process: subprocess.Popen[bytes] | None = None
    log: Path | None = None

    def invoke(self, event: object, *, timeout_s: float = 29.0) -> Any:
        """Call the function.

        Raises:
            FunctionFailed: It raised.
        """
        self.deadline_ms = int((time.time() + timeout_s) * 1000)
        self.invocations.put((uuid.uuid4().hex, json.dumps(event).encode()))
        return json.loads(self._next())

    def wait_ready(self) -> None:
        """Wait until the function has been imported and asks for work."""
        until_s = time.monotonic() + WAIT_S
        while not self.ready.wait(0.02):
            with contextlib.suppress(Empty):
                failed, body = self.answers.get_nowait()
                raise FunctionFailed(body.decode() if failed else "answered before it was asked")
            if self.process is not None and self.process.poll() is not None:
                raise FunctionFailed(self.output())
            if time.monotonic() > until_s:
                raise FunctionFailed("the function did not start")

    def output(self) -> str:
        """Return what the function has written."""
        return "" if self.log is None else self.log.read_text(encoding="utf-8", errors="replace")

    def _next(self) -> bytes:
        failed, body = self.answers.get(timeout=WAIT_S)
        if failed:
            raise FunctionFailed(body.decode())
        return body


@contextlib.contextmanager
def running(
    command: Sequence[str], handler: str, task_root: Path, environment: Mapping[str, str], log: Path
) -> Iterator[Function]:
    """Run a handler under ``awslambdaric``; ``command`` starts a Python that has it.

    The environment is exactly what is given here and what Lambda sets.
    """
    function = Function(log=log)
    server = _Quiet(("127.0.0.1", 0), _handler_of(function))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name="runtime-api", daemon=True)
    thread.start()
    lambda_environment = {
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_address[1]}",
        "AWS_LAMBDA_FUNCTION_NAME": "function-under-test",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "LAMBDA_TASK_ROOT": str(task_root),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(task_root),
        **environment,
    }
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, handler],
            env=lambda_environment,
            cwd=task_root,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    function.process = process
    try:
        yield function
    finally:
        process.kill()
        process.wait()
        server.shutdown()
        server.server_close()
        thread.join()


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Say nothing: the function is killed while it waits for work."""


def _handler_of(function: Function) -> type[BaseHTTPRequestHandler]:
    class Api(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if self.path == f"{_PREFIX}restore/next":
                self._answer(200, b"{}")
                return
            if not function.ready.is_set():
                function.ready_at_s = time.perf_counter()
                function.ready.set()
            request_id, event = function.invocations.get()
            self._answer(
                200,
                event,
                {
                    "Lambda-Runtime-Aws-Request-Id": request_id,
                    "Lambda-Runtime-Deadline-Ms": str(function.deadline_ms),
                    "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:::function:test",
                },
            )

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            function.answers.put((self.path.endswith("/error"), body))
            self._answer(202, b'{"status":"OK"}')

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def _answer(
            self, status: int, body: bytes, headers: Mapping[str, str] | None = None
        ) -> None:
            self.send_response(status)
            for name, value in {
                "Content-Type": "application/json",
                "Content-Length": str(len(body)),
                **(headers or {}),
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    return Api
