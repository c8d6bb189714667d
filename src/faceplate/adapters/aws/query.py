"""Free queries over the faces of one collection, as PartiQL on an index of the table.

Fences: the statement is written anew from known words (`query_words`); it reads one index, under a
condition on the collection that the caller cannot touch; reading stops at a deadline and at a size.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from faceplate.adapters.aws.query_words import Path, Question, quoted, read_question
from faceplate.adapters.aws.records_items import may_exist
from faceplate.adapters.aws.table import DynamoTable
from faceplate.adapters.aws.table_schema import BY_COLLECTION
from faceplate.adapters.aws.values import Item, Wire
from faceplate.domain.errors import InvalidQuery
from faceplate.ports.records import QueryResult

DEADLINE_S = 2.0
MAX_RESULT_BYTES = 4_000_000
"""A function answers with 6 MB at most."""
_PAGE = 500


def run_query(
    table: DynamoTable,
    collection_id: str,
    statement: str,
    *,
    limit: int,
    clock: Callable[[], float] = time.monotonic,
) -> QueryResult:
    """Run one SELECT over the faces of a collection.

    Raises:
        InvalidQuery: Not one SELECT over the offered columns, or it ran for more than 2 s (code
            ``query_too_slow``).
    Cost: reads every face of the collection until ``limit`` rows are found.
    """
    question = read_question(statement)
    columns = [_title(path) for path in question.paths]
    rows: list[list[object]] = []
    left_bytes = MAX_RESULT_BYTES
    if may_exist(collection_id):
        for item in _items(table, collection_id, question, clock):
            row = [_shown(item, path) for path in question.paths]
            left_bytes -= sum(len(value) if isinstance(value, str) else 8 for value in row)
            if len(rows) == limit or left_bytes < 0:
                return QueryResult(columns, rows, truncated=True)
            rows.append(row)
    return QueryResult(columns, rows, truncated=False)


def _items(
    table: DynamoTable, collection_id: str, question: Question, clock: Callable[[], float]
) -> Iterator[Item]:
    wanted = dict.fromkeys(quoted(path[:1]) for path in question.paths)
    condition = f" AND ({question.condition})" if question.condition else ""
    statement = (
        f'SELECT {", ".join(wanted)} FROM "{table.name}"."{BY_COLLECTION}" '  # noqa: S608 - ours
        f'WHERE "CollectionId" = ?{condition}'
    )
    parameters: list[Wire] = [{"S": collection_id}, *question.parameters]
    deadline = clock() + DEADLINE_S
    for page in table.execute(statement, parameters, page=_PAGE):
        yield from page
        if clock() > deadline:
            raise InvalidQuery(
                f"The query ran for more than {DEADLINE_S:g} s.", code="query_too_slow"
            )


def _title(path: Path) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)[1:]


def _shown(item: Item, path: Path) -> object:
    """Follow a path into an item; parts with parts of their own are shown as JSON."""
    value: Any = item
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return value
