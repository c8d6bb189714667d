"""The model of scale and cost: sums that can be done by hand, and the page that quotes it."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "scale_model.py"


@pytest.fixture(scope="module")
def model() -> ModuleType:
    spec = importlib.util.spec_from_file_location("scale_model", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["scale_model"] = module
    spec.loader.exec_module(module)
    return module


def test_nothing_asked_costs_the_snapshots_alone(model: ModuleType) -> None:
    assert sum(model.monthly_usd(model.Load(versions=0)).values()) == 0
    costs = model.monthly_usd(model.Load())
    assert sum(costs.values()) == costs["Lambda, snapshots"] == pytest.approx(5.85, abs=0.01)
    assert model.monthly_usd(model.Load(versions=10))["Lambda, snapshots"] == pytest.approx(
        10 * costs["Lambda, snapshots"]
    )
    assert {share for _, share in model.limits_met(model.Load())} == {0}


def test_pictures_get_cheaper_in_steps(model: ModuleType) -> None:
    assert model.rekognition_images_usd(500_000) == pytest.approx(500)
    assert model.rekognition_images_usd(2_000_000) == pytest.approx(1_000 + 800)
    assert model.rekognition_images_usd(40e6) == pytest.approx(1_000 + 3_200 + 18_000 + 2_000)


def test_the_fullest_limit_comes_first(model: ModuleType) -> None:
    met = model.limits_met(model.Load(search_rps=1.0, read_rps=10.0, peak=3.0))
    assert met[0] == ("rekognition_search_tps", pytest.approx(3 / 5))
    assert [share for _, share in met] == sorted((share for _, share in met), reverse=True)


@pytest.mark.parametrize(
    ("load", "first"),
    [
        ({"faces": 20e6}, "rekognition_faces"),
        ({"read_rps": 10_000.0, "peak": 1.0}, "gateway_rps"),
        ({"chat_rps": 500.0, "peak": 1.0}, "lambda_concurrency"),
        ({"index_rps": 10.0}, "rekognition_index_tps"),
    ],
)
def test_each_kind_of_load_meets_its_own_limit_first(
    model: ModuleType, load: dict[str, float], first: str
) -> None:
    name, share = model.limits_met(model.Load(**load))[0]
    assert name == first
    assert share >= 1.0


def test_every_limit_says_what_to_raise(model: ModuleType) -> None:
    assert set(model.RAISE) == set(model.LIMITS) == set(model.uses(model.Load()))


def test_more_of_anything_never_costs_less(model: ModuleType) -> None:
    for name in ("index_rps", "search_rps", "chat_rps", "read_rps", "faces"):
        small = sum(model.monthly_usd(model.Load(**{name: 1.0})).values())
        assert sum(model.monthly_usd(model.Load(**{name: 2.0})).values()) > small


def run(*arguments: str) -> str:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments], check=True, capture_output=True, text=True
    ).stdout


def test_the_command_says_it_in_words_and_in_json() -> None:
    load = ("--search-rps", "2", "--faces", "1000000")
    assert "raise: Service Quotas > Rekognition > SearchFacesByImage" in run(*load)
    found = json.loads(run(*load, "--json"))
    assert found["limits"]["rekognition_search_tps"] == pytest.approx(1.2)
    assert found["total_usd"] == pytest.approx(sum(found["monthly_usd"].values()))


def test_the_page_quotes_what_the_model_says() -> None:
    page = (ROOT / "docs/explanation/scale.md").read_text()
    quoted = page.split("```console\n")[1:]
    assert quoted
    for block in quoted:
        command, _, shown = block.split("```")[0].partition("\n")
        arguments = command.removeprefix("$ python scripts/scale_model.py ").split()
        assert run(*arguments).strip() == shown.strip()
