"""What all shapes share."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Pct = Annotated[float, Field(ge=0, le=100)]
Moment = Annotated[AwareDatetime, Field(description="UTC.")]
NextToken = Annotated[
    str | None, Field(description="Ask for the next page with it; null on the last page.")
]
Metadata = dict[str, str]
Example = dict[str, Any]


class Answer(BaseModel):
    """An answer: exactly these members."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class RequestBody(BaseModel):
    """A request body: unknown members are refused, and nothing is converted."""

    model_config = ConfigDict(extra="forbid", strict=True)
