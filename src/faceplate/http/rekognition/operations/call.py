"""What an operation is called with, and how it is registered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from faceplate.domain.collections import collection_arn
from faceplate.domain.errors import Forbidden, Unsupported
from faceplate.domain.keys import KeyScope
from faceplate.services.application import Application
from faceplate.services.rekognition import Rekognition

Request: TypeAlias = Mapping[str, Any]
"""The members of the input, checked against the service model; blobs are bytes."""

Answer: TypeAlias = dict[str, Any]
"""The members of the output; timestamps are datetimes in UTC. A member that is None is left out."""


@dataclass(frozen=True, slots=True)
class AwsKey:
    """Who calls. ``collection_prefix`` is what every collection's id must begin with; may be empty.

    The protocol compares ``scope`` with the operation's ``access``; the prefix is the operations'.
    """

    access_key_id: str
    scope: KeyScope
    collection_prefix: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One call: the use cases, the caller, and what the answer's headers are to carry.

    ``region`` is the one the request was signed for; it shows in ARNs and means nothing else.
    """

    application: Application
    key: AwsKey
    headers: dict[str, str] = field(default_factory=dict)
    region: str = "us-east-1"

    @property
    def protocol(self) -> Rekognition:
        """The use cases of this protocol alone.

        Raises:
            Unsupported: This mode leaves the protocol to Amazon.
        """
        found = self.application.rekognition
        if found is None:
            raise Unsupported("In this mode, call Amazon Rekognition itself.")
        return found

    def collection_of(self, request: Request) -> str:
        """Return the CollectionId of a request.

        Raises:
            Forbidden: Code ``collection_out_of_scope``.
        """
        collection_id: str = request["CollectionId"]
        self.require_in_scope(collection_id)
        return collection_id

    def require_in_scope(self, collection_id: str) -> None:
        """Refuse a collection that is not the key's, whether it exists or not."""
        if not collection_id.startswith(self.key.collection_prefix):
            raise Forbidden(
                "This key may only use collections whose id begins with "
                f"{self.key.collection_prefix}.",
                code="collection_out_of_scope",
            )

    def arn_of(self, collection_id: str) -> str:
        """Return a collection's Amazon resource name."""
        return collection_arn(
            collection_id, region=self.region, account_id=self.protocol.account_id
        )


@dataclass(frozen=True, slots=True)
class Operation:
    """A handler, the scope it needs, and whether it works on a picture (and so waits its turn)."""

    handler: Callable[[Call, Request], Answer]
    access: Literal["read", "write"]
    kind: Literal["picture", "plain"]
