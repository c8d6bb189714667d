"""The installation's secret, kept in the table and made at the first use.

It signs upload addresses and makes pseudonyms for the audit log; it unlocks nothing else.
"""

from __future__ import annotations

import secrets

from faceplate.adapters.aws.table import DynamoTable
from faceplate.adapters.aws.table_schema import HASH_KEY, RANGE_KEY

_PLACE = ("#installation", "secret")
_BYTES = 32


def installation_secret(table: DynamoTable) -> bytes:
    """Return the secret; of two processes that make one at once, both get the first."""

    def work() -> bytes:
        found = table.get(_PLACE)
        if found is not None:
            return bytes(found["Secret"])
        made = secrets.token_bytes(_BYTES)
        table.put({HASH_KEY: _PLACE[0], RANGE_KEY: _PLACE[1], "Secret": made})
        return made

    return table.atomically(work)
