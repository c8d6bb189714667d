"""Servers and commands that tests start."""

import json
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass

from build import MAX_IMAGE_BYTES
from faceplate.cli.listener import address_of, listen
from faceplate.cli.server import Server
from faceplate.http.app import create_app
from faceplate.http.options import HttpOptions


@dataclass(frozen=True)
class Ended:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


class Process:
    """A running `faceplate serve` and what it has said so far."""

    def __init__(self, environment, *arguments):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "faceplate.cli.main", "serve", *map(str, arguments)],
            env={**environment, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines = []
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if line.startswith("Faceplate is ready at "):
                break

    @property
    def url(self):
        assert self.lines, self.process.communicate()[1]
        assert self.lines[-1].startswith("Faceplate is ready at "), self.process.communicate()[1]
        return self.lines[-1].rpartition(" ")[2]

    @property
    def key(self):
        found = [line.partition(": ")[2] for line in self.lines if line.startswith("API key: ")]
        return found[0] if found else None

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=20)
        return Ended(self.process.returncode, out, err)


@dataclass(frozen=True)
class Serving:
    """A server of a memory application, and the parts under it."""

    url: str
    secret: str
    parts: object

    @property
    def headers(self):
        return {"x-api-key": self.secret}

    @property
    def where(self):
        return ("--url", self.url, "--api-key", self.secret)


@contextmanager
def serving_memory(parts):
    """Serve an application in memory on a socket, in a thread of this process."""
    bound = listen("127.0.0.1", 0)
    options = HttpOptions(max_image_bytes=MAX_IMAGE_BYTES, worker_threads=2)
    ready = threading.Event()
    server = Server(
        create_app(parts.application, options),
        parts.application,
        expiry_interval_s=3600,
        on_ready=ready.set,
    )
    url = address_of(bound)
    secret = parts.application.keys.create("tests")[1]
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    try:
        assert ready.wait(20)
        yield Serving(url, secret, parts)
    finally:
        server.should_exit = True
        thread.join(20)
