"""From OpenAI's chat request to a run of a prompt application."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from faceplate.domain.app_options import split_options
from faceplate.domain.chat_requests import accept_messages
from faceplate.domain.errors import InvalidParameter
from faceplate.services.prompts import Run

DROPPED_HEADER = "x-faceplate-dropped-parameters"

_OURS = frozenset({"model", "messages", "parameters", "result", "response_format", "stream"})
_ROLES = ("user", "assistant")


def run_of(slug: str, body: Mapping[str, Any]) -> tuple[Run, tuple[str, ...]]:
    """Make a run of a chat request whose model is an application; name what was left out.

    Text parts of a message are joined. ``response_format`` asks for a typed result: of the
    application's schema (``json_object``), or of the caller's own (``json_schema``).

    Raises:
        InvalidParameter: A system message, a part that is no text, no input, a member that makes
            no sense, or one that would override the application.
    """
    accept_messages(body.get("messages"), _ROLES)
    messages = [
        {"role": message["role"], "content": _text(message.get("content"), place)}
        for place, message in enumerate(body["messages"])
    ]
    if messages[-1]["role"] != "user":
        raise InvalidParameter("The last message must be the user's.", parameter="messages")
    stream = body.get("stream")
    if stream is not None and not isinstance(stream, bool):
        raise InvalidParameter("stream must be true or false.", parameter="stream")
    typed, schema = _format(body)
    parameters = body.get("parameters")
    if parameters is not None and not isinstance(parameters, dict):
        raise InvalidParameter("parameters must be an object.", parameter="parameters")
    options, dropped = split_options(body, _OURS)
    run = Run(
        slug=slug,
        input_text=messages[-1]["content"],
        history=messages[:-1],
        parameters=parameters or {},
        typed=typed,
        schema=schema,
        options=options,
    )
    return run, dropped


def dropped_header(names: Iterable[str]) -> dict[str, str]:
    """Return the header that names what a request had and nobody read."""
    found = ",".join(names)
    return {DROPPED_HEADER: found} if found else {}


def _format(body: Mapping[str, Any]) -> tuple[bool, Mapping[str, Any] | None]:
    """Return whether a typed result is wanted, and the caller's own schema if there is one."""
    result = body.get("result")
    if result not in (None, "text", "typed"):
        raise InvalidParameter("result must be text or typed.", parameter="result")
    wanted = body.get("response_format")
    if wanted is None:
        return result == "typed", None
    kind = wanted.get("type") if isinstance(wanted, dict) else None
    if kind == "json_schema":
        described = wanted.get("json_schema")
        schema = described.get("schema") if isinstance(described, dict) else None
        if not isinstance(schema, dict):
            raise InvalidParameter(
                "response_format.json_schema.schema must be an object.",
                parameter="response_format",
            )
        return True, schema
    if kind not in ("text", "json_object"):
        raise InvalidParameter(
            "response_format.type must be text, json_object or json_schema.",
            parameter="response_format",
        )
    return result == "typed" or kind == "json_object", None


def _text(content: object, place: int) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        texts = [
            part.get("text") if isinstance(part, dict) and part.get("type") == "text" else None
            for part in content
        ]
        if texts and all(isinstance(text, str) for text in texts):
            return "".join(str(text) for text in texts)
    raise InvalidParameter("An application takes text.", parameter=f"messages[{place}].content")
