"""Fail when the tests leave too much of the code unseen: the core needs 100 %, the rest 90 %."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

BARS = {"core (domain, services)": 100.0, "the rest": 90.0}


def main() -> int:
    """Combine what the processes of the test run recorded and compare with the bars."""
    coverage = [sys.executable, "-m", "coverage"]
    # pytest-cov has combined its own data already; "nothing to combine" is then no failure.
    subprocess.run([*coverage, "combine", "--append", "--quiet"], check=False, capture_output=True)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        # What an emulator unpacked and took away again has no source to show.
        command = [*coverage, "json", "--ignore-errors", "--quiet", "-o", str(report)]
        subprocess.run(command, check=True)
        files = json.loads(report.read_text())["files"]
    seen = dict.fromkeys(BARS, 0)
    total = dict.fromkeys(BARS, 0)
    for name, entry in files.items():
        in_core = "/domain/" in name or "/services/" in name
        part = "core (domain, services)" if in_core else "the rest"
        summary = entry["summary"]
        seen[part] += summary["covered_lines"] + summary["covered_branches"]
        total[part] += summary["num_statements"] + summary["num_branches"]
        if in_core and summary["percent_covered"] < 100:
            print(f"  {name}: lines {entry['missing_lines']}, branches {entry['missing_branches']}")
    failed = False
    for part, bar in BARS.items():
        share = 100.0 * seen[part] / max(1, total[part])
        failed |= share < bar
        print(f"coverage of {part}: {share:.1f} % (bar {bar:g} %)")
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
