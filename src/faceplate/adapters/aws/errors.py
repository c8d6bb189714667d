"""What AWS's error codes mean to a caller of this service.

Errors are told apart by their code alone: exception classes belong to one client each, and the
vendor's text is never shown.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from faceplate.domain.errors import Busy, FaceplateError, Misconfigured, UpstreamFailed

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError

ErrorTable = Mapping[str, Callable[[], FaceplateError]]
"""What a code means in one call, before it means the same everywhere."""

RETRY_AFTER_S = 2.0

THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
_REFUSED = frozenset(
    {
        "403",  # of an answer without a body
        "AccessDenied",
        "AccessDeniedException",
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "KMSAccessDeniedException",
        "MissingAuthenticationToken",
        "NotAuthorized",
        "SignatureDoesNotMatch",
        "UnauthorizedOperation",
        "UnrecognizedClientException",
    }
)


def error_code(exc: ClientError) -> str:
    """Return the code that AWS gave."""
    return str(exc.response.get("Error", {}).get("Code", ""))


@contextlib.contextmanager
def translated(service: str, table: ErrorTable | None = None) -> Iterator[None]:
    """Turn what the AWS SDK raises inside the block into this service's errors.

    Args:
        service: Whom the block calls, for the message.
        table: What codes mean in this call.

    Raises:
        Busy: The service is throttling, after every retry (code ``upstream_busy``).
        Misconfigured: The credentials are missing or may not do this.
        UpstreamFailed: Anything else, known or not.
    """
    try:
        yield
    except FaceplateError:
        raise
    except Exception as exc:
        error = _translate(service, exc, table or {})
        if error is None:
            raise
        raise error from exc


def _translate(service: str, exc: Exception, table: ErrorTable) -> FaceplateError | None:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - loaded by now

    if isinstance(exc, ClientError):
        return _of_code(service, exc, table)
    return _of_sdk(service, exc) if isinstance(exc, BotoCoreError) else None


def _of_code(service: str, exc: ClientError, table: ErrorTable) -> FaceplateError:
    code = error_code(exc)
    if code in table:
        return table[code]()
    if code in THROTTLED:
        return throttled(service)
    if code in _REFUSED:
        return Misconfigured(
            f"AWS refuses this service's credentials for {service}: {exc.operation_name}.",
            code="aws_access_denied",
        )
    return UpstreamFailed(f"{service} could not do {exc.operation_name}.")


def _of_sdk(service: str, exc: BotoCoreError) -> FaceplateError:
    from botocore import exceptions  # noqa: PLC0415

    timeouts = (
        exceptions.ConnectTimeoutError,
        exceptions.ReadTimeoutError,
    )
    if isinstance(exc, timeouts):
        return UpstreamFailed(f"{service} did not answer in time.", code="upstream_timeout")
    credentials = (
        exceptions.NoCredentialsError,
        exceptions.PartialCredentialsError,
        exceptions.CredentialRetrievalError,
        exceptions.TokenRetrievalError,
        exceptions.ProfileNotFound,
    )
    if isinstance(exc, credentials):
        return Misconfigured("There are no AWS credentials to use.", code="aws_access_denied")
    if isinstance(exc, exceptions.NoRegionError):
        return Misconfigured("Set AWS_REGION to the region to work in.", code="aws_region_missing")
    if isinstance(exc, exceptions.ConnectionError | exceptions.HTTPClientError):
        return UpstreamFailed(f"{service} cannot be reached.", code="upstream_unreachable")
    return UpstreamFailed(f"The call to {service} failed.")


def throttled(service: str) -> Busy:
    """Return the error of a service that asks callers to slow down."""
    return Busy(
        f"{service} takes no more requests for the moment.",
        code="upstream_busy",
        retry_after_s=RETRY_AFTER_S,
    )
