"""Ports, adapters and contract tests share one file name; some names are never used."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "faceplate"
FORBIDDEN = {"utils", "util", "common", "helper", "helpers", "manager", "impl", "misc"}


def test_every_port_has_a_contract_test() -> None:
    ports = {path.stem for path in (PACKAGE / "ports").glob("*.py")} - {"__init__"}
    tests = {
        path.stem.removeprefix("test_") for path in (ROOT / "tests/contracts").glob("test_*.py")
    }
    assert ports <= tests


def test_no_module_has_a_name_that_says_nothing() -> None:
    names = {path.stem for path in PACKAGE.rglob("*.py")} | {
        path.name for path in PACKAGE.rglob("*") if path.is_dir()
    }
    assert names.isdisjoint(FORBIDDEN)


def test_every_package_is_a_layer_of_the_contract() -> None:
    layers = (ROOT / ".importlinter").read_text()
    for path in PACKAGE.iterdir():
        if path.is_dir() and path.name != "__pycache__":
            assert path.name in layers
