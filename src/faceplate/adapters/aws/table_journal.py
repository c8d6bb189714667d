"""Steps too large for one transaction, by way of a journal in the table.

Such a step is first written down as parts, then declared valid by one item, the head, and only
then carried out; a process that dies before the head has changed nothing, one that dies after it
leaves a step that `recover` ends. A part leaves the journal in the same transaction that carries it
out, so that none is carried out twice, and every write of it asks that its item be as it was found:
what somebody else changes meanwhile stays as they left it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from faceplate.adapters.aws.clients import AwsClients
from faceplate.adapters.aws.errors import translated
from faceplate.adapters.aws.table_schema import HASH_KEY, RANGE_KEY
from faceplate.adapters.aws.table_steps import (
    CONFLICT,
    MAX_ACTIONS,
    SERVICE,
    Write,
    action,
    as_seen,
    conflict,
    size_bytes,
    wire_key,
)
from faceplate.adapters.aws.values import Item, from_wire, to_wire
from faceplate.domain.errors import Busy

PART_BYTES = 300_000
"""An item of DynamoDB has at most 400 KB."""
JOURNAL = "#journal"
_WRITES = MAX_ACTIONS - 2
"""Of a part; the journal's own two items are in the transaction as well."""
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
        parts = list(_parts(_shared_first(self._as_found(writes))))
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
        head = {HASH_KEY: JOURNAL, RANGE_KEY: step, "At": now, "Parts": len(parts)}
        # Parts that lay here for long without a head have been cleared away.
        self._transact(
            [{"Put": {"TableName": self._table, "Item": to_wire(head)}}, self._check(step, 0)]
        )
        try:
            self._carry_out(parts[0], step, 0)
        except Busy as exc:
            if exc.code != CONFLICT or self._call_off(step, len(parts)):
                raise
        for number, part in enumerate(parts[1:], 1):
            self._end(part, step, number)
        self._remove(step)

    def _carry_out(self, writes: Sequence[Write], step: str, number: int) -> None:
        """Write a part and strike it out of the journal, in one transaction.

        Raises:
            Busy: An item has changed since, or the part is not there to be carried out any more
                (code ``write_conflict``).
        """
        self._transact(
            [
                self._strike(_part_key(step, number)),
                self._check(step),
                *(action(self._table, one, step, as_seen(one)) for one in writes),
            ]
        )

    def _end(self, part: Sequence[Write], step: str, number: int) -> None:
        """Carry out a part of a valid step, unless that was done; leave alone what has changed."""
        left = list(part)
        while True:
            try:
                self._carry_out(left, step, number)
            except Busy as exc:
                if exc.code != CONFLICT:
                    raise
                if not (self._is_there(_part_key(step, number)) and self._is_there(step)):
                    return
                now = self._revisions(left) if left else {}
                left = [one for one in left if now.get(one.key) == one.revision]
            else:
                return

    def _call_off(self, step: str, parts: int) -> bool:
        """Take back a step of which nothing was carried out; tell whether that was so."""
        try:
            self._transact([self._strike(step), self._strike(_part_key(step, 0))])
        except Busy as exc:
            if exc.code != CONFLICT:
                raise
            return False  # somebody else is ending it
        for number in range(1, parts):
            self._remove(_part_key(step, number))
        return True

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
        heads = [one[RANGE_KEY] for one in old if "Parts" in one]
        for entry in old:
            step, _, number = entry[RANGE_KEY].partition("/")
            if number and step in heads:
                self._end([_from_journal(raw) for raw in entry["Writes"]], step, int(number))
            elif number:
                self._clear_away(step, int(number))
        for step in heads:
            self._remove(step)
        return len(heads)

    def _clear_away(self, step: str, number: int) -> None:
        """Remove a part that no head has declared valid."""
        nobody = self._check(step)
        nobody["ConditionCheck"]["ConditionExpression"] = f"attribute_not_exists({HASH_KEY})"
        try:
            self._transact([self._strike(_part_key(step, number)), nobody])
        except Busy as exc:
            if exc.code != CONFLICT:
                raise

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

    def _put(self, item: Item) -> None:
        with translated(SERVICE):
            self._clients.dynamodb.put_item(TableName=self._table, Item=to_wire(item))

    def _is_there(self, range_key: str) -> bool:
        with translated(SERVICE):
            answer = self._clients.dynamodb.get_item(
                TableName=self._table, Key=_journal_key(range_key), ConsistentRead=True
            )
        return "Item" in answer

    def _strike(self, range_key: str) -> dict[str, Any]:
        """Return the action that removes an entry of the journal, which must be there."""
        return {"Delete": self._check(range_key)["ConditionCheck"]}

    def _check(self, step: str, number: int | None = None) -> dict[str, Any]:
        """Return the action that asks for a head, or for a part, to be there."""
        range_key = step if number is None else _part_key(step, number)
        return {
            "ConditionCheck": {
                "TableName": self._table,
                "Key": _journal_key(range_key),
                "ConditionExpression": f"attribute_exists({HASH_KEY})",
            }
        }

    def _remove(self, range_key: str) -> None:
        with translated(SERVICE):
            self._clients.dynamodb.delete_item(TableName=self._table, Key=_journal_key(range_key))


def _journal_key(range_key: str) -> dict[str, Any]:
    return to_wire({HASH_KEY: JOURNAL, RANGE_KEY: range_key})


def _shared_first(writes: Sequence[Write]) -> list[Write]:
    """Put first what other steps write as well: sets, pictures, people; then single faces.

    Only the first part can still be refused as a whole.
    """
    return sorted(writes, key=lambda one: not one.key[0].startswith("#"))


def _part_key(step: str, number: int) -> str:
    return f"{step}/{number:06}"


def _parts(writes: Sequence[Write]) -> Iterator[list[Write]]:
    part: list[Write] = []
    size = 0
    for write in writes:
        more = size_bytes(write)
        if part and (size + more > PART_BYTES or len(part) == _WRITES):
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
