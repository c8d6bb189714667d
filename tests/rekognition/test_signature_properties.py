"""Whatever botocore signs is verified, and nothing else is."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from faceplate.http.rekognition.aws_error import AwsError
from faceplate.http.rekognition.sigv4 import Claim, Headers, read_claim, unknown_key, verify

KEY, TARGET = "AKIDEXAMPLE", "RekognitionService.DetectFaces"
Request = tuple[list[tuple[bytes, bytes]], bytes]

names = st.from_regex(r"x-[a-z0-9-]{1,20}", fullmatch=True).filter(
    lambda name: not name.startswith(("x-amz-", "x-amzn-trace-id"))
)
values = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)
secrets = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60)
regions = st.from_regex(r"[a-z0-9-]{1,32}", fullmatch=True)
tokens = st.none() | st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)


def signed(
    body: bytes, extra: dict[str, str], secret: str, region: str, token: str | None
) -> Request:
    """Return a request's headers, as a server sees them, and its body."""
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": TARGET, **extra}
    request = AWSRequest("POST", "http://somewhere:8000/", headers, body)
    SigV4Auth(Credentials(KEY, secret, token), "rekognition", region).add_auth(request)
    sent = {"Host": "somewhere:8000", **dict(request.headers.items())}
    return [(name.lower().encode(), value.encode()) for name, value in sent.items()], body


def claim_of(headers: Headers) -> Claim:
    return read_claim(headers, b"", now=datetime.now(UTC), service="rekognition", region=None)


def check(request: Request, secret: str, token: str | None) -> None:
    headers, body = request
    digest = hashlib.sha256(body).hexdigest()
    claim = claim_of(headers)
    if claim.access_key_id != KEY:  # which chooses the secret
        raise unknown_key()
    verify(claim, headers, digest, secret=secret, session_token=token)


@given(
    body=st.binary(max_size=200),
    extra=st.dictionaries(names, values, max_size=4),
    secret=secrets,
    region=regions,
    token=tokens,
)
def test_what_botocore_signs_is_verified(
    body: bytes, extra: dict[str, str], secret: str, region: str, token: str | None
) -> None:
    request = signed(body, extra, secret, region, token)
    check(request, secret, token)
    claim = claim_of(request[0])
    assert (claim.access_key_id, claim.region, claim.session_token) == (KEY, region, token)


@given(
    body=st.binary(min_size=1, max_size=60),
    value=values.filter(str.strip),
    place=st.integers(0, 10_000),
    bit=st.integers(0, 6),
)
def test_one_changed_bit_is_noticed(body: bytes, value: str, place: int, bit: int) -> None:
    headers, body = signed(body, {"x-note": value}, "secret", "eu-west-1", None)
    parts = [body, *(each for _, each in headers)]
    chosen = place % len(parts)
    if chosen and headers[chosen - 1][0] in {b"user-agent", b"x-amz-date"}:
        return  # the first is not signed; a moment may leave its five minutes
    part = bytearray(parts[chosen])
    position = place % len(part)
    part[position] ^= 1 << bit
    changed = bytes(part)
    if changed.strip().split() == parts[chosen].strip().split():
        return  # spaces do not count
    if chosen:
        headers[chosen - 1] = (headers[chosen - 1][0], changed)
    else:
        body = changed
    with pytest.raises(AwsError):
        check((headers, body), "secret", None)


@given(st.lists(st.tuples(st.binary(max_size=20), st.binary(max_size=60)), max_size=6), st.binary())
def test_no_headers_break_it(headers: list[tuple[bytes, bytes]], query: bytes) -> None:
    with pytest.raises(AwsError):
        read_claim(headers, query, now=datetime.now(UTC), service="rekognition", region=None)
