"""AWS Lambda: pictures that arrive in the bucket, and once a day people who have expired.

Handler: ``…lambda_index.handler``. Importing it asks nothing of AWS and needs no account.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping

from faceplate.bootstrap.aws import build_aws
from faceplate.bootstrap.function_settings import read_function_settings
from faceplate.domain.errors import Misconfigured
from faceplate.entrypoints.arrivals import (
    Arrival,
    ArrivalsFailed,
    ForeignEvent,
    read_arrivals,
    read_messages,
    receive_all,
    receive_messages,
)
from faceplate.entrypoints.bridge import log_event, log_to_lambda

PURGE = {"task": "purge-expired"}
"""What the schedule sends; terraform/expiry.tf has the same."""

_settings = read_function_settings(os.environ)
_application = build_aws(_settings)
log_to_lambda(_settings.log_level)


def handler(event: object, _context: object) -> Mapping[str, object]:
    """Index every picture of an event, whatever happens to the others, or erase who has expired.

    Events come in messages of a queue, which are answered with those that have to come again. One
    that comes by itself raises what its messages would have told.

    Raises:
        ForeignEvent: Another service sent it.
        ArrivalsFailed: Some pictures have to be tried again.
        FaceplateError: Somebody could not be erased.
    """
    messages = read_messages(event)
    if messages is not None:
        return receive_messages(messages, _deal, _complain)
    return _deal(event)


def _deal(event: object) -> Mapping[str, object]:
    if event == PURGE:
        counts = _application.people.purge_expired()
        log_event("people.expired", **counts)
        return counts
    arrivals = read_arrivals(event)
    receive_all(arrivals, _receive, _report)
    return {"pictures": len(arrivals)}


def _receive(arrival: Arrival) -> None:
    if arrival.bucket != _settings.aws.bucket:
        raise Misconfigured("A picture arrived in a bucket that is not this service's.")
    _application.uploads.arrive(arrival.key)


def _complain(exc: Exception) -> None:
    """Log why a message has to come again; the text of an error that is not ours stays out."""
    ours = isinstance(exc, ArrivalsFailed | ForeignEvent)
    log_event(
        "message.again", type=type(exc).__qualname__, **({"reason": str(exc)} if ours else {})
    )


def _report(arrival: Arrival, outcome: str) -> None:
    """Log what became of a picture, without its name: that may be a person's."""
    digest = hashlib.sha256(arrival.key.encode("utf-8", "surrogatepass")).hexdigest()
    log_event(
        "picture.arrived", outcome=outcome, key_sha256=digest[:16], size_bytes=arrival.size_bytes
    )
