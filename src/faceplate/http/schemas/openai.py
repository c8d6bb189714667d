"""OpenAI's shapes, as far as the document needs them; their full definition is OpenAI's."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from faceplate.http.schemas.base import Answer


class _Open(BaseModel):
    model_config = ConfigDict(extra="allow")


class ChatRequest(_Open):
    """OpenAI's chat request; `model` may be an application's slug.

    For an application, `messages` end with the user's input and hold no system message, and
    `parameters` and `result` are as in `POST /v1/examples/{slug}`.
    """

    model: str | None = None
    messages: list[dict[str, Any]] = Field(min_length=1)
    stream: bool | None = None


class ForwardedRequest(_Open):
    """A body that is sent to the provider as it is."""


class ChatAnswer(_Open):
    """OpenAI's `chat.completion` object."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[dict[str, Any]]


class ModelItem(_Open):
    """OpenAI's `model` object."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str


class ModelList(Answer):
    """Applications, then what the provider has."""

    object: Literal["list"]
    data: list[ModelItem]


class OpenAiError(Answer):
    """An error as OpenAI's clients expect it."""

    message: str
    type: str
    param: str | None
    code: str | None


class OpenAiErrorBody(Answer):
    """The body of every error on OpenAI's routes."""

    error: OpenAiError
