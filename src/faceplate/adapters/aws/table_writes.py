"""Write many items as one step: a transaction, or by way of the journal when it is too large."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Sequence
from typing import Any

from faceplate.adapters.aws.clients import AwsClients
from faceplate.adapters.aws.errors import THROTTLED, error_code, throttled, translated
from faceplate.adapters.aws.table_journal import ABANDONED_S, Journal
from faceplate.adapters.aws.table_steps import (
    MAX_ACTIONS,
    MAX_STEP_BYTES,
    SERVICE,
    Write,
    action,
    as_seen,
    conflict,
    size_bytes,
)
from faceplate.adapters.aws.values import from_wire

_PASSING = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
_TRIES = 10
_PAUSE_S = 0.03


class TableWriter:
    """Carry out steps on one table."""

    def __init__(self, clients: AwsClients, table: str) -> None:
        self._clients = clients
        self._table = table
        self._journal = Journal(clients, table, self.transact)

    def commit(self, writes: Sequence[Write]) -> None:
        """Write everything or nothing.

        Raises:
            Busy: An item is not at the revision that was seen (code ``write_conflict``), or
                DynamoDB is throttling.
        """
        if not writes:
            return
        step = uuid.uuid4().hex
        if len(writes) == 1:
            self._write_one(writes[0], step)
        elif (
            len(writes) <= MAX_ACTIONS and sum(size_bytes(one) for one in writes) <= MAX_STEP_BYTES
        ):
            self.transact([self._action(one, step) for one in writes])
        else:
            self._journal.write(writes, step)

    # steps of one item and of up to a hundred

    def _write_one(self, write: Write, step: str) -> None:
        from botocore.exceptions import ClientError  # noqa: PLC0415 - loaded with the client

        ((kind, request),) = self._action(write, step).items()
        client = self._clients.dynamodb
        call = client.put_item if kind == "Put" else client.delete_item
        with translated(SERVICE):
            try:
                call(**request)
            except ClientError as exc:
                if error_code(exc) != "ConditionalCheckFailedException":
                    raise
                # A retry of the SDK meets what its first try has written.
                found = from_wire(exc.response.get("Item", {}))
                done = not found if write.item is None else found.get("Revision") == step
                if not done:
                    raise conflict() from exc

    def transact(self, actions: Sequence[dict[str, Any]]) -> None:
        """Carry out up to 100 actions as one step; try again while others are in the way.

        Raises:
            Busy: A condition of an action does not hold (code ``write_conflict``), or DynamoDB is
                throttling.
        """
        from botocore.exceptions import ClientError  # noqa: PLC0415

        token = uuid.uuid4().hex  # tells DynamoDB that a retry is the same step
        for tried in range(_TRIES):
            with translated(SERVICE):
                try:
                    self._clients.dynamodb.transact_write_items(
                        TransactItems=list(actions), ClientRequestToken=token
                    )
                except ClientError as exc:
                    if not _may_be_tried_again(exc):
                        raise
                else:
                    return
            time.sleep(random.uniform(0, min(1.0, _PAUSE_S * 2**tried)))  # noqa: S311
        raise throttled(SERVICE)

    def _action(self, write: Write, step: str) -> dict[str, Any]:
        found = as_seen(write)
        if found:
            found["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        return action(self._table, write, step, found)

    def recover(self, *, min_age_s: float = ABANDONED_S) -> int:
        """End large steps whose process has died; see the journal."""
        return self._journal.recover(min_age_s=min_age_s)


def _may_be_tried_again(exc: Any) -> bool:
    """Judge a transaction that was refused.

    Raises:
        Busy: An item is not at the revision that was seen (code ``write_conflict``).
    """
    code = error_code(exc)
    if code != "TransactionCanceledException":
        return code in THROTTLED
    reasons = {reason.get("Code") for reason in exc.response.get("CancellationReasons", ())}
    if "ConditionalCheckFailed" in reasons:
        raise conflict() from exc
    return bool(reasons & _PASSING)
