from dataclasses import replace

import pytest

from build import MemoryParts
from faceplate.domain.errors import Unsupported
from faceplate.services.requests import LIFETIME
from rekognition_calls import MISMATCH, invoking, refusal

ONE = {"CollectionId": "c", "UserId": "one", "ClientRequestToken": "t"}
TWO = {**ONE, "UserId": "two"}


def test_a_token_stands_for_its_request_for_an_hour(parts: MemoryParts) -> None:
    invoke = invoking(parts.application)
    invoke("CreateCollection", CollectionId="c")
    assert invoke("CreateUser", **ONE) == {}
    parts.runtime.advance(LIFETIME.total_seconds() - 1)
    assert invoke("CreateUser", **ONE) == {}
    assert refusal(invoke, "CreateUser", **TWO) == MISMATCH
    parts.runtime.advance(1)
    assert invoke("CreateUser", **TWO) == {}


def test_old_tokens_are_forgotten(parts: MemoryParts) -> None:
    invoke = invoking(parts.application)
    assert parts.application.rekognition is not None
    requests = parts.application.rekognition.requests
    invoke("CreateCollection", CollectionId="c")
    invoke("CreateUser", **ONE)
    assert requests.forget_old() == 0
    parts.runtime.advance(LIFETIME.total_seconds() + 1)
    assert requests.forget_old() == 1


def test_the_protocol_is_not_served_where_amazon_does_it(parts: MemoryParts) -> None:
    away = invoking(replace(parts.application, rekognition=None))
    with pytest.raises(Unsupported):
        away("ListCollections")
