"""An AWS service that answers as it is told, over real HTTP: it throttles, refuses or errs."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

import emulators
from faceplate.adapters.aws.clients import AwsClients, CallLimits


@dataclass
class Script:
    """``answers`` are given in turn, the last one for ever; ``calls`` is who asked for what."""

    answers: list[tuple[int, Mapping[str, Any] | bytes]]
    calls: list[tuple[str, Any]] = field(default_factory=list)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, target: str, body: bytes) -> tuple[int, bytes]:
        with self._guard:
            asked = json.loads(body) if body[:1] == b"{" else body
            self.calls.append((target.rpartition(".")[2], asked))
            status, what = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        return status, what if isinstance(what, bytes) else json.dumps(what).encode()


def refusal(code: str, status: int = 400, message: str = "vendor text with a secret") -> Any:
    """Return an error as AWS's JSON protocols give it."""
    return status, {"__type": f"com.amazonaws#{code}", "message": message, "Message": message}


@contextlib.contextmanager
def scripted(script: Script, *, attempts: int = 1, read_s: float = 5.0) -> Iterator[AwsClients]:
    """Serve a script; yield clients whose every service it is."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            name = self.headers.get("x-amz-target") or f"{self.command} {self.path}"
            status, answer = script.answer(name, body)
            self.send_response(status)
            self.send_header("content-type", "application/x-amz-json-1.1")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    for method in ("GET", "PUT", "POST", "HEAD", "DELETE"):
        setattr(Handler, f"do_{method}", Handler._serve)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in emulators.CREDENTIALS.items():
                patch.setenv(name, value)
            patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
            clients = AwsClients(CallLimits(attempts=attempts, read_s=read_s))
            for service in ("dynamodb", "s3", "rekognition", "ssm"):
                getattr(clients, service)
        yield clients
        clients.close()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
