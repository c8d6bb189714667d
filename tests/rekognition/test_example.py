"""The example program, as anybody would run it."""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

import pictures
from real_server import RealServer

pytestmark = [pytest.mark.models, pytest.mark.slow]

PROGRAM = Path(__file__).parents[2] / "examples/rekognition/find_people.py"


def test_the_example_finds_people(real: RealServer, tmp_path: Path) -> None:
    folder = tmp_path / "people"
    folder.mkdir()
    portrait = Image.open(pictures.astronaut()).convert("RGB")
    portrait.save(folder / "collins-1.png")
    portrait.resize((400, 400)).save(folder / "collins-2.jpg")
    Image.new("RGB", (300, 300), "white").save(folder / "wall.png")
    (folder / "notes.txt").write_text("not a picture")
    out = BytesIO()
    portrait.crop((100, 0, 400, 300)).save(out, "JPEG", quality=70)
    (tmp_path / "who.jpg").write_bytes(out.getvalue())

    def run(*arguments: object) -> str:
        done = subprocess.run(
            [sys.executable, str(PROGRAM), "example", *map(str, arguments)],
            env=dict(real.environment),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    said = run(folder, tmp_path / "who.jpg")
    assert "learned collins from collins-1.png" in said
    assert "learned collins from collins-2.jpg" in said
    assert "no face in wall.png" in said
    assert "largest face: collins (" in said
    assert "looks like: collins-1.png (" in said
    assert said.count("kept: ") == 2
    again = run(folder, pictures.group_of_six(), "--delete")
    assert "there already: example" in again
    assert "largest face: unknown" in again
    assert again.count("kept: ") == 2
    assert "deleted: example" in again
