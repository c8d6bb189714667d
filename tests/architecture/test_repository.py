"""What must never be in the repository."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Written in pieces, so that this file does not find itself.
PLACES = re.compile(r"/(?:" + "|".join(("work", "root", "farm")) + r")/[a-z.]|/home/" + r"[a-z]+/")
HOSTS = re.compile(
    "|".join(
        re.escape(".".join(parts))
        for parts in (
            ("pypi", "org"),
            ("files", "pythonhosted", "org"),
            ("registry", "npmjs", "org"),
        )
    )
)
BINARIES = {".onnx", ".tflite", ".dat", ".gguf", ".jpg", ".jpeg", ".png", ".webp", ".heic", ".npy"}
PICTURES_OF_OURSELVES = "docs/"


def tracked() -> list[Path]:
    listing = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=False,
        capture_output=True,
        text=True,
    )
    if listing.returncode:
        pytest.skip("not a git checkout: nothing says which files belong to the project")
    return [ROOT / name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_machine_path_and_no_registry_address() -> None:
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if PLACES.search(line) or HOSTS.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}")
    assert found == []


def test_no_weights_and_no_pictures_of_people() -> None:
    found = [
        path.relative_to(ROOT).as_posix()
        for path in tracked()
        if path.suffix.lower() in BINARIES
        and not path.relative_to(ROOT).as_posix().startswith(PICTURES_OF_OURSELVES)
    ]
    assert found == []
