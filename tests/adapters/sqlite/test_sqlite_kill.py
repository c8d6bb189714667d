"""Killed at any instant, the database keeps what it acknowledged and never half a unit."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

import unit_writer
from faceplate.adapters.sqlite.connection import Database
from faceplate.adapters.sqlite.records import SqliteRecords
from record_samples import make_collection

KILLS = 30


def write_and_kill(path: Path, first_unit: int, acknowledgements: int) -> int:
    """Kill a writer after some acknowledgements; return the last unit it acknowledged."""
    command = [sys.executable, unit_writer.__file__, str(path), str(first_unit)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(acknowledgements)]
        writer.kill()
        lines += writer.stdout.readlines()
    return max(int(line) for line in lines if line.endswith("\n"))


def check_whole(records: SqliteRecords) -> list[int]:
    """Return the units that are there, after making sure that each is whole."""
    images = records.list_images("c", limit=1000).items
    units = sorted(int(image.key.removeprefix("image-")) for image in images)
    stored = {
        face_id: row[0]
        for face_ids, rows in records.vectors("c")
        for face_id, row in zip(face_ids, rows, strict=True)
    }
    expected = {
        f"image-{unit}-{number}": float(unit)
        for unit in units
        for number in range(unit_writer.faces_in(unit))
    }
    assert stored == expected
    assert {face.face_id for face in records.list_faces("c", limit=9999).items} == set(expected)
    return units


@pytest.mark.slow
def test_killed_at_any_instant(tmp_path: Path) -> None:
    path = tmp_path / "faceplate.db"
    records = SqliteRecords(Database(path))
    records.put_collection(make_collection(model="m@1"))
    records.close()
    chance = random.Random(20300101)
    next_unit = 0
    for _ in range(KILLS):
        acknowledged = write_and_kill(path, next_unit, chance.randint(1, 12))
        records = SqliteRecords(Database(path))
        units = check_whole(records)
        records.close()
        assert units[-1] in {acknowledged, acknowledged + 1}
        assert units == list(range(max(0, units[-1] - 9), units[-1] + 1))
        next_unit = units[-1] + 1
