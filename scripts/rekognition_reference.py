"""Render docs/reference/rekognition.md from the service model and the table of what works.

`write_reference.py` writes and compares the page.
"""

from __future__ import annotations

from collections.abc import Mapping

from faceplate.http.rekognition.errors import BEFORE_ANY_OPERATION, BY_CLASS
from faceplate.http.rekognition.model import Model, OperationModel, Shape, load_model
from faceplate.http.rekognition.operations import OPERATIONS
from faceplate.http.rekognition.operations.exceptions import EXCEPTIONS
from faceplate.http.rekognition.operations.support import (
    FACE_DETAIL,
    OUTPUTS,
    PARAMETERS,
    Support,
)
from faceplate.http.rekognition.protocol import unsupported

NOTE = "<!-- Written by scripts/write_reference.py; change the code, not this page. -->\n"
COMMON = frozenset(
    {
        "AccessDeniedException",
        "InternalServerError",
        "InvalidParameterException",
        "ProvisionedThroughputExceededException",
        "ThrottlingException",
    }
)
_UNITS = {"string": "characters", "blob": "bytes", "list": "items", "map": "entries"}

_INTRODUCTION = """\
`POST /` of any Faceplate server speaks Amazon Rekognition's own protocol, AWS JSON 1.1 with
Signature Version 4: programs for Amazon Rekognition work when they are given the server's address
and an access key.

<!-- not run: it needs the AWS CLI; tests/rekognition/test_aws_cli.py runs these calls -->

```console
$ faceplate keys create --aws --json    # access_key_id, secret_access_key
$ export AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… AWS_DEFAULT_REGION=us-east-1
$ export AWS_ENDPOINT_URL_REKOGNITION=http://127.0.0.1:8000
$ aws rekognition list-collections
```

A key may read or write (`--scope`) and can be held to the collections whose id begins with a prefix
(`--collection-prefix`); what it may not do is `AccessDeniedException`. For automation,
`FACEPLATE_REKOGNITION__ACCESS_KEY_ID` and `FACEPLATE_REKOGNITION__SECRET_ACCESS_KEY` name a pair
that works from the start, with `FACEPLATE_REKOGNITION__SESSION_TOKEN` if it has one. Any region is
accepted and appears in ARNs; `FACEPLATE_REKOGNITION__REGION` demands one.

Every rule of the service model is checked, and a refusal names the member and the rule:
`Request has invalid parameters. MaxFaces: 0 is less than the minimum 1.` Each rule has its tests in
`tests/rekognition/constraints.md`. The table below is what works, operation by operation; *partial*
says what does not. The answer carries `x-amzn-RequestId`, which the log has too.
"""

_CONTRADICTIONS = """\
| where | Amazon says | here |
|---|---|---|
| `CreationTimestamp` | the model: milliseconds | seconds, which is what the SDKs read |
| thresholds | the model: 0 to 100; elsewhere 80 to 100 | 0 to 100 |
| names | `FaceDetail` in UnindexedFace, `FaceDetails` in UnsearchedFace; `CollectionArn` and \
`CollectionARN` | as the model has each |
| no face in the picture | SearchFacesByImage and CompareFaces: InvalidParameterException; \
SearchUsersByImage: an empty answer; DetectFaces, IndexFaces: nothing | DetectFaces and \
IndexFaces: an empty list |
| SearchFaces of a FaceId that is not there | ResourceNotFoundException; callers met \
InvalidParameterException | InvalidParameterException, in the words they met |
| MaxFaces, MaxUsers, MaxResults | no default | the greatest value the model allows |
| MaxUsers | the model: 500; the quotas: 4096 | 500 |
| the 101st face of a user | both an exception and an entry without a reason | an entry while any \
other face fits, else ServiceQuotaExceededException |
| UserStatus | CREATING and UPDATING are never explained | CREATED or ACTIVE; nothing is pending |
| LOW_FACE_QUALITY | never explained | too bright, or too poor to be compared |
| status of exceptions | the model: none | 400, and 500 for InternalServerError |
| broken rules | some are ValidationException, which no SDK has a class for | \
InvalidParameterException |
| a picture past 5 MB | a broken rule, and ImageTooLargeException | ImageTooLargeException |
| a throttled call | a plain 429 is not tried again by every SDK | 400 with the exception's name |
| reading after writing | eventually consistent in practice | what was answered is found |

The reasons are in `docs/decisions/0012-what-the-rekognition-protocol-takes.md` and
`0013-rekognition-where-the-documents-are-silent.md`.
"""


def rekognition_page() -> str:
    """Render the page."""
    model = load_model()
    parts = ["# Amazon Rekognition's protocol\n", NOTE, _INTRODUCTION, "## Operations\n"]
    parts += [
        f"Common to all: {', '.join(f'`{name}`' for name in sorted(COMMON))}, and those of "
        "signatures and bodies: `IncompleteSignatureException`, `InvalidSignatureException`, "
        "`MissingAuthenticationTokenException`, `UnrecognizedClientException`, "
        "`SerializationException`, `UnknownOperationException`.\n"
    ]
    for name, served in OPERATIONS.items():
        parts += _operation(model.operations[name], served.access, model)
    parts += ["## FaceDetail\n", *_table("member", FACE_DETAIL, {}), ""]
    parts += ["## Which exception stands for which code\n", *_exceptions(), ""]
    parts += ["## Operations that are not offered\n", _absent(model), ""]
    parts += ["## Where Amazon's documents disagree or are silent\n", _CONTRADICTIONS]
    return "\n".join(parts)


def _operation(operation: OperationModel, access: str, model: Model) -> list[str]:
    shape = model.shapes[operation.input]
    rules = {
        member: _rules(model, ref, required=member in shape.required)
        for member, ref in shape.members.items()
    }
    further = ", ".join(f"`{name}`" for name in sorted(operation.exceptions - COMMON)) or "none"
    rows = [
        f"### {operation.name}\n",
        f"Needs a key that may {access}. Further exceptions: {further}.\n",
        *_table("parameter", PARAMETERS[operation.name], rules),
        "",
    ]
    outputs = OUTPUTS[operation.name]
    return [*rows, *_table("output", outputs, {}), ""] if outputs else rows


def _table(head: str, members: Mapping[str, Support], rules: Mapping[str, str]) -> list[str]:
    wide = bool(rules)
    rows = [f"| {head} | rules | status | |" if wide else f"| {head} | status | |"]
    rows.append("|---|---|---|---|" if wide else "|---|---|---|")
    for name, support in members.items():
        middle = f" {rules[name]} |" if wide else ""
        rows.append(f"| `{name}` |{middle} {support.status.value} | {support.note} |")
    return rows


def _rules(model: Model, name: str, *, required: bool) -> str:
    shape = model.shapes[name]
    found = ["required"] if required else []
    found += [shape.kind, *_bounds(shape)]
    if shape.pattern:
        found.append(f"`{shape.pattern}`".replace("|", r"\|"))
    if shape.enum:
        found.append(" ".join(f"`{one}`" for one in shape.enum))
    if shape.item:
        of = f"of {_rules(model, shape.item, required=False)}"
        if shape.key:
            of = f"from {_rules(model, shape.key, required=False)} to {of.removeprefix('of ')}"
        found.append(of)
    return ", ".join(found)


def _bounds(shape: Shape) -> list[str]:
    least, most = shape.minimum, shape.maximum
    if least is None and most is None:
        return []
    unit = f" {_UNITS[shape.kind]}" if shape.kind in _UNITS else ""
    if most is None:
        return [f"{least:,}{unit} or more"]
    return [f"{least if least is not None else 0:,} to {most:,}{unit}"]


def _exceptions() -> list[str]:
    rows = ["| code | exception |", "|---|---|"]
    named = {**EXCEPTIONS, **BEFORE_ANY_OPERATION}
    rows += [f"| `{code}` | `{named[code]}` |" for code in sorted(named)]
    rows += [
        f"| any other {kind.__name__} | `{name}` |"
        for kind, name in sorted(BY_CLASS.items(), key=lambda row: row[0].__name__)
    ]
    return [*rows, "", "One that the operation does not document is `InvalidParameterException`."]


def _absent(model: Model) -> str:
    names = ", ".join(f"`{name}`" for name in unsupported(model))
    return (
        "Each is answered with `AccessDeniedException` and a message that names it: "
        f"{names}. A name the service does not have is `UnknownOperationException`."
    )
