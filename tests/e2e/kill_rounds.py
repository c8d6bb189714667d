"""Run a face service in a child, kill it at any instant, look at what is left; again and again.

Everything below the face service is what a server runs (SQLite, files, exact vectors, Pillow); the
engine is the memory one, so that a round takes milliseconds. Usage: kill_rounds.py FOLDER ROUNDS
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from build import ANA, BEN, CAM, draw
from faceplate.adapters.exact.vectors import ExactVectors
from faceplate.adapters.files.blobs import FileBlobs
from faceplate.adapters.memory.engine import MemoryEngine
from faceplate.adapters.memory.keys import MemoryKeys
from faceplate.adapters.pillow.pictures import PillowPictures
from faceplate.adapters.sqlite.connection import Database
from faceplate.adapters.sqlite.records import SqliteRecords
from faceplate.adapters.system.runtime import SystemRuntime
from faceplate.bootstrap import Adapters, assemble
from faceplate.services.application import Application
from text_build import text_parts

KEYS = ("a b.png", "ü/c.png", "d.png")
PICTURES = [draw(ANA), draw(BEN), draw(CAM, ANA), draw(ANA, BEN, CAM), draw()]
FACES = [1, 1, 2, 3, 0]
SHA256 = [hashlib.sha256(picture).hexdigest() for picture in PICTURES]


def build(folder: Path) -> tuple[Application, SqliteRecords, FileBlobs]:
    records = SqliteRecords(Database(folder / "faceplate.db"))
    blobs = FileBlobs(folder / "blobs")
    parts = Adapters(
        records=records,
        keys=MemoryKeys(),
        blobs=blobs,
        vectors=ExactVectors(),
        pictures=PillowPictures(max_bytes=1_000_000, max_pixels=1_000_000),
        engine=MemoryEngine(),
        runtime=SystemRuntime(),
        text=text_parts(),
    )
    return assemble(parts, secret=b"only for tests"), records, blobs


def work(folder: Path, log: int, seed: int) -> None:
    """Change pictures at random for ever, writing down each change before and after it."""
    app, _, _ = build(folder)
    chance = random.Random(seed)
    while True:
        key, number = chance.choice(KEYS), chance.randrange(-1, len(PICTURES))
        change = json.dumps({"key": key, "picture": number})
        os.write(log, f"begin {change}\n".encode())
        if number >= 0:
            app.faces.index(key, PICTURES[number])
        elif any(image.key == key for image in app.images.list().items):
            app.images.delete(key)
        os.write(log, f"done {change}\n".encode())


def expected(log: Path) -> tuple[dict[str, int], dict[str, int] | None]:
    """Read the log: the pictures that must be there, and the change that may be."""
    state: dict[str, int] = {}
    under_way = None
    for line in log.read_text().splitlines():
        word, _, text = line.partition(" ")
        change = json.loads(text)
        under_way = {change["key"]: change["picture"]} if word == "begin" else None
        if word == "done":
            state[change["key"]] = change["picture"]
    return state, under_way


def inspect(folder: Path, log: Path) -> list[str]:
    """Open the folder as a new start does and list everything that is not as it must be."""
    app, records, blobs = build(folder)
    problems: list[str] = []
    app.keeper.sweep()
    state, under_way = expected(log)
    images = {image.key: image for image in app.images.list().items}
    for key in KEYS:
        found = SHA256.index(images[key].sha256) if key in images else -1
        allowed = {state.get(key, -1)} | (
            {under_way[key]} if under_way and key in under_way else set()
        )
        if found not in allowed:
            problems.append(f"{key}: found {found}, expected one of {allowed}")
        if found >= 0:
            problems += inspect_image(app, records, key, found)
            state[key] = found
        else:
            state.pop(key, None)
    total = sum(FACES[number] for number in state.values() if number >= 0)
    faces = app.faces.list_faces(limit=1000).items
    vectors = sum(len(ids) for ids, _ in records.vectors("faceplate"))
    if not len(faces) == vectors == total:
        problems.append(f"{len(faces)} faces, {vectors} vectors, expected {total}")
    if set(blobs.names()) != {image.blob_name for image in images.values()}:
        problems.append("blobs and images differ")
    if any(path.name.endswith(".tmp") for path in (folder / "blobs").rglob("*")):
        problems.append("a temporary file was left")
    # What was under way has been settled: the next round starts from what is there.
    log.write_text(
        "".join(
            f"done {json.dumps({'key': key, 'picture': number})}\n" for key, number in state.items()
        )
    )
    return problems


def inspect_image(app: Application, records: SqliteRecords, key: str, number: int) -> list[str]:
    problems = []
    if app.images.read(key)[1] != PICTURES[number]:
        problems.append(f"{key}: other bytes")
    faces = app.images.faces(key)
    ids = [face.face_id for face in faces]
    if len(faces) != FACES[number] or len(records.vectors_of("faceplate", ids)) != len(ids):
        problems.append(f"{key}: {len(faces)} faces with vectors, expected {FACES[number]}")
    if faces:
        answers = app.faces.search(PICTURES[number], all_faces=True).answers
        found = {match.face.face_id for answer in answers for match in answer.faces}
        if not found >= set(ids):
            problems.append(f"{key}: a face cannot be found")
    return problems


def look(folder: Path, log: Path, report: Path) -> None:
    report.write_text(json.dumps(inspect(folder, log)))


def in_child(task: object, *arguments: object) -> int:
    """Fork, run, and leave without cleaning up; return the child's process id."""
    child = os.fork()
    if child == 0:
        try:
            task(*arguments)  # type: ignore[operator]
            os._exit(0)
        except BaseException as error:  # noqa: BLE001 -- a child must never run the parent's code
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
            os._exit(3)
    return child


def main() -> None:
    folder, rounds = Path(sys.argv[1]), int(sys.argv[2])
    log = folder / "log.txt"
    log.touch()
    chance = random.Random(7)
    acknowledged = interrupted = 0
    problems: list[str] = []
    for number in range(rounds):
        descriptor = os.open(log, os.O_WRONLY | os.O_APPEND)
        known = log.read_text().count("\n")
        child = in_child(work, folder, descriptor, number)
        lines = known + chance.randint(1, 12)
        while log.read_text().count("\n") < lines and os.waitpid(child, os.WNOHANG) == (0, 0):
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.015))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(descriptor)
        acknowledged += log.read_text().count("done ") - known
        interrupted += expected(log)[1] is not None
        seen = folder / "report.txt"
        status = os.waitpid(in_child(look, folder, log, seen), 0)[1]
        problems += json.loads(seen.read_text()) if status == 0 else ["the look failed"]
        if problems:
            break
    report = {"rounds": number + 1, "acknowledged": acknowledged, "interrupted": interrupted}
    sys.stdout.write(json.dumps({**report, "problems": problems}))


if __name__ == "__main__":
    main()
