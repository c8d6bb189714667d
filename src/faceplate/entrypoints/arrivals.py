"""S3's events: which pictures arrived, and which of them could not be dealt with.

They come in messages of a queue, or as they are. Source: the event message structure in Amazon S3's
user guide. Keys in it are encoded as in a form: a space is ``+``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from faceplate.domain.errors import FaceplateError, InvalidInput, NotFound

TEST_EVENT = "s3:TestEvent"
"""What S3 sends once when a notification is set up."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """An object that was created in a bucket."""

    bucket: str
    key: str
    size_bytes: int | None


class ForeignEvent(ValueError):
    """The event is not one of S3's; its message says what it looks like."""


class ArrivalsFailed(RuntimeError):
    """Some pictures could not be dealt with now; Lambda calls again, then sets the event aside."""


def read_arrivals(event: object) -> list[Arrival]:
    """Return every object that an event says was created, in its order.

    The test event of a new notification has none; records of removals are passed over.

    Raises:
        ForeignEvent: Another service sent it, or it is none at all.
    """
    if not isinstance(event, dict) or not event:
        raise ForeignEvent("The event is empty; pictures arrive by events of Amazon S3.")
    if event.get("Event") == TEST_EVENT:
        return []
    records = event.get("Records")
    if not isinstance(records, list):
        raise ForeignEvent(
            f"The event has no records but {_names(event)}; pictures arrive by events of Amazon S3."
        )
    found = [_read_record(record) for record in records]
    return [arrival for arrival in found if arrival is not None]


def receive_all(
    arrivals: Sequence[Arrival],
    receive: Callable[[Arrival], None],
    report: Callable[[Arrival, str], None],
) -> None:
    """Deal with every arrival, whatever happens to the others.

    A picture that can never be used (it is broken, too large, no picture, or gone) is reported and
    done with. Anything else is tried again with the whole event, which does no harm to what is
    done: indexing the same bytes under the same key changes nothing.

    Raises:
        ArrivalsFailed: At least one has to be tried again.
    """
    failed: list[str] = []
    for arrival in arrivals:
        try:
            receive(arrival)
        except (InvalidInput, NotFound) as exc:
            report(arrival, exc.code)
        except FaceplateError as exc:
            report(arrival, exc.code)
            failed.append(exc.code)
        else:
            report(arrival, "indexed")
    if failed:
        raise ArrivalsFailed(
            f"{len(failed)} of {len(arrivals)} pictures have to be tried again: "
            f"{', '.join(sorted(set(failed)))}"
        )


def read_messages(event: object) -> list[tuple[str, str]] | None:
    """Return ids and bodies of the messages of a queue; None for another event.

    Source: Using Lambda with Amazon SQS, in AWS Lambda's developer guide.
    """
    records = event.get("Records") if isinstance(event, dict) else None
    if not isinstance(records, list) or not records:
        return None
    found: list[tuple[str, str]] = []
    for record in records:
        if not isinstance(record, dict) or record.get("eventSource") != "aws:sqs":
            return None
        found.append((str(record.get("messageId")), str(record.get("body"))))
    return found


def receive_messages(
    messages: Sequence[tuple[str, str]],
    deal: Callable[[object], object],
    complain: Callable[[Exception], None],
) -> dict[str, list[dict[str, str]]]:
    """Deal with the event in every message; return which have to come again, as Lambda wants it.

    What was dealt with is gone from the queue, whatever happened to the others.
    """
    failed: list[dict[str, str]] = []
    for message_id, body in messages:
        try:
            deal(json.loads(body))
        except Exception as exc:  # noqa: BLE001 -- the others of the batch are to be kept
            complain(exc)
            failed.append({"itemIdentifier": message_id})
    return {"batchItemFailures": failed}


def _read_record(record: object) -> Arrival | None:
    source = record.get("eventSource", record.get("EventSource")) if isinstance(record, dict) else 0
    if not isinstance(record, dict) or source != "aws:s3":
        raise ForeignEvent(
            f"A record comes from {source!r:.64}; pictures arrive by events of Amazon S3."
        )
    name = record.get("eventName")
    if not isinstance(name, str) or not name.removeprefix("s3:").startswith("ObjectCreated:"):
        return None
    try:
        bucket, key = record["s3"]["bucket"]["name"], record["s3"]["object"]["key"]
        size = record["s3"]["object"].get("size")
        plain = unquote_to_bytes(key.replace("+", " ")).decode("utf-8")
    except (KeyError, TypeError, AttributeError, UnicodeDecodeError) as exc:
        raise ForeignEvent("A record of Amazon S3 names no bucket and key.") from exc
    if not isinstance(bucket, str):
        raise ForeignEvent("A record of Amazon S3 names no bucket and key.")
    return Arrival(bucket, plain, size if isinstance(size, int) else None)


def _names(event: dict[Any, Any]) -> str:
    return ", ".join(sorted(str(name)[:32] for name in event)[:5])
