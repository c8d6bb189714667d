"""Artifacts, servers and package clients for tests: small, real, and on this machine."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from faceplate.domain.artifacts import Artifact, Source

DATA = bytes(range(256)) * 1_200


def make_artifact(*sources: Source, data: bytes = DATA, name: str = "thing") -> Artifact:
    return Artifact(
        name=name,
        file=f"{name}.bin",
        sha256=hashlib.sha256(data).hexdigest(),
        size_bytes=len(data),
        sources=sources,
    )


def write_wheel(path: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as wheel:
        for name, data in members.items():
            wheel.writestr(name, data)


def write_tar(path: Path, members: dict[str, bytes]) -> None:
    with tarfile.open(path, "w:gz") as archive:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))


def install_package(folder: Path, package: str, members: dict[str, bytes]) -> None:
    """Make what an installer leaves behind: the files, and a record that lists them."""
    record = folder / f"{package.replace('-', '_')}-1.0.dist-info"
    record.mkdir(parents=True)
    (record / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (record / "RECORD").write_text("".join(f"{name},,\n" for name in members))
    for name, data in members.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def write_client(folder: Path, name: str, body: str) -> Path:
    """Write an executable; ``$dest`` is the folder it is told to put the package in."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(
        "#!/bin/sh\nPATH=/usr/bin:/bin\n"
        'dest=""; last=""\n'
        'for one in "$@"; do\n'
        '  case "$last" in --dest|--pack-destination) dest="$one";; esac\n'
        '  last="$one"\n'
        f'done\necho "$0 $*" >> "{folder}/calls"\n{body}\n'
    )
    path.chmod(0o755)
    return path


class Site:
    """What the test server serves, and what it was asked."""

    def __init__(self) -> None:
        self.address = ""
        self.data = DATA
        self.status = 200
        self.ranges = True
        self.cut_after: list[int] = []
        self.redirect = ""
        self.length: int | None = None
        self.content_range = ""
        self.asked: list[str] = []
        self.hang = threading.Event()
        self.hanging = False

    @property
    def url(self) -> str:
        return f"{self.address}/thing.bin"


@contextmanager
def serve() -> Iterator[Site]:
    """Serve one file on a free port of this machine."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers.get("Range", "")
            site.asked.append(asked)
            start = int(asked[6:-1]) if asked and site.ranges else 0
            status = 206 if start and site.status == 200 else site.status
            body = site.data[start:]
            self.send_response(302 if site.redirect else status)
            if site.redirect:
                self.send_header("Location", site.redirect)
                body = b""
            if status == 206:
                given = site.content_range or f"bytes {start}-{len(site.data) - 1}/*"
                self.send_header("Content-Range", given)
            self.send_header(
                "Content-Length", str(len(body) if site.length is None else site.length)
            )
            self.end_headers()
            self.wfile.write(body[: site.cut_after.pop(0)] if site.cut_after else body)
            self.wfile.flush()
            if site.hanging:
                site.hang.wait(20)

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    site.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield site
    finally:
        site.hang.set()
        server.shutdown()
        thread.join()
        server.server_close()
