"""Tell MkDocs the order of the pages: the four kinds of documentation, then decisions.

A page is in the navigation by lying in its folder, under the title of its first heading.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

FOLDERS = ("tutorials", "how-to", "reference", "explanation", "decisions")
TITLES = {"how-to": "How-to guides"}


def on_config(config: Any) -> Any:
    """Put the navigation together."""
    docs = Path(config["docs_dir"])
    config["nav"] = [{"Faceplate": "index.md"}] + [
        {TITLES.get(folder, folder.capitalize()): _pages(docs, folder)} for folder in FOLDERS
    ]
    return config


def _pages(docs: Path, folder: str) -> list[str]:
    pages = sorted((docs / folder).glob("*.md"), key=_order)
    return [page.relative_to(docs).as_posix() for page in pages]


def _order(page: Path) -> tuple[bool, str]:
    """Order decisions by number, and everything else by title, with what is first in front."""
    title = page.read_text(encoding="utf-8").split("\n", 1)[0]
    return (
        not page.stem.startswith("first"),
        page.stem if page.parent.name == "decisions" else title,
    )
