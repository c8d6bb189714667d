"""The stack's files: small, complete, and of one mind with the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from faceplate.adapters.aws.table_schema import HASH_KEY, INDEXES, RANGE_KEY
from faceplate.config import unknown_variables
from faceplate.http.app import HOT, NOUNS
from faceplate.http.routes import examples, usage
from faceplate.services.uploads import INBOX, PROMISED

STACK = Path(__file__).parents[2] / "terraform"
FILES = sorted(STACK.glob("*.tf"))
MAX_LINES = 200


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_files_are_small_and_everything_is_described(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= MAX_LINES
    for kind in ("variable", "output"):
        for block in re.findall(rf'{kind} "(\w+)" \{{\n(.*?)\n\}}', text, re.DOTALL):
            assert "description" in block[1], block[0]
            assert kind == "output" or "type" in block[1], block[0]


def test_three_values_are_all_that_must_be_given() -> None:
    text = "\n".join(path.read_text() for path in FILES)
    needed = {
        name
        for name, body in re.findall(r'variable "(\w+)" \{\n(.*?)\n\}', text, re.DOTALL)
        if not re.search(r"^  default", body, re.MULTILINE)
    }
    assert needed == {"account_id", "aws_region", "aws_profile"}
    example = (STACK / "terraform.tfvars.example").read_text()
    assert set(re.findall(r"^(\w+) +=", example, re.MULTILINE)) == needed


def test_the_table_is_the_one_of_the_code() -> None:
    text = (STACK / "records.tf").read_text()
    assert f'hash_key     = "{HASH_KEY}"' in text
    assert f'range_key    = "{RANGE_KEY}"' in text
    found = {
        name: (one, two) for name, one, two in re.findall(r'([\w-]+) += \["(\w+)", "(\w+)"\]', text)
    }
    assert found == INDEXES


def test_pictures_arrive_where_the_code_looks() -> None:
    for name in ("storage.tf", "arrivals.tf"):
        assert (STACK / name).read_text().count(f'["{PROMISED}", "{INBOX}"]') == 1


def test_the_functions_variables_are_settings() -> None:
    text = "\n".join((STACK / name).read_text() for name in ("names.tf", "secrets.tf"))
    names = re.findall(r"^ +(FACEPLATE_\w+) +=", text, re.MULTILINE)
    assert len(names) > 8
    assert unknown_variables(names) == []


def test_language_models_have_every_route_of_theirs_and_faces_none() -> None:
    text = (STACK / "routes.tf").read_text()
    listed = {
        path: set(re.findall(r'"(\w+)"', verbs))
        for path, verbs in re.findall(r'"(/v1/[^"]+)" += (\[[^\]]+\])', text)
    }
    served: dict[str, set[str]] = {}
    for routes in (*HOT, examples.routes, usage.routes):
        for spec in routes.specs:
            served.setdefault(in_gateway(spec.path, listed), set()).add(spec.method.lower())
    assert {path: verbs for path, verbs in listed.items() if path != "/v1/health"} == served


def in_gateway(path: str, listed: dict[str, set[str]]) -> str:
    """How the gateway's list writes a route's path: as it is, or as all below its noun."""
    return path if path in listed else "/".join(path.split("/")[:3]) + "/{proxy+}"


def test_what_is_open_needs_no_key_in_the_app_either() -> None:
    text = (STACK / "routes.tf").read_text()
    block = text[text.index("open_routes = {") : text.index("routes = merge")]
    paths = set(re.findall(r'"(/[^"]+)" ', block))
    keyless = {spec.path for noun in NOUNS for spec in noun.routes.specs if spec.scope is None}
    assert paths - {"/openapi.json"} <= keyless


def test_no_account_profile_or_secret_is_written_down() -> None:
    for path in STACK.rglob("*"):
        if path.is_file() and ".terraform" not in path.parts:
            text = path.read_text()
            assert not re.search(r"AKIA[A-Z0-9]{16}|sk-[A-Za-z0-9]{8}", text), path.name
            assert not re.search(r"\b(?!000000000000|123456789012)\d{12}\b", text), path.name
