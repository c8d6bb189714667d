"""The site builds without a warning, asks no other host, and no link of ours is dead."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OUTSIDE = re.compile(
    r"""(?:src|srcset)=["']?https?:|<link[^>]+href=["']?https?:|url\(["']?https?:"""
)
LINK = re.compile(r"(?<!\!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
PAGES = sorted(ROOT.glob("*.md"))


def built(folder: Path, config: Path = ROOT / "mkdocs.yml") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", str(config), "-d", str(folder)],
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_the_site_builds_and_asks_no_other_host(tmp_path: Path) -> None:
    done = built(tmp_path)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    pages = list(tmp_path.rglob("*.html"))
    assert len(pages) > 30
    files = [*pages, *tmp_path.rglob("*.css")]
    found = [path.name for path in files if OUTSIDE.search(path.read_text(encoding="utf-8"))]
    assert found == []
    index = json.loads((tmp_path / "search" / "search_index.json").read_text(encoding="utf-8"))
    assert any("rate_limited" in one["text"] for one in index["docs"])


def test_a_page_that_loads_from_elsewhere_would_be_found() -> None:
    assert OUTSIDE.search('<script src="https://cdn.example/x.js">')
    assert OUTSIDE.search('<link rel="stylesheet" href="https://fonts.example/x.css">')
    assert not OUTSIDE.search('<a href="https://example.com">')


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_of_pages_beside_the_site_lead_somewhere(page: Path) -> None:
    """MkDocs checks those inside docs/; these are the rest."""
    dead = []
    for groups in LINK.findall(page.read_text(encoding="utf-8")):
        target = (groups[0] or groups[1]).partition("#")[0]
        if target and not re.match(r"[a-z]+:", target) and not (page.parent / target).exists():
            dead.append(target)
    assert dead == []
