"""What Amazon Rekognition's protocol costs through boto3, beside the same work in the process.

Run: python benchmarks/rekognition/run.py [--picture FILE.jpg] [--rounds N] [--faces N] [--check]

1. DetectFaces, IndexFaces and SearchFacesByImage of a 200 kB JPEG, in turn by boto3 against
   `faceplate serve` and by the operation's handler called here. Bar: 5 ms between the medians.
2. A collection of a million faces, searched through boto3 by face and by picture. Bar: 50 ms.
3. 32 clients at a time. Bar: not one error, with boto3's own retries off.
4. The large collection deleted: how long it takes, and the server's memory before and after.

``--keep FOLDER`` keeps the million faces for the next run (and leaves part 4 out). ``--check`` ends
with status 1 when a bar is missed. Needs the face models and, for part 2, 3 GB of disk and 2 GB of
memory.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from million import COLLECTION, fill
from picture import picture_of_200_kb

from faceplate.bootstrap import build
from faceplate.config import Settings
from faceplate.domain.keys import KeyScope
from faceplate.http.rekognition.operations import OPERATIONS
from faceplate.http.rekognition.operations.call import AwsKey, Call
from served import client, served

OVERHEAD_BAR_MS = 5.0
MILLION_BAR_MS = 50.0
CLIENTS = 32
WARM_UP_ROUNDS = 5
NAMES = ("DetectFaces", "IndexFaces", "SearchFacesByImage")

Ask = Callable[..., dict[str, Any]]


def main() -> int:
    """Measure, print, and judge when asked to."""
    arguments = _arguments()
    picture = arguments.picture.read_bytes() if arguments.picture else picture_of_200_kb()
    with tempfile.TemporaryDirectory() as folder:
        good = measure_overhead(Path(folder), picture, arguments.rounds)
    with contextlib.ExitStack() as stack:
        folder = arguments.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        good &= measure_large(folder, picture, arguments)
    return int(arguments.check and not good)


def measure_overhead(folder: Path, picture: bytes, rounds: int) -> bool:
    """Print what each operation costs here and through boto3; tell whether the bar holds."""
    application = build(Settings(data_dir=folder / "inside"))
    call = Call(application, AwsKey("AKIAHERE", KeyScope.WRITE))

    def here(name: str, **members: Any) -> dict[str, Any]:
        return OPERATIONS[name].handler(call, members)

    with closing(application), served(folder / "outside") as server:
        application.warm_up()
        boto = client(server)

        def there(name: str, **members: Any) -> dict[str, Any]:
            answer: dict[str, Any] = getattr(boto, _snake(name))(**members)
            return answer

        times: dict[tuple[str, str], list[float]] = {}
        for ask in (here, there):
            ask("CreateCollection", CollectionId="c")
        for number in range(WARM_UP_ROUNDS + rounds):
            for name in NAMES:
                for way, ask in (("here", here), ("boto3", there)):
                    taken_ms = _time(ask, name, picture, number)
                    if number >= WARM_UP_ROUNDS:
                        times.setdefault((name, way), []).append(taken_ms)
        plain = [_timed(lambda: there("ListCollections")) for _ in range(rounds)]
    print(
        f"A JPEG of {len(picture) / 1000:.0f} kB, {rounds} rounds; medians, then the best, in ms\n"
    )
    print(
        f"{'operation':20} {'here':>8} {'boto3':>8} {'more':>7} {'ratio':>6}   "
        f"{'here':>8} {'boto3':>8} {'more':>7}"
    )
    good = True
    for name in NAMES:
        inside = statistics.median(times[name, "here"])
        outside = statistics.median(times[name, "boto3"])
        good &= outside - inside <= OVERHEAD_BAR_MS
        best_in, best_out = min(times[name, "here"]), min(times[name, "boto3"])
        print(
            f"{name:20} {inside:8.2f} {outside:8.2f} {outside - inside:7.2f} "
            f"{outside / inside:6.3f}   {best_in:8.2f} {best_out:8.2f} {best_out - best_in:7.2f}"
        )
    print(f"{'ListCollections':20} {'':8} {statistics.median(plain):8.2f}")
    print(f"Bar: {OVERHEAD_BAR_MS} ms more by the medians, which a busy machine widens.\n")
    return good


def measure_large(folder: Path, picture: bytes, arguments: argparse.Namespace) -> bool:
    """Print how long a search of many faces takes, then what 32 clients at a time meet."""
    rounds = arguments.rounds
    started = time.perf_counter()
    face_ids = fill(folder, arguments.faces)
    print(f"{arguments.faces:,} faces, there after {time.perf_counter() - started:.0f} s")
    with served(folder) as server:
        boto = client(server)
        empty_mb = server.memory_mb()
        loading = _timed(lambda: boto.search_faces(CollectionId=COLLECTION, FaceId=face_ids[0]))
        by_face = [
            _timed(partial(boto.search_faces, CollectionId=COLLECTION, FaceId=face_id))
            for face_id in face_ids[:rounds]
        ]
        image = {"Bytes": picture}
        by_image = [
            _timed(lambda: boto.search_faces_by_image(CollectionId=COLLECTION, Image=image))
            for _ in range(rounds)
        ]
        detect = [_timed(lambda: boto.detect_faces(Image=image)) for _ in range(rounds)]
        print(f"First search, which reads the collection: {loading / 1000:.1f} s")
        face_ms, image_ms = statistics.median(by_face), statistics.median(by_image)
        print(f"SearchFaces through boto3: {face_ms:.1f} ms (bar {MILLION_BAR_MS} ms)")
        print(
            f"SearchFacesByImage: {image_ms:.1f} ms, of which DetectFaces alone takes "
            f"{statistics.median(detect):.1f} ms"
        )
        errors, taken_s, count = _together(server, image, face_ids)
        print(
            f"{CLIENTS} clients, {count} requests in {taken_s:.1f} s "
            f"({count / taken_s:.0f} a second): {len(errors)} errors"
        )
        for error in sorted(set(errors)):
            print(f"  {error}")
        if arguments.keep is None:
            full_mb = server.memory_mb()
            taken_ms = _timed(lambda: boto.delete_collection(CollectionId=COLLECTION))
            print(
                f"Deleted in {taken_ms / 1000:.1f} s; the server's memory: {empty_mb:.0f} MB "
                f"empty, {full_mb:.0f} MB full, {server.memory_mb():.0f} MB after"
            )
    return face_ms <= MILLION_BAR_MS and not errors


def _together(
    server: Any, image: dict[str, bytes], face_ids: list[str], each: int = 6
) -> tuple[list[str], float, int]:
    errors: list[str] = []
    begin = threading.Barrier(CLIENTS + 1)

    def run(number: int) -> None:
        boto = client(server)
        begin.wait()
        for turn in range(each):
            try:
                boto.search_faces(CollectionId=COLLECTION, FaceId=face_ids[number])
                if turn % 2:
                    boto.search_faces_by_image(CollectionId=COLLECTION, Image=image)
                else:
                    boto.detect_faces(Image=image)
            except Exception as exc:  # noqa: BLE001 - counted and printed
                errors.append(f"{type(exc).__name__}: {exc}")

    threads = [threading.Thread(target=run, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    begin.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    return errors, time.perf_counter() - started, CLIENTS * each * 2


def _time(ask: Ask, name: str, picture: bytes, number: int) -> float:
    members: dict[str, Any] = {"Image": {"Bytes": picture}}
    if name != "DetectFaces":
        members["CollectionId"] = "c"
    if name == "IndexFaces":
        members["ExternalImageId"] = f"n{number}"
    return _timed(lambda: ask(name, **members))


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def _snake(name: str) -> str:
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name).lstrip("_")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--picture", type=Path, help="a JPEG with a face; default: one is made")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--faces", type=int, default=1_000_000)
    parser.add_argument("--keep", type=Path, help="a folder for the large collection")
    parser.add_argument("--check", action="store_true", help="fail when a bar is missed")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
