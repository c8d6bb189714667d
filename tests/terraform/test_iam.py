"""What the functions may do is what the code does: named actions on our own things, and no more."""

from __future__ import annotations

import ast
import re

import pytest

from stack_rights import actions, granted, statements
from terraform_running import ROOT, STACK

ADAPTERS = ROOT / "src" / "faceplate" / "adapters" / "aws"
CALLERS = frozenset({"_call", "_pages", "_unless_refused"})
SERVICES = frozenset({"dynamodb", "rekognition", "s3", "ssm"})

# Actions for which AWS has no resource to name.
ANY_RESOURCE = {"rekognition:CompareFaces", "rekognition:DetectFaces"}


def calls() -> set[str]:
    """Every action that the adapters need."""
    found = set()
    for path in sorted(ADAPTERS.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            name, owner = node.func.attr, node.func.value
            first = node.args[0] if node.args else None
            if name in CALLERS and isinstance(first, ast.Constant) and isinstance(first.value, str):
                found |= actions("rekognition", first.value)
            elif isinstance(owner, ast.Attribute) and owner.attr in SERVICES:
                found |= actions(owner.attr, name)
    return found


# The adapter can, and no caller of the API can make it: Rekognition's own protocol is not served.
NEVER_ASKED = {"rekognition:DeleteCollection"}


def test_faces_may_do_exactly_what_the_code_does() -> None:
    needed = {one for one in calls() if not one.startswith("ssm:")}
    assert granted("vision") == needed - NEVER_ASKED


def test_no_function_reaches_the_collections_of_another_stack() -> None:
    """`faceplate*` would be the beginning of `faceplate-prod` as well."""
    text = (STACK / "records.tf").read_text()
    assert 'collection_arns = [local.collection_arn, "${local.collection_arn}.*"]' in text
    for function in ("vision", "index"):
        for found, resources in statements(function):
            if {one for one in found if one.startswith("rekognition:")} - ANY_RESOURCE:
                assert "local.collection_arns\n" in resources
                assert "*" not in resources


def test_arrivals_may_do_less_and_take_messages() -> None:
    assert granted("index") - granted("vision") == {
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:ReceiveMessage",
    }
    assert not {one for one in granted("index") if "Collection" in one and "Delete" in one}


def test_language_may_count_and_read_one_secret() -> None:
    assert granted("text") - granted("vision") == {"ssm:GetParameter"}
    assert not {one for one in granted("text") if one.startswith(("s3:", "rekognition:"))}


@pytest.mark.parametrize("function", ["text", "vision", "index"])
def test_no_statement_names_everything(function: str) -> None:
    for found, resources in statements(function):
        assert found
        assert not {one for one in found if "*" in one}
        if '"*"' in resources:
            assert found == ANY_RESOURCE


def test_no_policy_grants_a_whole_service() -> None:
    granting = re.compile(r'actions\s*=\s*\[[^\]]*"[\w-]+:\*"')
    for path in STACK.glob("*.tf"):
        text = path.read_text()
        # The one "s3:*" denies what does not come over TLS.
        assert granting.search(text) is None or 'effect    = "Deny"' in text, path.name
