"""What the functions of the AWS stack may do, as its files say it."""

from __future__ import annotations

import re

from terraform_running import STACK

_OTHER_NAMES = {
    ("s3", "head_object"): {"GetObject"},
    ("s3", "head_bucket"): {"ListBucket"},
    ("s3", "list_objects_v2"): {"ListBucket"},
    ("s3", "generate_presigned_url"): {"GetObject", "PutObject"},
    ("dynamodb", "execute_statement"): {"PartiQLSelect"},
    ("dynamodb", "transact_write_items"): {
        "ConditionCheckItem",
        "DeleteItem",
        "PutItem",
        "UpdateItem",
    },
}
"""Calls whose action has another name. Source: the service authorization reference of AWS."""


def actions(service: str, call: str) -> set[str]:
    """Return the actions that a call of boto3 needs."""
    plain = {"".join(part.title() for part in call.split("_"))}
    return {f"{service}:{one}" for one in _OTHER_NAMES.get((service, call), plain)}


def statements(function: str) -> list[tuple[set[str], str]]:
    """Return the statements of a function's policy: actions, and the text of their resources."""
    text = (STACK / f"{function}.tf").read_text()
    policy = text[text.index(f'data "aws_iam_policy_document" "{function}"') :]
    return [
        (set(re.findall(r'"(\w+:\w+)"', block)), block[block.index("resources") :])
        for block in policy.split("statement {")[1:]
    ]


def granted(function: str) -> set[str]:
    """Return every action of a function but those of logging."""
    return {one for found, _ in statements(function) for one in found} - {
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    }
