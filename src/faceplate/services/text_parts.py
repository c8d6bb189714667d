"""Wire the text half of the application from its adapters."""

from __future__ import annotations

from dataclasses import dataclass, field

from faceplate.ports.chat import Chat
from faceplate.ports.checks import Checker
from faceplate.ports.keys import Keys
from faceplate.ports.prompt_catalog import PromptCatalog
from faceplate.ports.runtime import Runtime
from faceplate.ports.schemas import Schemas
from faceplate.ports.usage import Usage
from faceplate.services.answer_cache import AnswerCache
from faceplate.services.completions import ChatLimits, Completions
from faceplate.services.key_gate import KeyGate
from faceplate.services.keys import KeyRing
from faceplate.services.model_list import ModelList
from faceplate.services.prompts import Prompts
from faceplate.services.surfaces import Surfaces
from faceplate.services.text import Text
from faceplate.services.usage import Meter, TokenLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class TextParts:
    """One adapter for every port of the text half, and its limits.

    ``cache_entries`` is how many answers at temperature 0 are remembered, for ``cache_s``.
    """

    chat: Chat
    catalog: PromptCatalog
    checker: Checker
    schemas: Schemas
    usage: Usage
    limits: ChatLimits = field(default_factory=ChatLimits)
    tokens: TokenLimits = field(default_factory=TokenLimits)
    cache_entries: int = 0
    cache_s: float = 3600.0


def assemble_text(parts: TextParts, *, ring: KeyRing, keys: Keys, runtime: Runtime) -> Text:
    """Wire the text half."""
    meter = Meter(usage=parts.usage, runtime=runtime, limits=parts.tokens)
    cache = None
    if parts.cache_entries:
        cache = AnswerCache(runtime=runtime, entries=parts.cache_entries, kept_s=parts.cache_s)
    completions = Completions(chat=parts.chat, meter=meter, limits=parts.limits, cache=cache)
    prompts = Prompts(
        catalog=parts.catalog,
        completions=completions,
        checker=parts.checker,
        schemas=parts.schemas,
        runtime=runtime,
    )
    return Text(
        chat=parts.chat,
        prompts=prompts,
        completions=completions,
        surfaces=Surfaces(chat=parts.chat, meter=meter, limits=parts.limits),
        gate=KeyGate(ring=ring, keys=keys, runtime=runtime),
        meter=meter,
        models=ModelList(chat=parts.chat, runtime=runtime),
    )
