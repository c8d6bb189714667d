"""Prompt applications."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from faceplate.http.schemas.base import Answer, Example, NextToken, RequestBody

_RUN_EXAMPLE: Example = {
    "input_text": "I loved the new Batman movie!",
    "result": "typed",
    "parameters": {},
}


class HistoryMessage(RequestBody):
    """Something said before; the application's own system prompt always stays first."""

    role: Literal["user", "assistant"]
    content: str


class RunRequest(RequestBody):
    """What an application is run with.

    `input_text` is data: nothing in it is read as a template or a setting. Left out, the last of
    `messages`, which must be the user's, is the input.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_RUN_EXAMPLE]})

    input_text: str | None = Field(None, description="The input.")
    messages: list[HistoryMessage] | None = Field(None, description="The conversation so far.")
    chat_history: list[HistoryMessage] | None = Field(
        None, description="Another name of `messages`."
    )
    parameters: dict[str, Any] = Field(
        default_factory=dict, description="Values for the application's parameters."
    )
    result: Literal["text", "typed"] = Field(
        "text", description="`typed`: JSON that fits the application's result schema."
    )
    stream: bool = Field(default=False, description="Answer as server-sent events.")
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = Field(
        None, description="At most so many tokens of answer; the server has a limit of its own."
    )
    presence_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    frequency_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    n: Annotated[int, Field(ge=1, le=128)] | None = None
    seed: int | None = None
    stop: str | list[str] | None = None
    user: Annotated[str, Field(max_length=512)] | None = None

    @property
    def options(self) -> dict[str, Any]:
        """The members that steer the model."""
        return {name: value for name in OPTION_NAMES if (value := getattr(self, name)) is not None}


OPTION_NAMES = (
    "temperature",
    "top_p",
    "max_tokens",
    "presence_penalty",
    "frequency_penalty",
    "n",
    "seed",
    "stop",
    "user",
)


class CheckItem(Answer):
    """What one deterministic check found."""

    name: str
    passed: bool
    detail: str


class RunAnswer(Answer):
    """OpenAI's `chat.completion` object with members of ours."""

    model_config = ConfigDict(extra="allow")

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[dict[str, Any]]
    usage: dict[str, Any] | None = None
    result: Any = Field(description="The text, or the typed result.")
    checks: list[CheckItem]
    request_meta_data: dict[str, Any]


class ParameterItem(Answer):
    """One parameter of an application."""

    name: str
    kind: str
    summary: str
    default: Any
    choices: list[str]
    minimum: float | None
    maximum: float | None
    max_chars: int
    max_items: int


class ExampleItem(Answer):
    """An application, in short."""

    slug: str
    title: str
    summary: str
    category: str
    source_url: str
    legacy: bool
    needs: list[str]
    parameters: list[str]


class ExampleList(Answer):
    """All applications, by slug; `problems` are files that are left out, and why."""

    examples: list[ExampleItem]
    problems: list[dict[str, Any]]
    next_token: NextToken


class ExampleAnswer(Answer):
    """One application, with everything needed to run it."""

    slug: str
    title: str
    summary: str
    category: str
    source_url: str
    legacy: bool
    needs: list[str]
    parameters: list[ParameterItem]
    temperature: float
    max_tokens: int
    result_schema: dict[str, Any]
    checks: list[str]
    sample: dict[str, Any] | None
