"""Write many items as one step: a transaction, or a journal when there are too many for one.

A transaction of DynamoDB takes 100 items and 4 MB. What is larger is first written to the journal
as parts, then declared valid by one item, the head, and only then carried out; a process that dies
before the head has changed nothing, one that dies after it leaves a step that `recover` ends.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from faceplate.adapters.aws.clients import AwsClients
from faceplate.adapters.aws.errors import THROTTLED, error_code, throttled, translated
from faceplate.adapters.aws.table_schema import HASH_KEY, RANGE_KEY
from faceplate.adapters.aws.values import Item, from_wire, to_wire
from faceplate.domain.errors import Busy

SERVICE = "DynamoDB"
MAX_ACTIONS = 100
MAX_STEP_BYTES = 3_500_000
"""Source: TransactWriteItems takes 100 actions and 4 MB."""
PART_BYTES = 300_000
"""An item of DynamoDB has at most 400 KB."""
JOURNAL = "#journal"
ABANDONED_S = 120.0
"""How old a step must be before another process ends it."""
_PASSING = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
_TRIES = 10
_PAUSE_S = 0.03


CONFLICT = "write_conflict"
"""The code of `Busy` when somebody else changed what a step had read; nothing was written."""


@dataclass(frozen=True, slots=True)
class Write:
    """One item to put, or to delete when None; ``revision`` is what was ``seen`` of it before."""

    key: tuple[str, str]
    item: Item | None
    seen: bool
    revision: str | None


class TableWriter:
    """Carry out steps on one table."""

    def __init__(self, clients: AwsClients, table: str) -> None:
        self._clients = clients
        self._table = table

    def commit(self, writes: Sequence[Write]) -> None:
        """Write everything or nothing.

        Raises:
            Busy: An item is not at the revision that was seen (code ``write_conflict``), or
                DynamoDB is throttling.
        """
        if not writes:
            return
        step = uuid.uuid4().hex
        if len(writes) == 1:
            self._write_one(writes[0], step)
        elif len(writes) <= MAX_ACTIONS and sum(_size(one) for one in writes) <= MAX_STEP_BYTES:
            self.transact([self._action(one, step) for one in writes])
        else:
            self._write_journal(writes, step)

    # steps of one item and of up to a hundred

    def _write_one(self, write: Write, step: str) -> None:
        from botocore.exceptions import ClientError  # noqa: PLC0415 - loaded with the client

        ((kind, request),) = self._action(write, step).items()
        client = self._clients.dynamodb
        call = client.put_item if kind == "Put" else client.delete_item
        with translated(SERVICE):
            try:
                call(**request)
            except ClientError as exc:
                if error_code(exc) != "ConditionalCheckFailedException":
                    raise
                # A retry of the SDK meets what its first try has written.
                found = from_wire(exc.response.get("Item", {}))
                done = not found if write.item is None else found.get("Revision") == step
                if not done:
                    raise _conflict() from exc

    def transact(self, actions: Sequence[dict[str, Any]]) -> None:
        """Carry out up to 100 actions as one step; try again while others are in the way.

        Raises:
            Busy: A condition of an action does not hold (code ``write_conflict``), or DynamoDB is
                throttling.
        """
        from botocore.exceptions import ClientError  # noqa: PLC0415

        token = uuid.uuid4().hex  # tells DynamoDB that a retry is the same step
        for tried in range(_TRIES):
            with translated(SERVICE):
                try:
                    self._clients.dynamodb.transact_write_items(
                        TransactItems=list(actions), ClientRequestToken=token
                    )
                except ClientError as exc:
                    if not _may_be_tried_again(exc):
                        raise
                else:
                    return
            time.sleep(random.uniform(0, min(1.0, _PAUSE_S * 2**tried)))  # noqa: S311
        raise throttled(SERVICE)

    def _action(self, write: Write, step: str) -> dict[str, Any]:
        condition: dict[str, Any] = {}
        if write.seen and write.revision is None:
            condition = {"ConditionExpression": f"attribute_not_exists({HASH_KEY})"}
        elif write.seen:
            condition = {
                "ConditionExpression": "Revision = :was",
                "ExpressionAttributeValues": {":was": {"S": write.revision}},
            }
        if condition:
            condition["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        return self._unconditional(write, step, condition)

    def _unconditional(
        self, write: Write, step: str, condition: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        request = {"TableName": self._table, **(condition or {})}
        if write.item is None:
            return {"Delete": {**request, "Key": _key(write)}}
        return {"Put": {**request, "Item": to_wire({**write.item, "Revision": step})}}

    # larger steps

    def _write_journal(self, writes: Sequence[Write], step: str) -> None:
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
            self.transact([self._unconditional(one, step) for one in part])
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
                    raise _conflict()
                found.append(replace(write, seen=True, revision=revision))
        return found

    def _revisions(self, writes: Sequence[Write]) -> dict[tuple[str, str], str]:
        asked: Any = {"Keys": [_key(one) for one in writes], "ConsistentRead": True}
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
        ((kind, request),) = self._unconditional(write, step, condition).items()
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


def _may_be_tried_again(exc: Any) -> bool:
    """Judge a transaction that was refused.

    Raises:
        Busy: An item is not at the revision that was seen (code ``write_conflict``).
    """
    code = error_code(exc)
    if code != "TransactionCanceledException":
        return code in THROTTLED
    reasons = {reason.get("Code") for reason in exc.response.get("CancellationReasons", ())}
    if "ConditionalCheckFailed" in reasons:
        raise _conflict() from exc
    return bool(reasons & _PASSING)


def _conflict() -> Busy:
    return Busy("Somebody else changed this at the same time; try again.", code=CONFLICT)


def _key(write: Write) -> dict[str, Any]:
    return to_wire({HASH_KEY: write.key[0], RANGE_KEY: write.key[1]})


def _part_key(step: str, number: int) -> str:
    return f"{step}/{number:06}"


def _size(write: Write) -> int:
    """Estimate the bytes of a write, from above."""
    return 200 + _size_of(write.item)


def _size_of(value: Any) -> int:
    match value:
        case str():
            return 3 * len(value)
        case bytes():
            return len(value)
        case dict():
            return sum(3 * len(str(name)) + 3 + _size_of(each) for name, each in value.items())
        case list() | tuple() | set() | frozenset():
            return sum(1 + _size_of(each) for each in value)
    return 24


def _parts(writes: Sequence[Write]) -> Iterator[list[Write]]:
    part: list[Write] = []
    size = 0
    for write in writes:
        more = _size(write)
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
