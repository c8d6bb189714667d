import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROUNDS = 120


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_service_killed_at_any_instant_keeps_its_word(tmp_path: Path) -> None:
    script = Path(__file__).with_name("kill_rounds.py")
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path), str(ROUNDS)],
        check=False,
        capture_output=True,
        text=True,
        # One thread each: a process that forks must not have others.
        env={
            **os.environ,
            "PYTHONPATH": str(script.parents[1]),
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
        },
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["problems"] == [], done.stderr
    assert report["rounds"] == ROUNDS
    assert report["acknowledged"] > ROUNDS
    assert report["interrupted"] > ROUNDS // 8
