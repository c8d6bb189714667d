from datetime import UTC, date, datetime

import pytest

from faceplate.domain.collections import require_collection_id, require_person_id
from faceplate.domain.errors import InvalidParameter
from faceplate.domain.paging import decode_token, encode_token
from faceplate.domain.people import Consent, Person


@pytest.mark.parametrize("bad", ["", "a b", "a/b", "é", "a" * 256, "a\n"])
def test_collection_ids_follow_the_pattern(bad: str) -> None:
    assert require_collection_id("A-z_0.9") == "A-z_0.9"
    with pytest.raises(InvalidParameter):
        require_collection_id(bad)


@pytest.mark.parametrize("bad", ["", "a b", "a/b", "é", "a" * 129])
def test_person_ids_follow_the_pattern(bad: str) -> None:
    assert require_person_id("A-z_0.9:x") == "A-z_0.9:x"
    with pytest.raises(InvalidParameter):
        require_person_id(bad)


@pytest.mark.parametrize("key", ["", "a", "a/ü\x00", "\ud800"])
def test_tokens_survive(key: str) -> None:
    assert decode_token(encode_token(key)) == key


def test_no_token_is_the_beginning() -> None:
    assert decode_token(None) == ""


@pytest.mark.parametrize("bad", ["%", "a", "ü", "/w==", "YQ=\n="])
def test_foreign_tokens_are_refused(bad: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        decode_token(bad)
    assert caught.value.code == "invalid_pagination_token"


def test_consent_lasts_through_its_last_day() -> None:
    def person(consent: Consent | None) -> Person:
        return Person("c", "p", "P", datetime(2026, 1, 1, tzinfo=UTC), {}, consent)

    given = Consent("door", date(2026, 1, 1), date(2026, 6, 30))
    assert not person(given).is_expired(date(2026, 6, 30))
    assert person(given).is_expired(date(2026, 7, 1))
    assert not person(Consent("door", date(2026, 1, 1))).is_expired(date(2099, 1, 1))
    assert not person(None).is_expired(date(2099, 1, 1))
