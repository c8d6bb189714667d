"""AWS Signature Version 4: whose key a request names, and whether its signature is right.

Source: "Create a signed AWS API request", AWS Identity and Access Management User Guide.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from faceplate.http.rekognition.aws_error import AwsError

ALGORITHM = "AWS4-HMAC-SHA256"
MAX_SKEW = timedelta(minutes=5)
Headers = Sequence[tuple[bytes, bytes]]

_MUST_BE_SIGNED = ("host", "x-amz-date", "x-amz-target")
_PARTS = ("Credential", "SignedHeaders", "Signature")
_NAME = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]{1,128}")
_MOMENT = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_REGION = re.compile(r"[a-z0-9-]{1,32}")
_MAX_AUTHORIZATION_CHARS = 8192
_SPACES = re.compile(rb"[ \t]+")
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your "
    "AWS Secret Access Key and signing method. Consult the service documentation for details."
)


@dataclass(frozen=True, slots=True)
class Claim:
    """What the headers of a request claim; nothing of it is proven yet."""

    access_key_id: str
    day: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str
    moment: str
    session_token: str | None

    @property
    def scope(self) -> str:
        """The credential scope."""
        return f"{self.day}/{self.region}/{self.service}/aws4_request"


def read_claim(
    headers: Headers, query: bytes, *, now: datetime, service: str, region: str | None
) -> Claim:
    """Read the claim of a request; ``region`` is the only one to take, None for any.

    Raises:
        AwsError: There is none, it is malformed, for another service or region, or too old.
    """
    parts = _authorization(_only(headers, "authorization"), query)
    credential = parts["Credential"].split("/")
    if len(credential) != 5 or not credential[0]:
        raise _incomplete("Credential must be KEY/DATE/REGION/SERVICE/aws4_request.")
    access_key_id, day, signed_region, signed_service, end = credential
    signed_headers = tuple(parts["SignedHeaders"].split(";"))
    claim = Claim(
        access_key_id=access_key_id,
        day=day,
        region=signed_region,
        service=signed_service,
        signed_headers=signed_headers,
        signature=parts["Signature"],
        moment=_only(headers, "x-amz-date") or "",
        session_token=_only(headers, "x-amz-security-token"),
    )
    _require_signed(claim)
    _require_scope(claim, end, service=service, region=region)
    _require_fresh(claim, now)
    return claim


def verify(
    claim: Claim, headers: Headers, body_sha256: str, *, secret: str, session_token: str | None
) -> None:
    """Check a claim against the secret of the key it names, in constant time.

    The request is a POST of ``/`` without a query.

    Raises:
        AwsError: The signature, the body's hash or the session token is wrong.
    """
    given = (claim.session_token or "").encode("utf-8", "surrogatepass")
    if not hmac.compare_digest(given, (session_token or "").encode()):
        raise unknown_key()
    announced = _only(headers, "x-amz-content-sha256")
    if announced is not None and announced != body_sha256:
        raise AwsError(
            "InvalidSignatureException",
            "The header x-amz-content-sha256 is not the SHA-256 of the body.",
        )
    expected = sign(claim, headers, body_sha256, secret)
    if not hmac.compare_digest(expected.encode(), claim.signature.encode("utf-8", "replace")):
        raise AwsError("InvalidSignatureException", _MISMATCH)


def sign(claim: Claim, headers: Headers, body_sha256: str, secret: str) -> str:
    """Return the signature that a request should have."""
    canonical = b"\n".join(
        (
            b"POST\n/\n",
            *(_canonical(headers, name) for name in claim.signed_headers),
            b"",
            ";".join(claim.signed_headers).encode(),
            body_sha256.encode(),
        )
    )
    digest = hashlib.sha256(canonical).hexdigest()
    key = f"AWS4{secret}".encode()
    for part in (claim.day, claim.region, claim.service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    text = f"{ALGORITHM}\n{claim.moment}\n{claim.scope}\n{digest}"
    return hmac.digest(key, text.encode(), "sha256").hex()


def unknown_key() -> AwsError:
    """Make the error for a key or a session token that is not one of ours."""
    return AwsError(
        "UnrecognizedClientException", "The security token included in the request is invalid."
    )


def _authorization(value: str | None, query: bytes) -> dict[str, str]:
    """Take the Authorization header apart."""
    if value is None and re.search(rb"(?i)(^|&)x-amz-(algorithm|credential|signature)=", query):
        raise _incomplete(
            "A signature in the query (a presigned address) is not taken here; sign in the "
            "Authorization header."
        )
    if query:
        raise _incomplete("This address has no query parameters.")
    if value is None:
        raise AwsError("MissingAuthenticationTokenException", "Missing Authentication Token")
    algorithm, _, rest = value[:_MAX_AUTHORIZATION_CHARS].strip().partition(" ")
    if algorithm != ALGORITHM:
        raise _incomplete(f"Authorization must begin with {ALGORITHM}.")
    found = dict(_pairs(rest.split(",")))
    missing = [name for name in _PARTS if not found.get(name)]
    if missing:
        raise _incomplete(
            " ".join(f"Authorization header requires '{name}' parameter." for name in missing)
        )
    return found


def _pairs(texts: Iterable[str]) -> Iterable[tuple[str, str]]:
    for text in texts:
        name, _, value = text.strip().partition("=")
        yield name, value


def _require_signed(claim: Claim) -> None:
    """Check that the headers which decide what is done are among the signed ones."""
    if not all(map(_NAME.fullmatch, claim.signed_headers)):
        raise _incomplete("SignedHeaders must be header names in lower case.")
    needed = [*_MUST_BE_SIGNED, *(["x-amz-security-token"] if claim.session_token else ())]
    missing = [name for name in needed if name not in claim.signed_headers]
    if missing:
        raise AwsError(
            "InvalidSignatureException", f"SignedHeaders must have {', '.join(missing)}."
        )


def _require_scope(claim: Claim, end: str, *, service: str, region: str | None) -> None:
    if claim.service != service:
        problem = f"Credential should be scoped to correct service: '{service}'."
    elif region is not None and claim.region != region:
        problem = f"Credential should be scoped to a valid region: '{region}'."
    elif not _REGION.fullmatch(claim.region):
        problem = "Credential should be scoped to a valid region."
    elif end != "aws4_request":
        problem = "Credential should be scoped with a valid terminator: 'aws4_request'."
    else:
        return
    raise AwsError("InvalidSignatureException", problem)


def _require_fresh(claim: Claim, now: datetime) -> None:
    moment = _moment_of(claim.moment)
    text = f"{now:%Y%m%dT%H%M%SZ}"
    if moment < now - MAX_SKEW:
        problem = f"Signature expired: {claim.moment} is now earlier than {text} - 5 min."
    elif moment > now + MAX_SKEW:
        problem = f"Signature not yet current: {claim.moment} is still later than {text} + 5 min."
    elif claim.day != claim.moment[:8]:
        problem = "Date in Credential scope does not match the day of X-Amz-Date."
    else:
        return
    raise AwsError("InvalidSignatureException", problem)


def _moment_of(text: str) -> datetime:
    # strptime alone would take fewer digits.
    known = text if _MOMENT.fullmatch(text) else ""
    try:
        return datetime.strptime(f"{known}+0000", "%Y%m%dT%H%M%SZ%z")
    except ValueError:
        raise _incomplete(
            "The header X-Amz-Date is needed, in the form YYYYMMDDTHHMMSSZ."
        ) from None


def _canonical(headers: Headers, name: str) -> bytes:
    wanted = name.encode()
    values = [_SPACES.sub(b" ", value.strip()) for key, value in headers if key == wanted]
    return wanted + b":" + b",".join(values)


def _only(headers: Headers, name: str) -> str | None:
    """Return the value of a header that may come once.

    Raises:
        AwsError: It came several times.
    """
    wanted = name.encode()
    values = [value for key, value in headers if key == wanted]
    if len(values) > 1:
        raise _incomplete(f"The header {name} came {len(values)} times.")
    return values[0].decode("latin-1").strip() if values else None


def _incomplete(message: str) -> AwsError:
    return AwsError("IncompleteSignatureException", message)
