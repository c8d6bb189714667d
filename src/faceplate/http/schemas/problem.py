"""Errors."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field


class Problem(BaseModel):
    """RFC 9457 problem details with a stable code and the id of the request."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Bad Request"], description="The status in words.")
    status: int = Field(ge=400, le=599)
    detail: str = Field(description="For people; may change.")
    code: str = Field(description="For programs; does not change.")
    request_id: str
    details: dict[str, Any] | None = Field(
        None, description="More for programs, such as `parameter` and `rule`."
    )
