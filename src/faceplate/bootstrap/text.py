"""Where the ports of the text half meet their adapters."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from faceplate.adapters.openai.provider import Provider
from faceplate.bootstrap.deferred import DeferredChecker, DeferredSchemas
from faceplate.domain.errors import NotFound
from faceplate.ports.chat import CHAT, EVERY_SURFACE, RESPONSES, Chat
from faceplate.ports.prompt_catalog import PromptCatalog
from faceplate.ports.usage import Usage
from faceplate.services.completions import ChatLimits
from faceplate.services.deferred_chat import DeferredChat
from faceplate.services.evals import Evals
from faceplate.services.fallback import FallbackChat
from faceplate.services.text_parts import TextParts
from faceplate.services.usage import TokenLimits

if TYPE_CHECKING:
    from faceplate.adapters.llama.weights import LanguageModels
    from faceplate.config import Settings

OPENAI_URL = "https://api.openai.com/v1"
PROMPT_APPS = Path(__file__).parents[1] / "prompt_apps"
EMBEDDED = "embedded"


def text_parts(settings: Settings, usage: Usage, chat: Chat | None = None) -> TextParts:
    """Return the adapters of the text half that the settings describe; ``chat`` replaces theirs."""
    from faceplate.adapters.toml_catalog.prompt_catalog import TomlPromptCatalog

    schemas, checker = DeferredSchemas(), DeferredChecker()
    folders = [PROMPT_APPS]
    if settings.apps_dir is not None:
        folders.append(settings.apps_dir)
    wanted, limits = settings.chat, settings.limits
    return TextParts(
        chat=chat or _chat(settings),
        catalog=TomlPromptCatalog(folders, schemas=schemas, checker=checker),
        checker=checker,
        schemas=schemas,
        usage=usage,
        limits=ChatLimits(deadline_s=wanted.deadline_s, max_output_tokens=wanted.max_output_tokens),
        tokens=TokenLimits(
            daily_tokens=limits.daily_tokens if limits.enabled else None, hard=limits.hard_tokens
        ),
        cache_entries=wanted.cache_entries,
        cache_s=wanted.cache_s,
    )


def _chat(settings: Settings) -> Chat:
    """Return the providers of the settings behind one another; without any, the embedded model."""
    providers = settings_providers(settings)
    if not providers:
        return DeferredChat(
            lambda: _embedded(settings), name=EMBEDDED, surfaces=frozenset({CHAT, RESPONSES})
        )

    def make() -> Chat:
        from faceplate.adapters.openai.chat import OpenAiChat
        from faceplate.adapters.openai.connections import Connections

        connections = Connections()
        chats = [OpenAiChat(provider, connections) for provider in providers]
        return chats[0] if len(chats) == 1 else FallbackChat(chats)

    # Made at its first use: an HTTP client is a third of a second of imports.
    return DeferredChat(
        make,
        name=", ".join(provider.name for provider in providers),
        surfaces=frozenset().union(*(provider.surfaces for provider in providers)),
    )


def _embedded(settings: Settings) -> Chat:
    from faceplate.adapters.llama.chat import LlamaChat
    from faceplate.adapters.llama.model_process import LlamaLimits
    from faceplate.adapters.openai.chat import OpenAiChat
    from faceplate.adapters.openai.connections import Connections
    from faceplate.config import usable_cores

    connections = Connections(reuse=False)

    def connect(base_url: str, api_key: str) -> Chat:
        # A prompt of 4,000 tokens is 100 s of silence on a CPU.
        provider = Provider(EMBEDDED, base_url, EMBEDDED, api_key, idle_s=600.0, retries=0)
        return OpenAiChat(provider, connections)

    llm = settings.llm
    return LlamaChat(
        language_models(settings),
        connect,
        LlamaLimits(
            threads=llm.threads or max(1, usable_cores() - 1),
            context_tokens=llm.context_tokens,
            default_tokens=llm.answer_tokens,
            max_waiting=llm.max_waiting,
            pull=llm.pull,
        ),
    )


def language_models(settings: Settings) -> LanguageModels:
    """Return the store of the embedded language model's weights, which can pull what is missing."""
    from faceplate.adapters.llama.weights import LanguageModels
    from faceplate.adapters.packages.artifacts import Limits as PullLimits
    from faceplate.adapters.packages.artifacts import PackageArtifacts

    return LanguageModels(
        settings.models_dir,
        PackageArtifacts(PullLimits(source_s=7200.0)),
        wanted=settings.llm.model,
        own_file=settings.llm.file,
    )


def settings_providers(settings: Settings) -> list[Provider]:
    """Return the providers that the settings name, in the order they are asked.

    Raises:
        Misconfigured: One of them cannot be right.
    """
    chat = settings.chat
    key = chat.api_key or settings.openai_api_key
    named = [
        (one.name, one.base_url, one.api_key, one.model, one.surfaces) for one in chat.providers
    ]
    if chat.base_url is not None or (key is not None and not named):
        url = chat.base_url or OPENAI_URL
        name = "openai" if chat.base_url is None else "provider"
        named.insert(0, (name, url, key, chat.model, chat.surfaces))
    return [
        Provider(
            name=name,
            base_url=url,
            api_key=None if secret is None else secret.get_secret_value(),
            model=model,
            surfaces=EVERY_SURFACE if surfaces is None else frozenset(surfaces),
            connect_s=chat.connect_s,
            idle_s=chat.idle_s,
            retries=chat.retries,
        )
        for name, url, secret, model, surfaces in named
    ]


def describe_language_model(settings: Settings) -> str:
    """Say in one line which language model answers, its limits, and how to use a better one."""
    providers = settings_providers(settings)
    if providers:
        return ", then ".join(f"{one.name} ({one.model})" for one in providers)
    models = language_models(settings)
    better = "for a better one set OPENAI_API_KEY or FACEPLATE_CHAT__BASE_URL"
    entry = models.manifest.get(models.preferred)
    if settings.llm.file is not None or entry is None:
        return f"{models.preferred}, embedded; {better}"
    there = "" if models.is_kept(entry) else _how_it_comes(settings, entry.name)
    return (
        f"{entry.name}, embedded: {entry.parameters} parameters, "
        f"{settings.llm.context_tokens:,} tokens; {entry.limits}; {better}{there}"
    )


def _how_it_comes(settings: Settings, name: str) -> str:
    if settings.llm.pull:
        return ". It is downloaded, 1.1 GB, when it is first asked"
    return f". It is not here yet: faceplate models pull {name}"


@dataclass(frozen=True, slots=True)
class EvalParts:
    """What measuring the applications takes; the caller closes the chat."""

    evals: Evals
    catalog: PromptCatalog
    chat: Chat


def eval_parts(settings: Settings, provider: str | None = None) -> EvalParts:
    """Wire the evals with one provider, ``embedded``, or whatever answers as served.

    Raises:
        NotFound: The settings name no such provider (code ``provider_not_found``).
    """
    from faceplate.adapters.memory.usage import MemoryUsage

    parts = text_parts(settings, MemoryUsage())
    chat = parts.chat if provider is None else _named_chat(settings, provider)
    evals = Evals(chat=chat, checker=parts.checker, schemas=parts.schemas)
    return EvalParts(evals, parts.catalog, chat)


def _named_chat(settings: Settings, name: str) -> Chat:
    from faceplate.adapters.openai.chat import OpenAiChat
    from faceplate.adapters.openai.connections import Connections

    if name == EMBEDDED:
        return _embedded(settings)
    providers = {one.name: one for one in settings_providers(settings)}
    if name not in providers:
        known = ", ".join([*providers, EMBEDDED])
        raise NotFound(
            f"There is no provider {name}; there are: {known}.", code="provider_not_found"
        )
    return OpenAiChat(providers[name], Connections())
