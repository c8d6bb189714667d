"""Steps too large for one transaction, by way of a journal in the table.

Such a step is first written down as parts, then declared valid by one item, the head, and only
then carried out; a process that dies before the head has changed nothing, one that dies after it
leaves a step that `recover` ends.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from faceplate.adapters.aws.clients import AwsClients
from faceplate.adapters.aws.errors import error_code, translated
from faceplate.adapters.aws.table_schema import HASH_KEY, RANGE_KEY
from faceplate.adapters.aws.table_steps import (
    MAX_ACTIONS,
    SERVICE,
    Write,
    action,
    conflict,
    size_bytes,
    wire_key,
)
from faceplate.adapters.aws.values import Item, from_wire, to_wire

PART_BYTES = 300_000
"""An item of DynamoDB has at most 400 KB."""
JOURNAL = "#journal"
ABANDONED_S = 120.0
"""How old a step must be before another process ends it."""


class Journal:
    """Write large steps; ``transact`` carries out up to a hundred actions as one."""

    def __init__(
        self,
        clients: AwsClients,
        table: str,
        transact: Callable[[Sequence[dict[str, Any]]], None],
    ) -> None:
        self._clients = clients
        self._table = table
        self._transact = transact

    def write(self, writes: Sequence[Write], step: str) -> None:
        """Write everything or nothing.

        Raises:
            Busy: An item is not at the revision that was seen (code ``write_conflict``).
        """
        parts = list(_parts(self._as_found(writes)))
        now = int(time.time())
        for number, part in enumerate(parts):
            self._put(
                {
                    HASH_KEY: JOURNAL,
                    RANGE_KEY: _part_key(step, number),
                    "At": now,
                    "Writes": [_to_journal(one) for one in part],
                }
            )
        self._put({HASH_KEY: JOURNAL, RANGE_KEY: step, "At": now, "Parts": len(parts)})
        for part in parts:
            self._transact([action(self._table, one, step) for one in part])
        self._forget(step, len(parts))

    def _as_found(self, writes: Sequence[Write]) -> list[Write]:
        """Return the writes with the revision that each of their items has now.

        Raises:
            Busy: One is not at the revision that was seen (code ``write_conflict``).
        """
        found: list[Write] = []
        for start in range(0, len(writes), MAX_ACTIONS):
            batch = writes[start : start + MAX_ACTIONS]
            revisions = self._revisions(batch)
            for write in batch:
                revision = revisions.get(write.key)
                if write.seen and revision != write.revision:
                    raise conflict()
                found.append(replace(write, seen=True, revision=revision))
        return found

    def _revisions(self, writes: Sequence[Write]) -> dict[tuple[str, str], str]:
        asked: Any = {"Keys": [wire_key(one) for one in writes], "ConsistentRead": True}
        asked["ProjectionExpression"] = f"{HASH_KEY}, {RANGE_KEY}, Revision"
        revisions: dict[tuple[str, str], str] = {}
        while asked:
            with translated(SERVICE):
                answer = self._clients.dynamodb.batch_get_item(RequestItems={self._table: asked})
            for wire in answer["Responses"].get(self._table, ()):
                item = from_wire(wire)
                revisions[item[HASH_KEY], item[RANGE_KEY]] = item.get("Revision", "")
            asked = answer.get("UnprocessedKeys", {}).get(self._table)
        return revisions

    def recover(self, *, min_age_s: float = ABANDONED_S) -> int:
        """End steps whose process has died, and forget those it never declared valid.

        What somebody else has written since then is left alone. Returns how many were ended.
        """
        entries = [from_wire(wire) for wire in self._journal()]
        old = [one for one in entries if one["At"] <= time.time() - min_age_s]
        heads = {one[RANGE_KEY]: one for one in old if "Parts" in one}
        for entry in old:
            step, _, number = entry[RANGE_KEY].partition("/")
            if number and step in heads:
                for raw in entry["Writes"]:
                    self._write_if_ours(_from_journal(raw), step)
        for step, head in heads.items():
            self._forget(step, head["Parts"])
        for entry in old:
            if "/" in entry[RANGE_KEY] and entry[RANGE_KEY].partition("/")[0] not in heads:
                self._remove(entry[RANGE_KEY])
        return len(heads)

    def _journal(self) -> Iterator[dict[str, Any]]:
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": f"{HASH_KEY} = :journal",
            "ExpressionAttributeValues": {":journal": {"S": JOURNAL}},
            "ConsistentRead": True,
        }
        while True:
            with translated(SERVICE):
                page = self._clients.dynamodb.query(**request)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _write_if_ours(self, write: Write, step: str) -> None:
        from botocore.exceptions import ClientError  # noqa: PLC0415

        allowed, values = [f"attribute_not_exists({HASH_KEY})", "Revision = :is"], {":is": step}
        if write.revision is not None:
            allowed[0], values[":was"] = "Revision = :was", write.revision
        condition = {
            "ConditionExpression": " OR ".join(allowed),
            "ExpressionAttributeValues": to_wire(values),
        }
        ((kind, request),) = action(self._table, write, step, condition).items()
        client = self._clients.dynamodb
        with translated(SERVICE):
            try:
                (client.put_item if kind == "Put" else client.delete_item)(**request)
            except ClientError as exc:
                if error_code(exc) != "ConditionalCheckFailedException":
                    raise

    def _put(self, item: Item) -> None:
        with translated(SERVICE):
            self._clients.dynamodb.put_item(TableName=self._table, Item=to_wire(item))

    def _forget(self, step: str, parts: int) -> None:
        """Remove the head first: parts without one mean nothing."""
        self._remove(step)
        for number in range(parts):
            self._remove(_part_key(step, number))

    def _remove(self, range_key: str) -> None:
        with translated(SERVICE):
            self._clients.dynamodb.delete_item(
                TableName=self._table, Key=to_wire({HASH_KEY: JOURNAL, RANGE_KEY: range_key})
            )


def _part_key(step: str, number: int) -> str:
    return f"{step}/{number:06}"


def _parts(writes: Sequence[Write]) -> Iterator[list[Write]]:
    part: list[Write] = []
    size = 0
    for write in writes:
        more = size_bytes(write)
        if part and (size + more > PART_BYTES or len(part) == MAX_ACTIONS):
            yield part
            part, size = [], 0
        part.append(write)
        size += more
    yield part


def _to_journal(write: Write) -> dict[str, Any]:
    return {
        "Key": list(write.key),
        "Item": write.item,
        "Seen": write.seen,
        "Was": write.revision,
    }


def _from_journal(raw: dict[str, Any]) -> Write:
    return Write((raw["Key"][0], raw["Key"][1]), raw["Item"], raw["Seen"], raw["Was"])
