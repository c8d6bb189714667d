"""What every catalogue of prompt applications promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from app_files import write_app
from faceplate.adapters.checks.checks import DeterministicChecker
from faceplate.adapters.json_schema.schemas import JsonSchemas
from faceplate.adapters.memory.prompt_catalog import MemoryPromptCatalog
from faceplate.adapters.toml_catalog.prompt_catalog import TomlPromptCatalog
from faceplate.domain.errors import NotFound
from faceplate.ports.prompt_catalog import PromptCatalog


@pytest.fixture(params=["memory", "toml"])
def catalog(request: pytest.FixtureRequest, tmp_path: Path) -> PromptCatalog:
    for slug in ("b-app", "a-app"):
        write_app(tmp_path, slug)
    files = TomlPromptCatalog([tmp_path], schemas=JsonSchemas(), checker=DeterministicChecker())
    return files if request.param == "toml" else MemoryPromptCatalog(list(files.list()))


def test_applications_are_listed_by_slug(catalog: PromptCatalog) -> None:
    assert [one.slug for one in catalog.list()] == ["a-app", "b-app"]


def test_one_application_is_had_by_its_slug(catalog: PromptCatalog) -> None:
    assert catalog.get("b-app") == catalog.list()[1]


def test_an_unknown_slug_is_not_found(catalog: PromptCatalog) -> None:
    with pytest.raises(NotFound) as caught:
        catalog.get("c-app")
    assert caught.value.code == "app_not_found"


def test_a_sound_catalogue_has_no_problems(catalog: PromptCatalog) -> None:
    assert not catalog.problems()
