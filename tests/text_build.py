"""The text half in memory, and applications to try it with."""

from __future__ import annotations

from typing import Any

from faceplate.adapters.checks.checks import DeterministicChecker
from faceplate.adapters.json_schema.schemas import JsonSchemas
from faceplate.adapters.memory.chat import MemoryChat
from faceplate.adapters.memory.prompt_catalog import MemoryPromptCatalog
from faceplate.adapters.memory.usage import MemoryUsage
from faceplate.adapters.openai.chat import OpenAiChat
from faceplate.adapters.openai.connections import Connections
from faceplate.adapters.openai.provider import Provider
from faceplate.domain.prompt_parameters import Parameter, ParameterKind
from faceplate.domain.prompts import PromptApp
from faceplate.ports.chat import Chat
from faceplate.services.text_parts import TextParts

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"mood": {"type": "string", "enum": ["good", "bad"]}},
    "required": ["mood"],
    "additionalProperties": False,
}


def app(slug: str = "mood", **changes: Any) -> PromptApp:
    """A small application with one parameter and a typed result."""
    members: dict[str, Any] = {
        "slug": slug,
        "title": "Mood",
        "summary": "Tell a mood.",
        "category": "classify",
        "source_url": "https://example.com/mood",
        "system_prompt": "Tell the mood, for {{reader}}.",
        "typed_instructions": "Answer as JSON with the member mood.",
        "temperature": 0.0,
        "max_tokens": 64,
        "result_schema": SCHEMA,
        "parameters": (
            Parameter(
                name="reader",
                kind=ParameterKind.CHOICE,
                summary="Who reads it.",
                default="adults",
                choices=("adults", "children"),
            ),
        ),
    }
    return PromptApp(**{**members, **changes})


def text_parts(chat: Chat | None = None, **changes: Any) -> TextParts:
    """Adapters of the text half, with the application ``mood``."""
    members: dict[str, Any] = {
        "chat": chat or MemoryChat(),
        "catalog": MemoryPromptCatalog([app()]),
        "checker": DeterministicChecker(),
        "schemas": JsonSchemas(),
        "usage": MemoryUsage(),
    }
    return TextParts(**{**members, **changes})


async def no_wait(_seconds: float) -> None:
    """Stand in for sleeping between attempts."""


def openai_chat(base_url: str, **changes: Any) -> OpenAiChat:
    """A provider at an address, which is tried again without waiting."""
    members: dict[str, Any] = {
        "name": "stub",
        "base_url": base_url,
        "model": "stub-1",
        "api_key": "sk-secret",
    }
    return OpenAiChat(Provider(**{**members, **changes}), Connections(), sleep=no_wait)
