"""API keys on AWS are API Gateway's: it checks them, and it counts what they use."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from faceplate.domain.errors import Unsupported
from faceplate.domain.keys import ApiKey


class GatewayKeys:
    """Keep no keys and count nothing; say where keys are made, listed and revoked.

    The functions hold no right to read or make the gateway's keys, so that one of them in the
    wrong hands gives none away.
    """

    def put(self, key: ApiKey) -> None:  # noqa: ARG002 - the port's signature
        """Refuse.

        Raises:
            Unsupported: Always.
        """
        raise _elsewhere()

    def get(self, key_id: str) -> ApiKey | None:  # noqa: ARG002
        """Know none."""
        return None

    def list(self) -> Sequence[ApiKey]:
        """Refuse.

        Raises:
            Unsupported: Always.
        """
        raise _elsewhere()

    def revoke(self, key_id: str, at: datetime) -> bool:  # noqa: ARG002
        """Refuse.

        Raises:
            Unsupported: Always.
        """
        raise _elsewhere()

    def count_request(
        self,
        key_id: str,  # noqa: ARG002
        day: date,  # noqa: ARG002
        *,
        quota: int | None,  # noqa: ARG002
    ) -> int | None:
        """Let every request in: the usage plan has counted it."""
        return 1

    def count_requests(
        self,
        key_id: str,  # noqa: ARG002
        day: date,  # noqa: ARG002
        amount: int,
        *,
        quota: int | None,  # noqa: ARG002
    ) -> int:
        """Let every request in."""
        return amount

    def used(self, key_id: str, day: date) -> int:  # noqa: ARG002
        """Know of none."""
        return 0

    def ping(self) -> None:
        """Do nothing: a request that got here has passed the gateway."""


def _elsewhere() -> Unsupported:
    return Unsupported(
        "On AWS keys are API Gateway's: make, list and revoke them there "
        "(aws apigateway create-api-key), in the usage plan that Terraform made.",
        code="keys_in_gateway",
    )
