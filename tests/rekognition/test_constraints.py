"""Both sides of every limit of the service model, sent over the wire."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from botocore.exceptions import ClientError

from aws_constraints import (
    PATTERNS,
    TABLE,
    Constraint,
    constraints,
    inside,
    outside,
    raw_shape,
    request,
    table,
)
from aws_serving import AwsServing

BY_HAND = {"type", "required", "base64"}
"""What botocore would not send."""

REFUSED = "Request has invalid parameters. "


def ask(aws: AwsServing, client: Any, constraint: Constraint, value: Any) -> tuple[str | None, str]:
    """Send a request by boto3 where it can be; return the exception and its message."""
    members = request(constraint, value)
    if constraint.rule in BY_HAND:
        answer = aws.call(constraint.operation, members)
        return answer.code, answer.message
    try:
        client._make_api_call(constraint.operation, _for_boto3(members))
    except ClientError as exc:
        return exc.response["Error"]["Code"], exc.response["Error"]["Message"]
    return None, ""


def _for_boto3(members: Any) -> Any:
    """Turn base64 into the bytes that boto3 wants."""
    if isinstance(members, dict):
        return {
            name: base64.b64decode(one) if name == "Bytes" else _for_boto3(one)
            for name, one in members.items()
        }
    return members


@pytest.mark.parametrize("constraint", constraints(), ids=str)
def test_kept(aws: AwsServing, client: Any, constraint: Constraint) -> None:
    for value in inside(constraint):
        code, message = ask(aws, client, constraint, value)
        assert not (message.startswith(REFUSED) and f"{constraint.named}: " in message), value
        assert code not in {"InternalServerError", "SerializationException"}


@pytest.mark.parametrize("constraint", [one for one in constraints() if outside(one)], ids=str)
def test_broken(aws: AwsServing, client: Any, constraint: Constraint) -> None:
    for value in outside(constraint):
        code, message = ask(aws, client, constraint, value)
        if not constraint.path:
            assert code == "SerializationException"
        elif constraint.rule == "max" and raw_shape(constraint.shape)["type"] == "blob":
            assert code == "ImageTooLargeException"
            assert f"{constraint.named}: " in message
        else:
            assert code == "InvalidParameterException", (value, message)
            assert message.startswith(f"{REFUSED}{constraint.named}: "), value
            assert _rule_text(constraint) in message


def _rule_text(constraint: Constraint) -> str:
    """What the message has to say about the rule."""
    rule, limit = constraint.rule, constraint.limit
    if rule in {"min", "max"}:
        return f"the {rule}imum {limit}"
    return {
        "pattern": f"does not match the pattern {limit}",
        "enum": f"is not one of {', '.join(limit)}" if rule == "enum" else "",
        "base64": "is not base64",
        "required": "is required",
        "type": " ",
    }[rule]


def test_every_pattern_has_texts_on_both_sides() -> None:
    assert {one.limit for one in constraints() if one.rule == "pattern"} == set(PATTERNS)


def test_the_table_of_rules_and_tests_is_up_to_date() -> None:
    assert TABLE.read_text(encoding="utf-8") == table()
