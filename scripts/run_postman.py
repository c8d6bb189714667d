"""Run the Postman collection with newman against a server, and say what failed.

    python scripts/run_postman.py --url URL --key KEY --face FACE.png --group GROUP.jpg

The pictures are of one person and of several. The picture of nobody and the sound are made here.
"""

from __future__ import annotations

import argparse
import base64
import json
import math
import shutil
import struct
import subprocess
import sys
import tempfile
import wave
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from PIL import Image, ImageDraw

from write_postman import FOLDER, PICTURES

FILES = ("face.png", "group.jpg", "scene.png")
COLLECTION = FOLDER / "faceplate.postman_collection.json"


def draw_scene(path: Path) -> None:
    """Draw a picture with nobody in it: a hill under a sky."""
    picture = Image.new("RGB", (320, 240), (120, 170, 220))
    ImageDraw.Draw(picture).ellipse((-80, 140, 400, 400), fill=(60, 130, 60))
    picture.save(path)


def make_sound(path: Path) -> None:
    """Write a tenth of a second of a tone."""
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        for step in range(800):
            out.writeframes(struct.pack("<h", int(8000 * math.sin(step / 3))))


def run(
    newman: str,
    values: dict[str, str],
    *,
    face: Path,
    group: Path,
    timeout_s: float = 600,
    only: str | None = None,
) -> dict[str, Any]:
    """Run the collection; return how many calls and tests there were, and what failed.

    ``values`` fill the environment: ``base_url``, ``api_key``, ``mode``, ``provider`` and others.
    ``only`` names the one folder of the collection to run.

    Raises:
        RuntimeError: newman did not come so far as to report.
    """
    with tempfile.TemporaryDirectory(prefix="faceplate-postman-") as made:
        folder = Path(made)
        shutil.copy(face, folder / FILES[0])
        shutil.copy(group, folder / FILES[1])
        draw_scene(folder / FILES[2])
        make_sound(folder / "sound.wav")
        texts = [base64.b64encode((folder / name).read_bytes()).decode() for name in FILES]
        every = {**values, **dict(zip(PICTURES, texts, strict=True))}
        environment = {"values": [{"key": key, "value": value} for key, value in every.items()]}
        (folder / "environment.json").write_text(json.dumps(environment), encoding="utf-8")
        report = folder / "report.xml"
        done = subprocess.run(
            [
                *(newman, "run", str(COLLECTION), "--environment", "environment.json"),
                *("--working-dir", made, "--reporters", "junit"),
                *("--reporter-junit-export", str(report), "--timeout-request", "60000"),
                *(() if only is None else ("--folder", only)),
            ],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        if not report.exists():
            raise RuntimeError(done.stdout + done.stderr)
        return summary(report)


def summary(report: Path) -> dict[str, Any]:
    """Return the counts and the failures of newman's report."""
    calls = ET.parse(report).getroot().findall("testsuite")
    return {
        "calls": len(calls),
        "tests": sum(len(call.findall("testcase")) for call in calls),
        "failures": [
            f"{call.get('name')}: {test.get('name')}: {wrong.get('message') or wrong.text}"
            for call in calls
            for test in call.findall("testcase")
            for wrong in (*test.findall("failure"), *test.findall("error"))
        ],
    }


def main() -> int:
    """Run with the arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--newman", default="newman")
    parser.add_argument("--url", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--face", type=Path, required=True)
    parser.add_argument("--group", type=Path, required=True)
    parser.add_argument("--mode", choices=("local", "aws"), default="local")
    parser.add_argument("--emulated", action="store_true", help="emulators play AWS")
    parser.add_argument("--provider", action="store_true", help="all of OpenAI's surfaces answer")
    parser.add_argument("--local-key", default="")
    parser.add_argument("--backup", default="")
    parser.add_argument("--folder", help="run one folder of the collection alone")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--timeout", type=float, default=600)
    wanted = parser.parse_args()
    values = {
        "base_url": wanted.url.rstrip("/"),
        "api_key": wanted.key,
        "mode": wanted.mode,
        "emulated": "yes" if wanted.emulated else "no",
        "provider": "yes" if wanted.provider else "no",
        "local_key": wanted.local_key,
        "backup_path": wanted.backup,
    }
    found = run(
        wanted.newman,
        values,
        face=wanted.face,
        group=wanted.group,
        timeout_s=wanted.timeout,
        only=wanted.folder,
    )
    if wanted.json:
        print(json.dumps(found))
        return int(bool(found["failures"]))
    for failure in found["failures"]:
        print(failure)
    print(f"{found['calls']} calls, {found['tests']} tests, {len(found['failures'])} failures")
    return int(bool(found["failures"]))


if __name__ == "__main__":
    sys.exit(main())
