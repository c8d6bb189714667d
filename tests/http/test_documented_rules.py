"""Small rules that the document states and clients rely on."""

import pytest

from asgi_client import Client


@pytest.mark.parametrize("day", ["0", "1699999999", "2030-1-1", "2030-02-30", "20300101"])
def test_a_day_is_written_as_iso_8601_writes_it(client: Client, day: str) -> None:
    assert client.get(f"/v1/usage?last={day}").code == "invalid_parameter"


def test_a_whole_number_may_have_a_point(client: Client) -> None:
    made = client.post("/v1/keys", {"name": "door", "burst": 5.0})
    assert made.json()["burst"] == 5
    half = client.post("/v1/keys", {"name": "door", "burst": 5.5})
    assert half.code == "invalid_parameter"


def test_options_does_not_claim_methods_a_route_has_not(client: Client) -> None:
    assert client.call("OPTIONS", "/v1/health").header("allow") is None


def test_a_change_may_be_empty(client: Client) -> None:
    person = client.post("/v1/people", {"name": "Ana"}).json()
    answer = client.patch(f"/v1/people/{person['person_id']}", {})
    assert answer.json() == person
