"""The audit log."""

from __future__ import annotations

from starlette.responses import Response

from faceplate.domain.keys import KeyScope
from faceplate.http.answers import encode, json_answer
from faceplate.http.dependencies import BackendDep
from faceplate.http.parameters import LimitQuery, TokenQuery
from faceplate.http.routing import Routes
from faceplate.http.schemas.people import AuditList
from faceplate.http.views import audit_item, page

routes = Routes("audit", "What was erased, when and by whom, without personal data.")


@routes.add(
    "GET",
    "/v1/audit",
    "listAudit",
    "Read the audit log",
    scope=KeyScope.ADMIN,
    answer=AuditList,
    codes=("invalid_pagination_token",),
)
async def list_audit(
    backend: BackendDep, limit: LimitQuery = 100, next_token: TokenQuery = None
) -> Response:
    """Oldest first; no line holds personal data."""
    people = backend.application.people

    def read() -> bytes:
        found = people.audit(limit=limit, token=next_token)
        return encode(page("entries", [audit_item(row) for row in found.items], found.next_token))

    return json_answer(await backend.workers.read(read))
