"""Two installations in one account: neither reaches into the other's collections."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from aws_building import Installation
from aws_serving import AwsServing
from build import ANA, BEN, draw
from emulators import REGION
from faceplate.adapters.aws.clients import AwsClients
from faceplate.adapters.aws.ownership import is_ours
from faceplate.domain.collections import Collection
from faceplate.domain.errors import InvalidParameter

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("collection_id", "ours"),
    [
        ("faceplate", True),
        ("faceplate.staff", True),
        ("faceplate-prod", False),
        ("faceplate-prod.staff", False),
        ("face", False),
        ("Faceplate.staff", False),
    ],
)
def test_a_name_says_whose_a_collection_is(collection_id: str, ours: bool) -> None:
    assert is_ours(collection_id, "faceplate") is ours


def test_anothers_collection_is_neither_taken_over_nor_repaired(
    installation: Installation,
) -> None:
    application, parts = installation.start()
    parts.calls.create_collection("faceplate-prod", {})
    parts.calls.index_faces("faceplate-prod", draw(BEN), ExternalImageId="b.png")
    with pytest.raises(InvalidParameter) as caught:
        application.faces.index("a.png", draw(ANA), collection_id="faceplate-prod")
    assert caught.value.details == {"parameter": "collection_id"}
    assert parts.records.get_collection("faceplate-prod") is None
    # One that an earlier version took over is left alone as well.
    parts.records.put_collection(
        Collection("faceplate-prod", "rekognition@7.0", parts.runtime.now())
    )
    assert dict(parts.reconciliation.run()) == {}
    assert len(list(parts.calls.faces("faceplate-prod"))) == 1
    application.faces.index("a.png", draw(ANA), collection_id="faceplate.staff")


def test_what_callers_made_goes_with_the_stack(
    rekognition: AwsClients, rekognition_server: AwsServing, tmp_path: Path
) -> None:
    for name in ("faceplate", "faceplate.a", "faceplate.b", "faceplate-prod", "faceplate-prod.a"):
        rekognition.rekognition.create_collection(CollectionId=name)
    (tmp_path / "scripts").mkdir()
    (tmp_path / "terraform").mkdir()
    for name in ("remove_collections.py", "stack_state.py"):
        (tmp_path / "scripts" / name).write_text((ROOT / "scripts" / name).read_text())
    (tmp_path / "terraform" / "terraform.tfvars").write_text(
        f'account_id = "123456789012"\naws_region = "{REGION}"\n'
    )
    environment = {
        "AWS_ACCESS_KEY_ID": rekognition_server.access_key_id,
        "AWS_SECRET_ACCESS_KEY": rekognition_server.secret,
        "AWS_ENDPOINT_URL": rekognition_server.url,
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        script = str(tmp_path / "scripts" / "remove_collections.py")
        return subprocess.run(
            [sys.executable, script, *arguments],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    for unknown in ("", "Warning: no outputs"):
        assert run(unknown).returncode == 1
    done = run("faceplate")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "collection deleted with its faceprints: faceplate.a",
        "collection deleted with its faceprints: faceplate.b",
    ]
    left = rekognition.rekognition.list_collections()["CollectionIds"]
    assert sorted(left) == ["faceplate", "faceplate-prod", "faceplate-prod.a"]
