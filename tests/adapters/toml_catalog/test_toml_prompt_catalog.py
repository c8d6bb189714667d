"""Files in folders: noticed without a restart, and a broken one harms nobody."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from app_files import APP, write_app
from faceplate.adapters.checks.checks import DeterministicChecker
from faceplate.adapters.json_schema.schemas import JsonSchemas
from faceplate.adapters.toml_catalog.prompt_catalog import TomlPromptCatalog
from faceplate.domain.errors import NotFound


class Clock:
    """A clock that moves when it is told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(clock: Clock) -> Callable[..., TomlPromptCatalog]:
    def build(*folders: Path) -> TomlPromptCatalog:
        return TomlPromptCatalog(
            folders, schemas=JsonSchemas(), checker=DeterministicChecker(), clock=clock
        )

    return build


def test_a_new_file_appears_and_a_removed_one_goes(
    make: Callable[..., TomlPromptCatalog], clock: Clock, tmp_path: Path
) -> None:
    catalog = make(tmp_path)
    assert not catalog.list()
    write_app(tmp_path, "late")
    clock.now += 2
    assert [one.slug for one in catalog.list()] == ["late"]
    (tmp_path / "late.toml").unlink()
    clock.now += 2
    with pytest.raises(NotFound):
        catalog.get("late")


def test_a_changed_file_counts_from_the_next_look_on(
    make: Callable[..., TomlPromptCatalog], clock: Clock, tmp_path: Path
) -> None:
    path = write_app(tmp_path, "demo")
    catalog = make(tmp_path)
    assert catalog.get("demo").title == "Demo"
    path.write_text(path.read_text().replace('title = "Demo"', 'title = "Other"'))
    os.utime(path, ns=(1, 1))
    assert catalog.get("demo").title == "Demo"
    clock.now += 2
    assert catalog.get("demo").title == "Other"


def test_a_file_broken_later_stays_in_service_and_is_reported(
    make: Callable[..., TomlPromptCatalog], clock: Clock, tmp_path: Path
) -> None:
    path = write_app(tmp_path, "demo")
    catalog = make(tmp_path)
    catalog.get("demo")
    path.write_text("slug = ")
    clock.now += 2
    assert catalog.get("demo").title == "Demo"
    (problem,) = catalog.problems()
    assert (problem.file, problem.line) == (str(path), 1)
    write_app(tmp_path, "demo")
    os.utime(path, ns=(2, 2))
    clock.now += 2
    assert not catalog.problems()


def test_broken_files_never_take_the_others_with_them(
    make: Callable[..., TomlPromptCatalog], tmp_path: Path
) -> None:
    write_app(tmp_path, "good")
    (tmp_path / "binary.toml").write_bytes(b'slug = "x"\n\xff\xfe')
    (tmp_path / "empty.toml").write_text("")
    (tmp_path / "deep.toml").write_text("a = " + "[" * 20_000)
    (tmp_path / "huge.toml").write_text("#" * 1_100_000)
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "gone.toml").symlink_to(tmp_path / "nowhere")
    write_app(tmp_path, "wrong-name").rename(tmp_path / "other-name.toml")
    catalog = make(tmp_path)
    assert [one.slug for one in catalog.list()] == ["good"]
    assert catalog.get("good")
    files = {Path(one.file).name: one for one in catalog.problems()}
    assert set(files) == {
        "binary.toml",
        "empty.toml",
        "deep.toml",
        "huge.toml",
        "folder.toml",
        "gone.toml",
        "other-name.toml",
    }
    assert files["binary.toml"].line == 2


def test_a_missing_folder_is_a_problem_and_no_more(
    make: Callable[..., TomlPromptCatalog], tmp_path: Path
) -> None:
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    write_app(shipped, "good")
    catalog = make(shipped, tmp_path / "nowhere")
    assert [one.slug for one in catalog.list()] == ["good"]
    assert "nowhere" in catalog.problems()[0].file


def test_a_users_file_takes_the_place_of_a_shipped_one_if_it_is_sound(
    make: Callable[..., TomlPromptCatalog], clock: Clock, tmp_path: Path
) -> None:
    shipped, own = tmp_path / "shipped", tmp_path / "own"
    shipped.mkdir()
    own.mkdir()
    write_app(shipped, "demo")
    path = write_app(own, "demo", ('title = "Demo"', 'title = "Mine"'))
    catalog = make(shipped, own)
    assert catalog.get("demo").title == "Mine"
    assert len(catalog.list()) == 1
    path.unlink()
    (own / "demo.toml").write_text("broken")
    clock.now += 2
    assert catalog.get("demo").title == "Mine"
    assert make(shipped, own).get("demo").title == "Demo"


@pytest.mark.parametrize("slug", ["", "..", "../demo", "demo.toml", "/etc/passwd", "DEMO"])
def test_a_slug_is_never_a_path(
    make: Callable[..., TomlPromptCatalog], tmp_path: Path, slug: str
) -> None:
    write_app(tmp_path, "demo")
    with pytest.raises(NotFound) as caught:
        make(tmp_path).get(slug)
    assert caught.value.code == "app_not_found"


def test_hidden_and_other_files_are_not_read(
    make: Callable[..., TomlPromptCatalog], tmp_path: Path
) -> None:
    (tmp_path / ".draft.toml").write_text(APP)
    (tmp_path / "notes.md").write_text("x")
    catalog = make(tmp_path)
    assert not catalog.list()
    assert not catalog.problems()
