"""What was used of language models."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Annotated

from fastapi import Query, Request
from pydantic import BeforeValidator
from starlette.responses import Response

from faceplate.domain.errors import Forbidden, InvalidParameter
from faceplate.domain.keys import ApiKey, KeyScope
from faceplate.http.answers import encode, json_answer
from faceplate.http.dependencies import BackendDep
from faceplate.http.prompt_views import usage_view
from faceplate.http.routing import Routes
from faceplate.http.schemas.usage import UsageAnswer

routes = Routes("usage", "What was used of language models.")

MAX_DAYS = 366
_DEFAULT_DAYS = 30
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _read_day(value: object) -> object:
    """Take a day as ISO 8601 writes it; a bare number is none."""
    if isinstance(value, str) and not _ISO_DAY.fullmatch(value):
        raise ValueError("not a day")
    return value


Day = Annotated[date, BeforeValidator(_read_day, json_schema_input_type=date)]
FirstQuery = Annotated[
    Day | None, Query(description="The first day (UTC); 30 days before the last when left out.")
]
LastQuery = Annotated[Day | None, Query(description="The last day (UTC); today when left out.")]
KeyQuery = Annotated[
    str | None, Query(max_length=128, description="Only this key; others need an admin key.")
]


@routes.add(
    "GET",
    "/v1/usage",
    "getUsage",
    "Read usage by key, application and day",
    scope=KeyScope.READ,
    answer=UsageAnswer,
    codes=("forbidden",),
)
async def get_usage(
    request: Request,
    backend: BackendDep,
    first: FirstQuery = None,
    last: LastQuery = None,
    key_id: KeyQuery = None,
) -> Response:
    """A key with the scope admin sees all keys, any other its own."""
    caller: ApiKey = request.state.key
    meter = backend.application.text.meter
    until = last or meter.today()
    since = first or until - timedelta(days=min(_DEFAULT_DAYS, until.toordinal() - 1))
    if not timedelta(0) <= until - since < timedelta(days=MAX_DAYS):
        raise InvalidParameter(
            f"first must not be after last, nor {MAX_DAYS} days or more before it.",
            parameter="first",
        )
    if caller.scope is not KeyScope.ADMIN:
        if key_id not in {None, caller.key_id}:
            raise Forbidden("Only an admin key may look at the usage of others.")
        key_id = caller.key_id

    def read() -> bytes:
        rows = meter.read(first=since, last=until, key_id=key_id)
        today = meter.today()
        own = meter.read(first=today, last=today, key_id=caller.key_id)
        return encode(
            usage_view(
                rows,
                daily_tokens=meter.limit_of(caller),
                used_today=sum(row.tokens for row in own),
            )
        )

    return json_answer(await backend.workers.read(read))
