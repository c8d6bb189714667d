"""Read a query by people we do not trust, and say it again in words of our own.

    SELECT * | column, …  FROM faces  [WHERE condition]  [ORDER BY FaceId]

A statement is cut into words; each must be known. Columns come from a list, literals become
parameters, and the rest of the statement that is sent is written here, so nothing of what the
caller typed reaches DynamoDB as text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NoReturn, TypeAlias

from faceplate.adapters.aws.values import Wire
from faceplate.domain.errors import InvalidQuery

COLUMNS = (
    "FaceId",
    "ImageId",
    "ExternalImageId",
    "Confidence",
    "UserId",
    "BoundingBox",
    "IndexFacesModelVersion",
    "Landmarks",
    "Pose",
    "Quality",
    "AgeRange",
    "Gender",
    "image_key",
    "metadata",
    "created_at",
    "bucket",
)
"""The columns of the local view, and the bucket."""

MAX_STATEMENT_CHARS = 8192
"""Source: ExecuteStatement's limit."""
MAX_DEPTH = 20
MAX_DIGITS = 38
LARGEST_NUMBER = 9.9e125
"""Source: DynamoDB's limits of numbers."""

_WORD = re.compile(
    r"""\s*(?:
        (?P<text>'(?:[^']|'')*')
      | (?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?)
      | (?P<name>[A-Za-z_]\w*|"[A-Za-z_]\w*")
      | (?P<sign><=|>=|<>|!=|[=<>(),.*\[\]])
    )""",
    re.VERBOSE,
)
_COMPARISONS = {"=", "<>", "!=", "<", "<=", ">", ">="}
_FUNCTIONS = {"begins_with": 2, "contains": 2, "attribute_type": 2, "size": 1}
_BY_LOWER = {column.lower(): column for column in COLUMNS}


Path: TypeAlias = tuple[str | int, ...]
"""A column and the way into its value: ``("Landmarks", 0, "X")``."""


@dataclass(frozen=True, slots=True)
class Question:
    """A statement that was understood: which paths to show, and under which condition.

    A path begins with a column; ``condition`` has a ``?`` for each of the ``parameters``.
    """

    paths: Sequence[Path]
    condition: str
    parameters: Sequence[Wire]


@dataclass(slots=True)
class _Reader:
    words: list[tuple[str, str]]
    at: int = 0
    depth: int = 0
    parameters: list[Wire] = field(default_factory=list)

    # words

    def next_is(self, *wanted: str) -> bool:
        kind, word = self.words[self.at]
        return kind in {"name", "sign"} and word.lower() in wanted

    def take(self, *wanted: str) -> str | None:
        if self.next_is(*wanted):
            self.at += 1
            return self.words[self.at - 1][1].lower()
        return None

    def must(self, *wanted: str) -> str:
        found = self.take(*wanted)
        if found is None:
            refuse()
        return found

    def kind(self) -> str:
        return self.words[self.at][0]

    def pull(self) -> str:
        self.at += 1
        return self.words[self.at - 1][1]

    # parts of a statement

    def question(self) -> Question:
        self.must("select")
        paths = self.columns()
        self.must("from")
        self.must("faces", '"faces"')
        condition = self.either() if self.take("where") else ""
        if self.take("order"):
            self.must("by")
            if self.path() != ("FaceId",):
                refuse("On AWS faces can be ordered by FaceId alone.")
            self.take("asc")
        if self.kind() != "end":
            refuse()
        return Question(paths, condition, self.parameters)

    def columns(self) -> Sequence[Path]:
        if self.take("*"):
            return [(column,) for column in COLUMNS]
        found = [self.path()]
        while self.take(","):
            found.append(self.path())
        return found

    def path(self) -> Path:
        """Read a column, and what of it: ``Pose.Yaw``, ``Landmarks[0].X``."""
        name = self.name()
        column = _BY_LOWER.get(name.lower())
        if column is None:
            refuse(f"There is no column {name[:100]} in faces.")
        path: list[str | int] = [column]
        while len(path) <= MAX_DEPTH:
            if self.take("."):
                path.append(self.name())
            elif self.take("["):
                number = self.pull()
                if not (number.isascii() and number.isdigit() and len(number) <= 3):
                    refuse()
                self.must("]")
                path.append(int(number))
            else:
                return tuple(path)
        return refuse()

    def name(self) -> str:
        if self.kind() != "name":
            refuse()
        return self.pull().strip('"')

    # conditions

    def either(self) -> str:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            refuse("The condition is nested too deeply.")
        parts = [self.both()]
        while self.take("or"):
            parts.append(self.both())
        self.depth -= 1
        return parts[0] if len(parts) == 1 else f"({' OR '.join(parts)})"

    def both(self) -> str:
        parts = [self.one()]
        while self.take("and"):
            parts.append(self.one())
        return " AND ".join(parts)

    def one(self) -> str:
        if self.take("not"):
            self.depth += 1
            if self.depth > MAX_DEPTH:
                refuse("The condition is nested too deeply.")
            inner = self.one()
            self.depth -= 1
            return f"NOT ({inner})"
        if self.take("("):
            inner = self.either()
            self.must(")")
            return f"({inner})"
        return self.comparison()

    def comparison(self) -> str:
        left, is_whole = self.term()
        if is_whole:
            return left
        if self.take("is"):
            # What a face has not is not stored at all.
            form = "IS NOT MISSING" if self.take("not") else "IS MISSING"
            self.must("missing", "null")
            return f"{left} {form}"
        negated = self.take("not")
        if self.take("in"):
            test = f"{left} IN {self.values()}"
            return f"NOT ({test})" if negated else test
        if self.take("between"):
            low = self.literal()
            self.must("and")
            test = f"{left} BETWEEN {low} AND {self.literal()}"
            return f"NOT ({test})" if negated else test
        if negated:
            refuse()
        sign = self.must(*_COMPARISONS)
        return f"{left} {'<>' if sign == '!=' else sign} {self.literal()}"

    def term(self) -> tuple[str, bool]:
        """Read what stands left of a comparison; True when it is a condition by itself."""
        kind, word = self.words[self.at]
        name = word.lower()
        if kind == "name" and name in _FUNCTIONS:
            self.at += 1
            self.must("(")
            inside = quoted(self.path())
            if _FUNCTIONS[name] == 2:
                self.must(",")
                inside += f", {self.literal()}"
            self.must(")")
            return f"{name}({inside})", name != "size"
        return quoted(self.path()), False

    def values(self) -> str:
        self.must("(", "[")
        found = [self.literal()]
        while self.take(","):
            found.append(self.literal())
        self.must(")", "]")
        return "[" + ", ".join(found) + "]"

    def literal(self) -> str:
        kind, word = self.words[self.at]
        if kind == "text":
            self.parameters.append({"S": word[1:-1].replace("''", "'")})
        elif kind == "number":
            self.parameters.append({"N": _number(word)})
        elif kind == "name" and word.lower() in {"true", "false"}:
            self.parameters.append({"BOOL": word.lower() == "true"})
        else:
            refuse()
        self.at += 1
        return "?"


def read_question(statement: str) -> Question:
    """Understand a statement.

    Raises:
        InvalidQuery: Not one SELECT over the offered columns in the offered form.
    """
    if len(statement) > MAX_STATEMENT_CHARS:
        refuse(f"A query has at most {MAX_STATEMENT_CHARS:,} characters.")
    words: list[tuple[str, str]] = []
    text, at = statement.strip(), 0
    while at < len(text):
        match = _WORD.match(text, at)
        if match is None:
            refuse()
        words.append((str(match.lastgroup), match[match.lastgroup or 0]))
        at = match.end()
    words.append(("end", ""))
    return _Reader(words).question()


def quoted(path: Path) -> str:
    """Write a path as PartiQL does."""
    steps = (f"[{step}]" if isinstance(step, int) else f'."{step}"' for step in path)
    return "".join(steps).removeprefix(".")


def refuse(message: str | None = None) -> NoReturn:
    """Raise `InvalidQuery`."""
    raise InvalidQuery(
        message
        or "On AWS a query is one SELECT of columns FROM faces, with WHERE and ORDER BY FaceId."
    )


def _number(word: str) -> str:
    if abs(float(word)) > LARGEST_NUMBER or len(word) > MAX_DIGITS:
        refuse()
    return word.lstrip("+")
