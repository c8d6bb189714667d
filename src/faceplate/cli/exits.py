"""Exit codes: one total table from error class to number, and the few that are no error."""

from __future__ import annotations

from faceplate.domain import errors

OK = 0
USAGE = 2
"""The command line itself was wrong; Typer's own code."""
SOME_REFUSED = 20
"""`index` or `import` went through, and some pictures were refused."""
PROBLEMS_FOUND = 21
"""`doctor` found something that needs mending."""
BELOW_BAR = 22
"""`apps eval` measured fewer passes than asked for."""
INTERRUPTED = 130
"""Ctrl-C; what was running was finished first."""

EXIT_CODES: dict[type[errors.FaceplateError], int] = {
    errors.FaceplateError: 1,
    errors.InvalidInput: 3,
    errors.InvalidParameter: 3,
    errors.InvalidImage: 3,
    errors.ImageTooLarge: 3,
    errors.InvalidQuery: 3,
    errors.NoFaceFound: 4,
    errors.Unauthenticated: 5,
    errors.Forbidden: 6,
    errors.NotFound: 7,
    errors.Conflict: 8,
    errors.DataFolderInUse: 8,
    errors.Unsupported: 9,
    errors.Busy: 10,
    errors.RateLimited: 10,
    errors.QuotaExceeded: 10,
    errors.StorageFailed: 11,
    errors.StorageFull: 11,
    errors.StorageCorrupt: 11,
    errors.UpstreamFailed: 12,
    errors.Misconfigured: 13,
    errors.ModelUnavailable: 14,
    errors.ModelCorrupt: 14,
}

MEANINGS: dict[int, str] = {
    OK: "done",
    1: "internal error",
    USAGE: "wrong command line",
    3: "input refused",
    4: "no face found",
    5: "no valid API key",
    6: "the key may not do this",
    7: "not found",
    8: "conflict, or data folder in use",
    9: "unsupported",
    10: "busy, rate or quota",
    11: "storage",
    12: "server unreachable or failing",
    13: "settings",
    14: "model weights",
    SOME_REFUSED: "some pictures refused",
    PROBLEMS_FOUND: "doctor found problems",
    BELOW_BAR: "too few apps passed",
    INTERRUPTED: "interrupted",
}


def exit_code(error: errors.FaceplateError) -> int:
    """Return the exit code of an error: its own class's, or that of the nearest one above."""
    return next(EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES)


def describe_exit_codes() -> str:
    """Return all codes in one line, for the help text."""
    return ", ".join(f"{code} {meaning}" for code, meaning in MEANINGS.items())
