"""The audit log in DynamoDB."""

from __future__ import annotations

from datetime import datetime

from faceplate.adapters.aws.records_items import from_moment, invalid_token, page_of, start_of
from faceplate.adapters.aws.table import DynamoTable
from faceplate.adapters.aws.table_schema import HASH_KEY, RANGE_KEY
from faceplate.adapters.aws.values import Item
from faceplate.domain.paging import Page
from faceplate.domain.people import AuditEntry

AUDIT = "#audit"
_NUMBERS = ("#audit-number", "-")
_DIGITS = 12


class AuditItems:
    """Keep the audit log."""

    def __init__(self, table: DynamoTable) -> None:
        self._table = table

    def add_audit(self, entry: AuditEntry) -> None:
        """Append one line to the audit log; a unit that fails leaves a gap in its numbers."""
        number = self._table.add(_NUMBERS, {"Number": 1})["Number"]
        self._table.put(
            {
                HASH_KEY: AUDIT,
                RANGE_KEY: f"{number:0{_DIGITS}}",
                "At": from_moment(entry.at),
                "Action": entry.action,
                "Actor": entry.actor,
                "Subject": entry.subject,
                "Counts": dict(entry.counts),
            }
        )

    def list_audit(self, *, limit: int, token: str | None = None) -> Page[AuditEntry]:
        """List the audit log, oldest first."""
        after = start_of(token)
        if after and not (after.isascii() and after.isdigit() and len(after) == _DIGITS):
            raise invalid_token()
        items = self._table.query(AUDIT, after=after, limit=limit + 1)
        return page_of(items, _read_audit, limit=limit)


def _read_audit(item: Item) -> AuditEntry:
    return AuditEntry(
        at=datetime.fromisoformat(item["At"]),
        action=item["Action"],
        actor=item["Actor"],
        subject=item["Subject"],
        counts=dict(item["Counts"]),
    )
