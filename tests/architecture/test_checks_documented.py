"""Every check has its place on the page for those who write applications."""

import re
from pathlib import Path

from faceplate.adapters.checks.checks import CHECKS

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "write-an-application.md"


def test_every_check_is_named_and_no_other() -> None:
    table = PAGE.read_text(encoding="utf-8").split("| about | checks |")[1].split("\n\n")[0]
    assert sorted(re.findall(r"`(\w+)`", table)) == sorted(CHECKS)
