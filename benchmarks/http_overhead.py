"""What a search costs over HTTP, beside the same search called in the process.

Run: python benchmarks/http_overhead.py [--picture FILE.jpg] [--rounds N] [--check]

Both sides run the same engine on the same picture, one after the other in turn: the service called
directly, and `faceplate serve` as a process of its own on a kept connection. ``--check`` ends with
status 1 when the median difference is above the bar.
"""

from __future__ import annotations

import argparse
import http.client
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from faceplate.bootstrap import build
from faceplate.config import Settings

BAR_MS = 3.0
WARM_UP_ROUNDS = 10
SECRET = "only for this run"
SAMPLE = "obama2.jpg"


def main() -> int:
    """Measure, print the table, and judge it when asked to."""
    arguments = _arguments()
    picture = arguments.picture.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        inside, outside = Path(folder) / "inside", Path(folder) / "outside"
        application = build(Settings(data_dir=inside))
        with closing(application), served(outside) as (host, port):
            application.warm_up()
            application.faces.index("known.jpg", picture)
            connection = http.client.HTTPConnection(host, port, timeout=60)
            with closing(connection):
                ask(connection, "PUT", "/v1/index/known.jpg", picture, 201)
                rows = measure(
                    {
                        "search, called in the process": lambda: application.faces.search(picture),
                        "search, over HTTP": lambda: ask(
                            connection, "POST", "/v1/search", picture, 200
                        ),
                        "one record, over HTTP": lambda: ask(
                            connection, "GET", "/v1/images/known.jpg?info=true", b"", 200
                        ),
                        "health, over HTTP": lambda: ask(connection, "GET", "/v1/health", b"", 200),
                    },
                    arguments.rounds,
                )
    return report(rows, len(picture), check=arguments.check)


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, int]]:
    """Run `faceplate serve` on a folder of its own and yield its host and port."""
    environment = {
        **os.environ,
        "FACEPLATE_DATA_DIR": str(folder),
        "FACEPLATE_API_KEY": SECRET,
        "FACEPLATE_PORT": "0",
        "FACEPLATE_LIMITS__ENABLED": "false",
    }
    command = [sys.executable, "-m", "faceplate.cli.main", "serve"]
    with (folder.parent / "server.log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            yield _wait_for_address(server, folder.parent / "server.log")
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)


def ask(
    connection: http.client.HTTPConnection, method: str, target: str, body: bytes, status: int
) -> bytes:
    """Make one request on a kept connection."""
    connection.request(method, target, body or None, {"x-api-key": SECRET})
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != status:
        raise SystemExit(f"{method} {target}: {answer.status} {content[:300]!r}")
    return content


def measure(ways: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Time every way once in each round, in turn; milliseconds."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(WARM_UP_ROUNDS + rounds):
        for name, way in ways.items():
            started = time.perf_counter()
            way()
            if number >= WARM_UP_ROUNDS:
                times[name].append((time.perf_counter() - started) * 1000)
    return times


def report(rows: dict[str, list[float]], size_bytes: int, *, check: bool) -> int:
    """Print the table and return the exit status."""
    inside, outside = (statistics.median(times) for times in list(rows.values())[:2])
    print(f"One picture of {size_bytes / 1000:.0f} kB, {len(next(iter(rows.values())))} rounds\n")
    print(f"{'way':32} {'best ms':>8} {'median ms':>10} {'p95 ms':>8}")
    for name, times in rows.items():
        print(f"{name:32} {min(times):8.2f} {statistics.median(times):10.2f} {_p95(times):8.2f}")
    overhead = outside - inside
    best = [min(times) for times in rows.values()]
    print(f"\nHTTP costs {overhead:.2f} ms more (bar {BAR_MS} ms), ratio {outside / inside:.3f}")
    print(
        f"Between the best of each: {best[1] - best[0]:.2f} ms. A busy machine widens the median."
    )
    return int(check and overhead > BAR_MS)


def _p95(times: Sequence[float]) -> float:
    return statistics.quantiles(times, n=20)[-1] if len(times) > 1 else times[0]


def _wait_for_address(server: subprocess.Popen[bytes], log: Path) -> tuple[str, int]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        found = re.search(r"ready at https?://([^:/\s]+):(\d+)", log.read_text(errors="replace"))
        if found:
            return found[1], int(found[2])
        time.sleep(0.05)
    raise SystemExit(f"The server did not start:\n{log.read_text(errors='replace')}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    default = Settings().samples_dir / SAMPLE
    parser.add_argument("--picture", type=Path, default=default, help="a JPEG with a face")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--check", action="store_true", help="fail above the bar")
    found = parser.parse_args()
    if not found.picture.is_file():
        parser.error(f"{found.picture} is missing: run `faceplate demo` once or name a picture")
    return found


if __name__ == "__main__":
    sys.exit(main())
