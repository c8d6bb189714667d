"""One DynamoDB table with units: reads that see a unit's own writes, and one step at its end."""

from __future__ import annotations

import contextlib
import heapq
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from faceplate.adapters.aws.clients import AwsClients
from faceplate.adapters.aws.errors import throttled, translated
from faceplate.adapters.aws.table_schema import HASH_KEY, INDEXES, RANGE_KEY
from faceplate.adapters.aws.table_steps import CONFLICT, MAX_ACTIONS, Write
from faceplate.adapters.aws.table_views import Key, View, key_to_wire
from faceplate.adapters.aws.table_writes import TableWriter
from faceplate.adapters.aws.values import Item, Wire, encode, from_wire
from faceplate.domain.errors import Busy, InvalidQuery, StorageFailed

Result = TypeVar("Result")

REVISION = "Revision"
SERVICE = "DynamoDB"
_BATCH = 100
"""Source: BatchGetItem's limit."""
_TRIES = 12
_PAUSE_S = 0.02


@dataclass(slots=True)
class _Draft:
    """What a unit wants written, what it has read, and at which revision (None: absent)."""

    writes: dict[Key, Item | None] = field(default_factory=dict)
    seen: dict[Key, str | None] = field(default_factory=dict)
    read: dict[Key, Item | None] = field(default_factory=dict)

    def copy(self) -> _Draft:
        return _Draft(dict(self.writes), dict(self.seen), self.read)


class DynamoTable:
    """Items by key, by partition and by index. Safe to call from several threads.

    Reads are strongly consistent except those of an index. Within a unit they see what the unit
    has written; other threads and processes see it when the unit ends. A unit that read an item
    which somebody else has changed meanwhile is refused as a whole.
    """

    def __init__(self, clients: AwsClients, name: str) -> None:
        self._clients = clients
        self.name = name
        self._writer = TableWriter(clients, name)
        self._lock = threading.RLock()
        self._local = threading.local()
        self._closed = False

    # units

    @contextlib.contextmanager
    def unit(self) -> Iterator[None]:
        """Make all writes of this thread inside the block one step: all or, on an error, none.

        Raises:
            Busy: Another process changed what the block read (code ``write_conflict``).
        """
        self._require_open()
        with self._lock:
            outer = self._draft
            draft = self._local.draft = _Draft() if outer is None else outer.copy()
            try:
                yield
                if outer is None:
                    self._writer.commit(
                        [Write(key, item, *_seen(draft, key)) for key, item in draft.writes.items()]
                    )
                else:
                    outer.writes, outer.seen = draft.writes, draft.seen
            finally:
                self._local.draft = outer

    def atomically(self, work: Callable[[], Result]) -> Result:
        """Run ``work`` as a unit; outside of another one, again when somebody else was faster."""
        if self._draft is not None:
            with self.unit():
                return work()
        for tried in range(_TRIES):
            try:
                with self.unit():
                    return work()
            except Busy as exc:
                if exc.code != CONFLICT or tried == _TRIES - 1:
                    raise
                pause(tried)
        raise AssertionError  # pragma: no cover - the last try has returned or raised

    @property
    def _draft(self) -> _Draft | None:
        draft: _Draft | None = getattr(self._local, "draft", None)
        return draft

    # writes

    def put(self, item: Item) -> None:
        """Keep or overwrite an item."""
        self._write((item[HASH_KEY], item[RANGE_KEY]), dict(item))

    def delete(self, key: Key) -> None:
        """Remove an item; one that is not there is no error."""
        self._write(key, None)

    def _write(self, key: Key, item: Item | None) -> None:
        draft = self._draft
        if draft is not None:
            draft.writes[key] = item
            return
        with self.unit():
            self._write(key, item)

    # reads

    def get(self, key: Key) -> Item | None:
        """Return one item."""
        return self.get_many([key]).get(key)

    def get_many(self, keys: Sequence[Key]) -> dict[Key, Item]:
        """Return those of the items that exist, in the order asked for."""
        self._require_open()
        draft = self._draft
        wanted = list(dict.fromkeys(keys))
        # What a unit has read once does not change for it.
        known = {**draft.read, **draft.writes} if draft is not None else {}
        unknown = [key for key in wanted if key not in known]
        found: dict[Key, Item] = {}
        for start in range(0, len(unknown), _BATCH):
            self._get_batch(unknown[start : start + _BATCH], found)
        if draft is not None:
            for key in unknown:
                draft.read[key] = found.get(key)
                self._note(draft, key, found.get(key))
        result = {key: found[key] if key in found else known.get(key) for key in wanted}
        return {key: dict(item) for key, item in result.items() if item is not None}

    def _get_batch(self, keys: Sequence[Key], found: dict[Key, Item]) -> None:
        if len(keys) == 1:
            with translated(SERVICE):
                answer = self._clients.dynamodb.get_item(
                    TableName=self.name, Key=key_to_wire(keys[0]), ConsistentRead=True
                )
            if "Item" in answer:
                found[keys[0]] = from_wire(answer["Item"])
            return
        asked: Any = {"Keys": [key_to_wire(key) for key in keys], "ConsistentRead": True}
        for tried in range(_TRIES):
            with translated(SERVICE):
                answer = self._clients.dynamodb.batch_get_item(RequestItems={self.name: asked})
            for wire in answer["Responses"].get(self.name, ()):
                item = from_wire(wire)
                found[item[HASH_KEY], item[RANGE_KEY]] = item
            asked = answer.get("UnprocessedKeys", {}).get(self.name)
            if not asked:
                return
            pause(tried)
        raise throttled(SERVICE)

    def query(
        self,
        partition: str,
        *,
        after: str = "",
        before: str | None = None,
        prefix: str = "",
        limit: int | None = None,
    ) -> Iterator[Item]:
        """Yield the items of a partition by ItemKey: after, before or beginning with something.

        ``limit`` is how many the caller will look at; more are asked for only when it does.
        """
        view = View(None, (HASH_KEY, RANGE_KEY), partition, after, prefix, limit)
        for item in self._ordered(view):
            if before is not None and item[RANGE_KEY] >= before:
                return
            yield item

    def query_index(
        self, index: str, value: str, *, after: str = "", limit: int | None = None
    ) -> Iterator[Item]:
        """Yield the items of an index by its range key; a moment behind what was written."""
        return self._ordered(View(index, INDEXES[index], value, after, "", limit))

    def count(self, partition: str, index: str | None = None) -> int:
        """Count the items of a partition. Cost: a read of all of them, for every 8 KB."""
        self._require_open()
        view = View(index, INDEXES[index] if index else (HASH_KEY, RANGE_KEY), partition)
        if self._draft is not None:
            return sum(1 for _ in self._ordered(view))
        return sum(int(page["Count"]) for page in self._pages(view, counting=True))

    def _ordered(self, view: View) -> Iterator[Item]:
        self._require_open()
        draft = self._draft
        drafted = dict(draft.writes) if draft is not None else {}
        own = (dict(item) for item in drafted.values() if item is not None and view.holds(item))
        stored = (
            item
            for page in self._pages(view)
            for item in map(from_wire, page["Items"])
            if self._is_news(item, drafted, view) and view.holds(item)
        )
        return heapq.merge(sorted(own, key=view.place), stored, key=view.place)

    def _is_news(self, item: Item, drafted: Mapping[Key, Item | None], view: View) -> bool:
        """Tell whether a stored item is one that the unit has not changed, and note it as seen."""
        key = (item[HASH_KEY], item[RANGE_KEY])
        draft = self._draft
        if draft is not None and view.index is None:
            self._note(draft, key, item)
        return key not in drafted

    def _pages(self, view: View, *, counting: bool = False) -> Iterator[Mapping[str, Any]]:
        request = {"TableName": self.name, **view.request()}
        if counting:
            request["Select"] = "COUNT"
        while True:
            with translated(SERVICE):
                page = self._clients.dynamodb.query(**request)
            yield page
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def execute(
        self, statement: str, parameters: Sequence[Wire], *, page: int
    ) -> Iterator[list[Item]]:
        """Yield the pages of a PartiQL statement that the caller wrote itself.

        Raises:
            InvalidQuery: DynamoDB finds fault with it.
        """
        self._require_open()
        request: dict[str, Any] = {"Statement": statement, "Parameters": parameters, "Limit": page}
        while True:
            with translated(SERVICE, {"ValidationException": _bad_query}):
                answer = self._clients.dynamodb.execute_statement(**request)
            yield [from_wire(wire) for wire in answer["Items"]]
            if "NextToken" not in answer:
                return
            request["NextToken"] = answer["NextToken"]

    # the whole

    def add(self, key: Key, amounts: Mapping[str, int]) -> Item:
        """Add to counters at once, outside of any unit, and return the item as it is then."""
        self._require_open()
        with translated(SERVICE):
            answer = self._clients.dynamodb.update_item(
                TableName=self.name, Key=key_to_wire(key), ReturnValues="ALL_NEW", **adding(amounts)
            )
        return from_wire(answer["Attributes"])

    def add_all(self, amounts: Mapping[Key, Mapping[str, int]]) -> None:
        """Add to the counters of up to a hundred items as one step, of more in several.

        One item alone is added to without a transaction: those of several processes for the same
        item would be refused, and an addition needs no other to hold.
        """
        self._require_open()
        if len(amounts) == 1:
            self.add(*next(iter(amounts.items())))
            return
        actions = [
            {"Update": {"TableName": self.name, "Key": key_to_wire(key), **adding(more)}}
            for key, more in amounts.items()
        ]
        for start in range(0, len(actions), MAX_ACTIONS):
            self._writer.transact(actions[start : start + MAX_ACTIONS])

    def recover(self) -> int:
        """Finish large steps that a process began to write and did not end; return how many."""
        self._require_open()
        return self._writer.recover()

    def ping(self) -> None:
        """Raise when the table cannot be read."""
        self.get(("#ping", "#"))

    def close(self) -> None:
        """Refuse further use; calling it twice is fine."""
        self._closed = True

    def _require_open(self) -> None:
        if self._closed:
            raise StorageFailed("The store is closed.", code="storage_closed")

    @staticmethod
    def _note(draft: _Draft, key: Key, item: Item | None) -> None:
        """Remember what a unit saw first."""
        draft.seen.setdefault(key, None if item is None else str(item.get(REVISION, "")))


def _bad_query() -> InvalidQuery:
    return InvalidQuery("The query compares things that cannot be compared.")


def _seen(draft: _Draft, key: Key) -> tuple[bool, str | None]:
    return key in draft.seen, draft.seen.get(key)


def adding(amounts: Mapping[str, int]) -> dict[str, Any]:
    """Return the expression that adds to counters."""
    return {
        "UpdateExpression": "ADD " + ", ".join(f"#{n} :{n}" for n in range(len(amounts))),
        "ExpressionAttributeNames": {f"#{n}": name for n, name in enumerate(amounts)},
        "ExpressionAttributeValues": {
            f":{n}": encode(amount) for n, amount in enumerate(amounts.values())
        },
    }


def pause(tried: int) -> None:
    """Wait a moment that grows with every try and is different for everybody."""
    time.sleep(random.uniform(0, min(1.0, _PAUSE_S * 2**tried)))  # noqa: S311 - not a secret
