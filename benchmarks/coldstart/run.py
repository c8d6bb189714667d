"""Measure cold starts: from the process to the first request, and to its answer.

Each function runs out of its zip under the real `awslambdaric`, fed by a Runtime API server of this
machine, beside a bare boto3 handler whose bytecode is compiled as well; the runs alternate. Bars:
`text` at most 1.5 times the bare handler's init, `vision` at most 1.8 times. Bytes of the zip are
read from the disk cache here; on Lambda they come over a network, so that size weighs more there.
"""

from __future__ import annotations

import argparse
import compileall
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from gateway_events import gateway_event  # noqa: E402
from runtime_api import running  # noqa: E402

BARS = {"text": 1.5, "vision": 1.8}
HANDLER = "faceplate.entrypoints.lambda_{}.handler"
ENVIRONMENT = {
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_EC2_METADATA_DISABLED": "true",
    "FACEPLATE_MODE": "aws",
    "FACEPLATE_AWS__TABLE": "none",
    "FACEPLATE_AWS__BUCKET": "none",
    "FACEPLATE_CHAT__BASE_URL": "http://127.0.0.1:9/v1",
}
# Answered without AWS, as the bare handler does.
EVENTS: dict[str, Any] = {
    "bare boto3": {},
    "text": gateway_event(
        "POST", "/v1/chat/completions", body='{"model": "default-grammar", "messages": []}'
    ),
    "vision": gateway_event("GET", "/openapi.json"),
    "index": {"Service": "Amazon S3", "Event": "s3:TestEvent"},
}


def measure(name: str, handler: str, task_root: Path, folder: Path) -> tuple[float, float]:
    """Start one function; return milliseconds to its first request and to its first answer."""
    command = [sys.executable, "-m", "awslambdaric"]
    began = time.perf_counter()
    with running(command, handler, task_root, ENVIRONMENT, folder / f"{name}.log") as function:
        function.wait_ready()
        ready_ms = 1000 * (function.ready_at_s - began)
        function.invoke(EVENTS[name])
        return ready_ms, 1000 * (time.perf_counter() - began)


def main() -> int:
    """Print the table; with ``--check`` fail past a bar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--functions", nargs="*", default=["text", "vision", "index"])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        zipped, size = unpack(folder)
        bare = folder / "bare"
        bare.mkdir()
        shutil.copy(Path(__file__).with_name("bare.py"), bare)
        compileall.compile_dir(bare, quiet=1)
        places = {"bare boto3": ("bare.handler", bare)}
        places |= {one: (HANDLER.format(one), zipped) for one in asked.functions}
        samples: dict[str, list[tuple[float, float]]] = {one: [] for one in places}
        for _ in range(asked.runs):
            for one, (handler, task_root) in places.items():
                samples[one].append(measure(one, handler, task_root, folder))
    print(f"zip: {size / 1e6:.1f} MB; medians of {asked.runs} cold starts\n")
    print(f"{'':12} {'init ms':>8} {'ratio':>6} {'to the answer ms':>17} {'ratio':>6}")
    floor = [statistics.median(column) for column in zip(*samples["bare boto3"], strict=True)]
    failed = False
    for one, rows in samples.items():
        init, whole = (statistics.median(column) for column in zip(*rows, strict=True))
        ratio = init / floor[0]
        failed |= ratio > BARS.get(one, float("inf"))
        print(f"{one:12} {init:8.0f} {ratio:6.2f} {whole:17.0f} {whole / floor[1]:6.2f}")
    return int(asked.check and failed)


def unpack(folder: Path) -> tuple[Path, int]:
    """Build the zip for this machine's Python and unpack it; return the place and its size."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    command = [
        *(sys.executable, "-m", "faceplate.cli.main", "package", "--json", "--python", version),
        *("--architecture", "x86_64", "--source", str(ROOT), "--out", str(ROOT / "build")),
    ]
    done = subprocess.run(command, check=True, capture_output=True)
    built = json.loads(done.stdout)
    with zipfile.ZipFile(built["path"]) as archive:
        archive.extractall(folder / "zip")
    return folder / "zip", built["zip_bytes"]


if __name__ == "__main__":
    raise SystemExit(main())
