"""Render docs/reference/errors.md: every code that a caller of any door can meet."""

from __future__ import annotations

import re
from pathlib import Path

from faceplate.cli.exits import EXIT_CODES, PROBLEMS_FOUND, SOME_REFUSED
from faceplate.domain import errors
from faceplate.domain.errors import FaceplateError
from faceplate.http.codes import CODES, ErrorCode
from faceplate.http.errors import STATUS
from faceplate.http.openai_errors import KNOWN_CODES

NOTE = "<!-- Written by scripts/write_reference.py; change the code, not this page. -->\n"
GATEWAY = Path(__file__).parents[1] / "terraform" / "api.tf"

COMMAND_CODES: dict[str, ErrorCode] = {
    # settings and files that are read at the start
    "data_folder_in_use": ErrorCode(
        errors.DataFolderInUse, "Another process owns the data folder: talk to it, or end it."
    ),
    "database_too_new": ErrorCode(
        errors.Misconfigured, "A newer version of Faceplate made the database."
    ),
    "manifest_invalid": ErrorCode(
        errors.Misconfigured,
        "A file of models, pictures or applications breaks its rules; the message says where.",
    ),
    "model_not_convertible": ErrorCode(
        errors.Misconfigured, "A weights file holds another network than its entry says."
    ),
    "provider_not_found": ErrorCode(errors.NotFound, "No provider of the settings has the name."),
    "setting_invalid": ErrorCode(
        errors.Misconfigured,
        "A setting breaks its rule; on AWS also a parameter of Systems Manager that is not there.",
    ),
    "setting_unknown": ErrorCode(
        errors.Misconfigured, "No setting has this name: look for a slip of the pen."
    ),
    # the network
    "address_unusable": ErrorCode(errors.Misconfigured, "`serve` cannot listen on this host."),
    "download_failed": ErrorCode(
        errors.UpstreamFailed, "No source has the model or picture; the message lists each."
    ),
    "port_in_use": ErrorCode(errors.Conflict, "Another program listens on the port: `--port`."),
    "server_unreachable": ErrorCode(errors.UpstreamFailed, "Nobody answers at `--url`."),
    "url_invalid": ErrorCode(errors.Misconfigured, "`--url` is no address of a server."),
    # files and input
    "disk_nearly_full": ErrorCode(
        FaceplateError, "`doctor`: little space is left.", PROBLEMS_FOUND
    ),
    "export_damaged": ErrorCode(errors.InvalidInput, "A picture in the exported file is broken."),
    "export_invalid": ErrorCode(errors.InvalidInput, "Not a file that `faces export` wrote."),
    "file_unreadable": ErrorCode(errors.InvalidInput, "A file cannot be read."),
    "file_unwritable": ErrorCode(errors.InvalidInput, "A file cannot be written."),
    "input_missing": ErrorCode(errors.InvalidInput, "No text was given, and none came on stdin."),
    "key_repeated": ErrorCode(
        FaceplateError,
        "`index`: two files would have the same key; give the folder above both.",
        SOME_REFUSED,
    ),
    "output_unwritable": ErrorCode(
        errors.StorageFailed, "Standard output is closed, or there is no space for it."
    ),
    "path_not_found": ErrorCode(errors.InvalidInput, "No file is there, or none fits a pattern."),
}
"""Codes of the start of Faceplate and of the command line; ``status`` is an exit code here."""

GATEWAY_MEANINGS: dict[str, str] = {
    "body_too_large": "More than the 10 MB that the gateway takes: `POST /v1/uploads`.",
    "deadline_exceeded": "No answer within `request_timeout_s`; what was begun may have been done.",
    "gateway_failed": "The function ended badly, or the gateway could not call it.",
    "gateway_key_invalid": "No `x-api-key`, or a key that is not in the usage plan.",
    "gateway_refused": "Anything else that the gateway refuses, as a path without its stage.",
    "quota_exceeded": "The day of the key's usage plan is used up.",
    "rate_limited": "Too many requests a second for the key, or for everybody together.",
}


def errors_page() -> str:
    """Render every error code with its status and meaning."""
    rows = [
        "# Errors\n",
        NOTE,
        "Every error of the REST API is `application/problem+json` (RFC 9457) with a stable `code` "
        "and the `request_id` that the log has too. `429` and `503` carry `Retry-After`. The "
        "exceptions of Amazon Rekognition's protocol are on [its own page](rekognition.md).\n",
        "| code | status | meaning |",
        "|---|---|---|",
    ]
    for code, entry in sorted(CODES.items()):
        rows.append(f"| `{code}` | {_status(entry)} | {entry.meaning} |")
    return "\n".join([*rows, *_openai(), *_gateway(), *_command_line()]) + "\n"


def _status(entry: ErrorCode) -> int:
    return entry.status or next(STATUS[kind] for kind in entry.error.__mro__ if kind in STATUS)


def _openai() -> list[str]:
    rows = [
        "\n## In OpenAI's shape\n",
        'The paths of OpenAI\'s API answer `{"error": {"message", "type", "param", '
        '"code"}}`, as its clients expect. The `code` is one of the table above, or what the '
        "provider said, or one of these, for which OpenAI has a name of its own:\n",
        "| code | status | stands for |",
        "|---|---|---|",
    ]
    for kind, code in sorted(KNOWN_CODES.items(), key=lambda one: one[1]):
        rows.append(f"| `{code}` | {STATUS[kind]} | `{kind.default_code}` |")
    return rows


def gateway_answers() -> dict[str, set[str]]:
    """Return what the gateway answers by itself: each code with its statuses."""
    listed = re.findall(
        r"^ +[A-Z0-9_]+ += \{ title = \"[^\"]+\", code = \"(\w+)\"(?:, status = (\d+))? \}",
        GATEWAY.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    found: dict[str, set[str]] = {}
    for code, status in listed:
        found.setdefault(code, set()).add(status)
    return found


def _gateway() -> list[str]:
    rows = [
        "\n## Of the gateway on AWS\n",
        "API Gateway refuses some requests before a function sees them. Its answers are problems "
        "as well, without `Retry-After`; where it keeps to its own status, none is given here.\n",
        "| code | status | meaning |",
        "|---|---|---|",
    ]
    for code, statuses in sorted(gateway_answers().items()):
        rows.append(
            f"| `{code}` | {', '.join(sorted(statuses - {''}))} | {GATEWAY_MEANINGS[code]} |"
        )
    return rows


def _command_line() -> list[str]:
    rows = [
        "\n## Of the command line\n",
        "`faceplate` prints the code in brackets after the sentence. It passes on those of the "
        "first table, and has these of its own; the number is the [exit code](cli.md#exit-codes). "
        "`serve`, and the functions on AWS, may end with one when they start.\n",
        "| code | exit | meaning |",
        "|---|---|---|",
    ]
    for code, entry in sorted(COMMAND_CODES.items()):
        number = entry.status or EXIT_CODES[entry.error]
        rows.append(f"| `{code}` | {number} | {entry.meaning} |")
    return rows
