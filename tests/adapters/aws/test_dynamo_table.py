"""Units of the table: one step, or a journal when there is too much for one."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from aws_building import Installation
from faceplate.adapters.aws import table as table_module
from faceplate.adapters.aws.clients import AwsClients
from faceplate.adapters.aws.secret import installation_secret
from faceplate.adapters.aws.table import DynamoTable
from faceplate.adapters.aws.values import decode, encode
from faceplate.domain.errors import Busy, FaceplateError, UpstreamFailed
from scripted_aws import Script, refusal, scripted

MANY = 130


def item(number: int, value: str = "", place: str = "#p") -> dict[str, object]:
    return {"FaceId": place, "ItemKey": f"{number:04}", "Value": value}


def values(table: DynamoTable, place: str = "#p") -> list[str]:
    return [found["Value"] for found in table.query(place)]


def put_many(table: DynamoTable, value: str) -> None:
    with table.unit():
        for number in range(MANY):
            table.get(("#p", f"{number:04}")) if number % 7 == 0 else None
            table.put(item(number, value))
        table.delete(("#p", "gone"))


@pytest.fixture
def other(dynamo_table: DynamoTable, aws_clients: AwsClients) -> DynamoTable:
    """The same table, as another process sees it."""
    return DynamoTable(aws_clients, dynamo_table.name)


def test_a_large_unit_is_written_whole(dynamo_table: DynamoTable, other: DynamoTable) -> None:
    dynamo_table.put({"FaceId": "#p", "ItemKey": "gone", "Value": "x"})
    put_many(dynamo_table, "one")
    assert values(other) == ["one"] * MANY
    put_many(other, "two")
    assert values(dynamo_table) == ["two"] * MANY
    assert list(other.query("#journal")) == []


def test_a_unit_of_large_items_is_written_whole(dynamo_table: DynamoTable) -> None:
    with dynamo_table.unit():
        for number in range(30):
            dynamo_table.put({**item(number, "x"), "Bytes": b"\0" * 150_000})
    assert values(dynamo_table) == ["x"] * 30


@pytest.mark.parametrize("after", [False, True])
def test_a_large_unit_that_is_cut_off_is_ended_or_never_was(
    installation: Installation, after: bool
) -> None:
    application, parts = installation.start()
    application.faces.ensure_collection("faceplate")
    outcomes = set()
    for number in itertools.count(1):
        _, dying = installation.start()
        value = f"value {number}"
        with (
            installation.line(at=number, dead=True, after=after) as line,
            suppress(FaceplateError),
        ):
            put_many(dying.table, value)
        ended = parts.table._writer.recover(min_age_s=-1)
        found = values(parts.table)
        assert len(set(found)) <= 1, f"request {number}"
        outcomes.add((ended, found[:1] == [value]))
        assert list(parts.table.query("#journal")) == []
        if line.sent < number:
            break
    # Never was, was ended by another, and had been ended with only its journal left.
    assert {(0, False), (1, True), (0, True)} <= outcomes


def test_what_somebody_wrote_since_is_not_undone(installation: Installation) -> None:
    _, parts = installation.start()
    put_many(parts.table, "old")
    _, dying = installation.start()
    # The head is written, then the line goes dead: parts, head and nothing more.
    with installation.line() as line:
        put_many(dying.table, "probe")
    head = line.log.index("TransactWriteItems") + 1
    with installation.line(at=head, dead=True, after=True), suppress(FaceplateError):
        put_many(dying.table, "late")
    parts.table.put(item(0, "newer"))
    assert parts.table._writer.recover(min_age_s=-1) == 1
    assert values(parts.table)[0] == "newer"
    assert values(parts.table)[7] == "late"


def test_what_was_carried_out_is_not_repeated(installation: Installation) -> None:
    _, parts = installation.start()
    with installation.line() as line:
        put_many(parts.table, "probe")
    carried_out = line.sent - 1
    assert line.log[carried_out] == "DeleteItem"
    _, dying = installation.start()
    with installation.line(at=carried_out, dead=True, after=True), suppress(FaceplateError):
        put_many(dying.table, "mine")
    assert values(parts.table) == ["mine"] * MANY
    with parts.table.unit():
        for number in range(90):
            parts.table.delete(("#p", f"{number:04}"))
    assert parts.table._writer.recover(min_age_s=-1) == 1
    assert values(parts.table) == ["mine"] * (MANY - 90)
    assert list(parts.table.query("#journal")) == []


@contextlib.contextmanager
def meanwhile(
    clients: AwsClients, change: Callable[[], object], operation: str = "PutItem"
) -> Iterator[None]:
    """Do something once, when the first part of a step has been written into the journal."""
    once = [change]

    def handler(**_: object) -> None:
        if once:
            once.pop()()

    name = f"after-call.dynamodb.{operation}"
    clients.dynamodb.meta.events.register(name, handler)
    yield
    clients.dynamodb.meta.events.unregister(name, handler)


def test_what_changes_before_anything_was_carried_out_refuses_a_large_step(
    dynamo_table: DynamoTable, other: DynamoTable, aws_clients: AwsClients
) -> None:
    put_many(dynamo_table, "old")
    with (
        meanwhile(aws_clients, lambda: other.delete(("#p", "0003"))),
        pytest.raises(Busy) as caught,
    ):
        put_many(dynamo_table, "new")
    assert caught.value.code == "write_conflict"
    assert values(dynamo_table) == ["old"] * (MANY - 1)
    assert list(dynamo_table.query("#journal")) == []


def test_what_changes_later_stays_as_others_left_it(
    dynamo_table: DynamoTable, other: DynamoTable, aws_clients: AwsClients
) -> None:
    put_many(dynamo_table, "old")
    with meanwhile(aws_clients, lambda: other.delete(("#p", "0120"))):
        put_many(dynamo_table, "new")
    assert values(dynamo_table) == ["new"] * (MANY - 1)
    assert list(dynamo_table.query("#journal")) == []


def test_a_step_that_somebody_else_ends_is_ended_once(
    dynamo_table: DynamoTable, other: DynamoTable, aws_clients: AwsClients
) -> None:
    """Its own process comes back to life after another one has ended it."""
    ended: list[int] = []

    def end() -> None:
        ended.append(other._writer.recover(min_age_s=-1))
        other.delete(("#p", "0120"))

    with meanwhile(aws_clients, end, "TransactWriteItems"):
        put_many(dynamo_table, "x")
    assert ended == [1]
    assert values(dynamo_table) == ["x"] * (MANY - 1)
    assert list(dynamo_table.query("#journal")) == []


def test_a_step_whose_parts_were_cleared_away_is_refused(
    dynamo_table: DynamoTable, other: DynamoTable, aws_clients: AwsClients
) -> None:
    def clear() -> None:
        assert other._writer.recover(min_age_s=-1) == 0

    with meanwhile(aws_clients, clear), pytest.raises(Busy):
        put_many(dynamo_table, "x")
    assert values(dynamo_table) == []
    clear()
    assert list(dynamo_table.query("#journal")) == []


def test_young_steps_are_left_to_their_own_process(installation: Installation) -> None:
    _, dying = installation.start()
    with installation.line(at=140, dead=True), suppress(FaceplateError):
        put_many(dying.table, "x")
    assert installation.start()[1].table.recover() == 0


@pytest.mark.parametrize("size", [1, 5, MANY])
def test_of_two_that_change_the_same_one_is_refused(
    dynamo_table: DynamoTable, other: DynamoTable, size: int
) -> None:
    dynamo_table.put(item(0, "old"))

    def change() -> None:
        with dynamo_table.unit():
            assert dynamo_table.get(("#p", "0000")) is not None
            other.put(item(0, "theirs"))
            for number in range(size):
                dynamo_table.put(item(number, "mine"))

    with pytest.raises(Busy) as caught:
        change()
    assert caught.value.code == "write_conflict"
    assert values(dynamo_table) == ["theirs"]


def test_a_single_call_is_made_again(dynamo_table: DynamoTable, other: DynamoTable) -> None:
    dynamo_table.put(item(0, "a"))
    tries = 0

    def work() -> str:
        nonlocal tries
        found = dynamo_table.get(("#p", "0000"))
        assert found is not None
        tries += 1
        if tries < 3:
            other.put(item(0, f"theirs {tries}"))
        dynamo_table.put(item(0, f"{found['Value']}!"))
        return str(found["Value"])

    assert dynamo_table.atomically(work) == "theirs 2"
    assert values(dynamo_table) == ["theirs 2!"]


def test_a_call_that_is_always_late_is_refused(
    dynamo_table: DynamoTable, other: DynamoTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_module, "_PAUSE_S", 0.0)

    def work() -> None:
        dynamo_table.get(("#p", "0000"))
        other.put(item(0))
        dynamo_table.put(item(0))

    with pytest.raises(Busy) as caught:
        dynamo_table.atomically(work)
    assert caught.value.code == "write_conflict"


def test_a_retry_that_meets_its_own_write_has_won() -> None:
    """The SDK tries again after a lost answer, and finds what it has written itself."""
    taken: list[object] = []

    class Echo(Script):
        """Refuse the condition, and show what the request itself would have written."""

        def answer(self, target: str, body: bytes) -> tuple[int, bytes]:
            super().answer(target, body)
            name, asked = self.calls[-1]
            taken.append(name)
            if name == "GetItem":
                return 200, b"{}"
            status, what = refusal("ConditionalCheckFailedException")
            found = {"Item": asked["Item"]} if "Item" in asked else {}
            return status, json.dumps({**what, **found}).encode()

    with scripted(Echo([(200, {})])) as clients:
        table = DynamoTable(clients, "t")
        with table.unit():
            table.get(("#p", "0001"))
            table.put(item(1, "x"))
        with table.unit():
            table.get(("#p", "0001"))
            table.delete(("#p", "0001"))
    assert taken == ["GetItem", "PutItem", "GetItem", "DeleteItem"]


@pytest.mark.parametrize(
    ("reasons", "error", "tries"),
    [
        (["ConditionalCheckFailed", "None"], Busy, 1),
        (["TransactionConflict", "None"], Busy, 3),
        (["ThrottlingError"], Busy, 3),
        (["ValidationError"], UpstreamFailed, 1),
        ([], UpstreamFailed, 1),
    ],
)
def test_a_refused_transaction(
    reasons: list[str],
    error: type[FaceplateError],
    tries: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("faceplate.adapters.aws.table_writes._TRIES", 3)
    monkeypatch.setattr("faceplate.adapters.aws.table_writes._PAUSE_S", 0.0)
    status, body = refusal("TransactionCanceledException")
    script = Script([(status, {**body, "CancellationReasons": [{"Code": one} for one in reasons]})])

    def write(table: DynamoTable) -> None:
        with table.unit():
            table.put(item(1))
            table.put(item(2))

    with scripted(script) as clients, pytest.raises(error):
        write(DynamoTable(clients, "t"))
    tokens = {call["ClientRequestToken"] for _, call in script.calls}
    assert (len(script.calls), len(tokens)) == (tries, 1)


def test_items_that_dynamodb_gives_back_unread_are_asked_for_again() -> None:
    keys = [{"FaceId": {"S": "#p"}, "ItemKey": {"S": str(number)}} for number in range(3)]
    left = {"UnprocessedKeys": {"t": {"Keys": keys[1:]}}}
    script = Script(
        [
            (200, {"Responses": {"t": keys[:1]}, **left}),
            (200, {"Responses": {"t": keys[1:]}, "UnprocessedKeys": {}}),
        ]
    )
    wanted = [("#p", str(number)) for number in (2, 0, 1)]
    with scripted(script) as clients:
        assert list(DynamoTable(clients, "t").get_many(wanted)) == wanted
    assert script.calls[1][1]["RequestItems"]["t"]["Keys"] == keys[1:]


def test_a_table_that_never_gives_all_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_module, "_PAUSE_S", 0.0)
    keys = [{"FaceId": {"S": "#p"}, "ItemKey": {"S": "1"}}]
    script = Script([(200, {"Responses": {}, "UnprocessedKeys": {"t": {"Keys": keys}}})])
    with scripted(script) as clients, pytest.raises(Busy):
        DynamoTable(clients, "t").get_many([("#p", "1"), ("#p", "2")])


def test_the_secret_is_made_once(dynamo_table: DynamoTable, other: DynamoTable) -> None:
    made = installation_secret(dynamo_table)
    assert len(made) == 32
    assert installation_secret(other) == made


@pytest.mark.parametrize(
    "value",
    ["", "é😀", 0, -5, 10**30, 1 / 3, -1e-9, 1e100, True, False, b"\0\xff", None, [], [1, "a"]],
)
def test_values_come_back(value: object) -> None:
    assert decode(encode(value)) == value
    assert decode(encode({"a": value, "": value})) == {"a": value, "": value}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e126])
def test_numbers_that_have_no_place_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="no table"):
        encode(value)
    with pytest.raises(TypeError):
        encode(object())
    assert decode(encode(1e-200)) == 0


def test_one_counter_needs_no_transaction(installation: Installation) -> None:
    _, parts = installation.start()
    places = [("#usage/d", "a"), ("#usage/d", "b")]
    with installation.line() as line:
        parts.table.add_all({places[0]: {"requests": 1}})
        parts.table.add_all({place: {"requests": 2} for place in places})
    assert line.log == ["UpdateItem", "TransactWriteItems"]
    found = parts.table.get_many(places)
    assert [found[place]["requests"] for place in places] == [3, 2]
