"""Measure a server's start: from the command to the first healthy answer, and its memory then.

The floor, measured in the same run, is an empty FastAPI app under uvicorn. Bars: ready within
1.5 s, at most 300 MB with the models loaded; ``--check`` ends with status 1 past one. Needs the
weights (`make setup`). Linux only.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

MAX_READY_S = 1.5
MAX_RSS_MB = 300
FLOOR = """
import sys, uvicorn
from fastapi import FastAPI
app = FastAPI()
@app.get("/v1/health")
async def health(): return {"status": "ok"}
uvicorn.run(app, port=int(sys.argv[1]), log_level="error")
"""


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def measure(command: list[str], port: int, environment: dict[str, str]) -> tuple[float, float]:
    """Start, wait for health, stop; return seconds and resident megabytes."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/health", timeout=5).read()
                break
            except OSError:
                if process.poll() is not None:
                    raise SystemExit(f"{command[0]} ended with {process.returncode}") from None
                time.sleep(0.005)
        seconds = time.perf_counter() - started
        status = Path(f"/proc/{process.pid}/status").read_text()
        resident_kb = next(line.split()[1] for line in status.splitlines() if "VmRSS" in line)
        return seconds, int(resident_kb) / 1000
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--check", action="store_true", help="fail past a bar")
    options = parser.parse_args()
    runs = options.runs
    rows: dict[str, list[tuple[float, float]]] = {"empty FastAPI app": [], "faceplate serve": []}
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "FACEPLATE_DATA_DIR": folder}
        for _ in range(runs):
            for name, samples in rows.items():
                port = free_port()
                command = [sys.executable, "-c", FLOOR, str(port)]
                if name == "faceplate serve":
                    module = ["-m", "faceplate.cli.main", "serve", "--port", str(port)]
                    command = [sys.executable, *module]
                samples.append(measure(command, port, environment))
    print(f"medians of {runs} starts\n")
    print(f"{'':20} {'ready s':>8} {'RSS MB':>8}")
    medians = {}
    for name, samples in rows.items():
        medians[name] = tuple(statistics.median(column) for column in zip(*samples, strict=True))
        print(f"{name:20} {medians[name][0]:8.2f} {medians[name][1]:8.0f}")
    floor, ours = medians.values()
    print(f"{'ratio':20} {ours[0] / floor[0]:8.1f} {ours[1] / floor[1]:8.1f}")
    if options.check and (ours[0] > MAX_READY_S or ours[1] > MAX_RSS_MB):
        raise SystemExit("past a bar")


if __name__ == "__main__":
    main()
