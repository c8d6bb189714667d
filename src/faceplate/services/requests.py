"""Do once what is asked twice with the same token."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from faceplate.domain.errors import Conflict
from faceplate.domain.request_tokens import RequestToken
from faceplate.ports.records import Records
from faceplate.ports.runtime import Runtime
from faceplate.services.face_space import FaceSpace
from faceplate.services.secrets import Signer

LIFETIME = timedelta(hours=1)
"""How long a token stands for its request. Amazon does not say how long it is there."""

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Claim:
    """A request that carries a token: whose, for what, and with which parameters (JSON-able)."""

    caller: str
    token: str
    collection_id: str
    operation: str
    parameters: Mapping[str, Any]


class Requests:
    """Remember the answers of requests by their tokens, in the same step as what they changed."""

    def __init__(
        self, *, records: Records, runtime: Runtime, space: FaceSpace, signer: Signer
    ) -> None:
        self._records = records
        self._runtime = runtime
        self._space = space
        self._signer = signer

    def once(self, claim: Claim, work: Callable[[], Answer]) -> Answer:
        """Return what ``work`` returns, or what it returned before for the same request.

        A request that fails is not remembered. The collection must exist.

        Raises:
            Conflict: Code ``idempotency_mismatch``: the token stands for another request.
        """
        text = json.dumps([claim.operation, claim.collection_id, claim.parameters], sort_keys=True)
        digest = self._signer.sign(f"request:{text}")
        with self._space.changing(claim.collection_id), self._records.unit():
            now = self._runtime.now()
            kept = self._records.get_request_token(claim.caller, claim.token)
            if kept is not None and kept.created_at > now - LIFETIME:
                if kept.digest != digest:
                    raise Conflict(
                        f"The ClientRequestToken: {claim.token} you have supplied is already in "
                        "use.",
                        code="idempotency_mismatch",
                    )
                return dict(kept.answer)
            answer = work()
            self._records.put_request_token(
                RequestToken(
                    caller=claim.caller,
                    token=claim.token,
                    collection_id=claim.collection_id,
                    digest=digest,
                    answer=answer,
                    created_at=now,
                )
            )
        return answer

    def forget_old(self) -> int:
        """Forget tokens whose time is over; return how many."""
        return self._records.delete_request_tokens_before(self._runtime.now() - LIFETIME)
