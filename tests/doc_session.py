"""A shell in a folder of its own, as a reader of one page has it, with a server to talk to."""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from pathlib import Path

import stub_provider as stubs

ROOT = Path(__file__).parents[1]
LINKED = (
    *("Makefile", "THIRD_PARTY.md", "benchmarks", "docs", "examples", "mkdocs.yml", "postman"),
    *("pyproject.toml", "requirements", "scripts", "src", "terraform", "tests"),
)
"""What a reader has in front of them in a clone."""
ADDRESS = "http://127.0.0.1:8000"
COMMAND_S = 100.0
_MARKER = "=-=the end of it="


class Failed(AssertionError):
    """A command of a page did not do what the page says."""


class Session:
    """A bash that keeps variables and aliases from one block to the next."""

    def __init__(self, folder: Path, provider: stubs.StubProvider) -> None:
        self.folder = folder
        self._server: subprocess.Popen[str] | None = None
        self.server_said = ""
        self.url = ""
        self.answers: deque[str] = deque()
        provider.always = self._answer
        for name in LINKED:
            if (ROOT / name).exists():
                (folder / name).symlink_to(ROOT / name)
        (folder / ".venv").symlink_to(sys.prefix)
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("FACEPLATE_", "OPENAI_", "AWS_", "COVERAGE"))
        }
        self.environment = {
            **inherited,
            "COLUMNS": "100",
            "TERM": "dumb",
            "PYTHONUNBUFFERED": "1",
            "FACEPLATE_DATA_DIR": str(folder / "data"),
            "FACEPLATE_PORT": "0",
            "FACEPLATE_CHAT__BASE_URL": provider.base_url,
            "FACEPLATE_CHAT__API_KEY": "provider-key",
            "PATH": f"{Path(sys.prefix) / 'bin'}:{os.environ['PATH']}",
        }
        self._shell = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env={**self.environment, "FACEPLATE_CHAT__BASE_URL": provider.base_url},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.run("shopt -s expand_aliases; set -o pipefail")

    async def _answer(self, seen: stubs.Seen, wire: stubs.Wire) -> None:
        if not (self.answers and seen.path.endswith("/chat/completions")):
            await stubs.usual(seen, wire)
            return
        text = self.answers.popleft()
        if seen.json.get("stream"):
            pieces = [stubs.chunk({"content": text}), stubs.chunk({}, "stop"), b"data: [DONE]\n\n"]
            await stubs.says_events(*pieces)(seen, wire)
        else:
            await stubs.says_text(text)(seen, wire)

    def serve(self, command: str = "make serve") -> str:
        """Run `make serve`, and let the shell know the address and the key; return its output.

        With other settings before it, a server that runs is stopped first.
        """
        *settings, _make, _serve = command.split()
        if settings:
            self._stop()
        if self._server is None:
            self.server_said = ""
            changes = dict(setting.split("=", 1) for setting in settings)
            with (self.folder / "server.log").open("w") as log:
                self._server = subprocess.Popen(
                    # The environment of the suite is never rebuilt from this folder of links.
                    ["make", "-o", ".venv/runtime.stamp", "serve"],
                    cwd=self.folder,
                    env={**self.environment, **changes},
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                    start_new_session=True,
                )
            assert self._server.stdout is not None
            for line in self._server.stdout:
                self.server_said += line
                if line.startswith("Faceplate is ready at "):
                    break
            found = re.search(r"ready at (\S+)", self.server_said)
            if found is None:
                raise Failed(f"make serve: {self.server_said}")
            self.url = found[1]
            if key := re.search(r"^API key: (\S+)", self.server_said, re.MULTILINE):
                self.run(f"export KEY={key[1]}")
        return self.server_said.replace(self.url, ADDRESS)

    def run(self, command: str) -> tuple[int, str]:
        """Run a command; return its exit code and what it printed."""
        assert self._shell.stdin is not None
        assert self._shell.stdout is not None
        said = command.replace(ADDRESS, self.url) if self.url else command
        self._shell.stdin.write(f"{said}\nprintf '\\n%s %d\\n' '{_MARKER}' $?\n")
        self._shell.stdin.flush()
        printed, until = b"", time.monotonic() + COMMAND_S
        handle = self._shell.stdout.fileno()
        with selectors.DefaultSelector() as ready:
            ready.register(handle, selectors.EVENT_READ)
            while not (end := re.search(rb"\n" + _MARKER.encode() + rb" (\d+)\n", printed)):
                if not ready.select(max(0.0, until - time.monotonic())):
                    raise Failed(f"{command}\ntook more than {COMMAND_S:.0f} s: {printed.decode()}")
                piece = os.read(handle, 65_536)
                if not piece:
                    raise Failed(f"{command}\nended the shell: {printed.decode()}")
                printed += piece
        text = printed[: end.start()].decode("utf-8", "replace")
        return int(end[1]), text.replace(self.url, ADDRESS) if self.url else text

    def close(self) -> None:
        """End the shell and the server."""
        self._shell.kill()
        self._shell.communicate()
        self._stop()

    def _stop(self) -> None:
        if self._server is not None:
            os.killpg(self._server.pid, signal.SIGTERM)
            self._server.communicate(timeout=20)
            self._server = None
