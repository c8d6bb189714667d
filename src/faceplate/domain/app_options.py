"""What a caller may ask of an application's model, beside the input."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from faceplate.domain.errors import InvalidParameter

APP_OPTIONS = frozenset(
    {
        "temperature",
        "top_p",
        "max_tokens",
        "max_completion_tokens",
        "presence_penalty",
        "frequency_penalty",
        "n",
        "seed",
        "stop",
        "user",
        "logprobs",
        "top_logprobs",
        "logit_bias",
        "reasoning_effort",
        "verbosity",
        "stream_options",
        "store",
        "metadata",
        "service_tier",
        "prompt_cache_key",
        "safety_identifier",
    }
)
"""Members of a chat request that steer an answer or keep books; all else is the application's."""

_REFUSED = frozenset(
    {
        "audio",
        "best_of",
        "chat_template",
        "chat_template_args",
        "chat_template_kwargs",
        "documents",
        "extra_body",
        "fallbacks",
        "functions",
        "grammar",
        "guided_choice",
        "guided_grammar",
        "guided_json",
        "guided_regex",
        "instructions",
        "json_schema",
        "modalities",
        "models",
        "options",
        "plugins",
        "prediction",
        "preset",
        "prompt",
        "provider",
        "providers",
        "raw",
        "reasoning",
        "route",
        "structured_outputs",
        "system",
        "system_prompt",
        "template",
        "tools",
        "transforms",
        "web_search_options",
    }
)
"""What would change an application's model, prompt, format, tools or cost, at one provider or
another: never left out in silence."""

_NAME = re.compile(r"[A-Za-z0-9_.\-]{1,64}")
_NAMES_SHOWN = 20


def split_options(
    body: Mapping[str, Any], known: Iterable[str] = ()
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the options of a request, and the names of members that nobody here reads.

    ``known`` are members that are read elsewhere. A member that is null, false or empty is
    neither.

    Raises:
        InvalidParameter: A member that would override the application.
    """
    options: dict[str, Any] = {}
    dropped: list[str] = []
    read = frozenset(known)
    for name, value in body.items():
        if name in read or value is None:
            continue
        if name in APP_OPTIONS:
            options[name] = value
        elif value is False or value in ("", [], {}):
            continue
        elif name in _REFUSED:
            raise InvalidParameter(
                f"{name} cannot be given: an application has its own.", parameter=name
            )
        elif _NAME.fullmatch(name) and len(dropped) < _NAMES_SHOWN:
            dropped.append(name)
    return options, tuple(dropped)
