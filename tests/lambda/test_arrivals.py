"""S3's events: every record counts, none is lost, others' events are refused."""

from __future__ import annotations

from typing import Any

import pytest

from faceplate.domain.errors import Busy, InvalidImage, UpstreamFailed
from faceplate.entrypoints.arrivals import (
    Arrival,
    ArrivalsFailed,
    ForeignEvent,
    read_arrivals,
    read_messages,
    receive_all,
    receive_messages,
)
from gateway_events import S3_TEST_EVENT, SNS_EVENT, SQS_EVENT, gateway_event, queued, s3_record

ODD = "a b/ü+ö%41&=?#@:;,$'\"()[]{}~^`<>|\\*! 日本\x01.jpg"


def test_every_record_is_read() -> None:
    event = {"Records": [s3_record("one.jpg"), s3_record("two.jpg"), s3_record("three.jpg")]}
    assert [one.key for one in read_arrivals(event)] == ["one.jpg", "two.jpg", "three.jpg"]


def test_keys_with_every_odd_character() -> None:
    (arrival,) = read_arrivals({"Records": [s3_record(ODD)]})
    assert arrival == Arrival("pictures", ODD, 1024)


def test_the_test_event_and_removals_bring_nothing() -> None:
    assert read_arrivals(S3_TEST_EVENT) == []
    assert read_arrivals({"Records": [s3_record("a", event="ObjectRemoved:Delete")]}) == []


@pytest.mark.parametrize(
    "event",
    [
        None,
        {},
        [],
        "text",
        SNS_EVENT,
        SQS_EVENT,
        gateway_event(),
        {"Records": {}},
        {"Records": ["text"]},
        {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put"}]},
        {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": 7}]},
        {"Records": [s3_record("a") | {"s3": {"bucket": {"name": 1}, "object": {"key": "a"}}}]},
        {"Records": [s3_record("a") | {"s3": {"bucket": {"name": "b"}, "object": {"key": "%ff"}}}]},
    ],
)
def test_events_of_others_are_refused(event: Any) -> None:
    with pytest.raises(ForeignEvent):
        read_arrivals(event)


def test_one_failure_stops_no_other_and_is_tried_again() -> None:
    arrivals = [Arrival("b", key, 1) for key in ("good", "broken", "busy", "down", "fine")]
    reports: list[tuple[str, str]] = []

    def receive(arrival: Arrival) -> None:
        if arrival.key == "broken":
            raise InvalidImage("No picture.", code="image_corrupt")
        if arrival.key == "busy":
            raise Busy("Later.")
        if arrival.key == "down":
            raise UpstreamFailed("Down.")

    with pytest.raises(ArrivalsFailed, match=r"2 of 5 .* busy, upstream_failed"):
        receive_all(arrivals, receive, lambda one, code: reports.append((one.key, code)))
    assert reports == [
        ("good", "indexed"),
        ("broken", "image_corrupt"),
        ("busy", "busy"),
        ("down", "upstream_failed"),
        ("fine", "indexed"),
    ]


def test_a_picture_that_can_never_be_used_is_not_tried_again() -> None:
    def receive(_arrival: Arrival) -> None:
        raise InvalidImage("No picture.", code="image_corrupt")

    receive_all([Arrival("b", "k", 1)], receive, lambda _one, _code: None)


def test_of_a_queues_messages_only_those_that_failed_come_again() -> None:
    def arrived(*keys: str) -> dict[str, Any]:
        return {"Records": [s3_record(key) for key in keys]}

    event = queued(
        arrived("good"),
        arrived("busy", "fine"),
        S3_TEST_EVENT,
        "no JSON",
        gateway_event(),
        arrived("bug"),
        arrived("broken"),
    )
    messages = read_messages(event)
    assert messages is not None
    received: list[str] = []
    complaints: list[str] = []

    def receive(arrival: Arrival) -> None:
        if arrival.key == "broken":
            raise InvalidImage("No picture.", code="image_corrupt")
        if arrival.key == "busy":
            raise Busy("Later.")
        if arrival.key == "bug":
            raise ZeroDivisionError
        received.append(arrival.key)

    def deal(event: object) -> None:
        receive_all(read_arrivals(event), receive, lambda _one, _code: None)

    answer = receive_messages(messages, deal, lambda exc: complaints.append(type(exc).__name__))
    assert answer == {"batchItemFailures": [{"itemIdentifier": one} for one in "1345"]}
    assert received == ["good", "fine"]
    assert complaints == ["ArrivalsFailed", "JSONDecodeError", "ForeignEvent", "ZeroDivisionError"]


@pytest.mark.parametrize(
    "event",
    [None, {}, {"Records": []}, {"Records": ["x"]}, SNS_EVENT, {"Records": [s3_record("a")]}],
)
def test_what_is_no_queues_event_is_read_otherwise(event: Any) -> None:
    assert read_messages(event) is None
