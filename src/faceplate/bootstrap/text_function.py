"""The function on AWS that serves language models: nothing of faces in it, nothing made early."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from faceplate.adapters.memory.keys import MemoryKeys
from faceplate.adapters.system.runtime import SystemRuntime
from faceplate.bootstrap.function_settings import read_function_settings
from faceplate.bootstrap.text import settings_providers, text_parts
from faceplate.domain.errors import Misconfigured
from faceplate.http.options import HttpOptions
from faceplate.ports.chat import EVERY_SURFACE, Chat
from faceplate.services.deferred_chat import DeferredChat
from faceplate.services.fallback import FallbackChat
from faceplate.services.keys import KeyRing, Limits
from faceplate.services.secrets import AccessSecrets
from faceplate.services.text import Text
from faceplate.services.text_parts import assemble_text

if TYPE_CHECKING:
    from faceplate.adapters.aws.clients import AwsClients
    from faceplate.config import Settings

NO_KEY = "unset"
"""What the parameter holds until somebody writes a key into it."""


@dataclass(frozen=True, slots=True)
class TextFunction:
    """An application with the language half alone, and what its edge needs to know."""

    text: Text
    keys: KeyRing
    options: HttpOptions
    log_level: str
    warm_up: Callable[[], None]


def build_text_function(environ: Mapping[str, str]) -> TextFunction:
    """Wire the function that the environment describes; nothing is asked of AWS yet.

    Raises:
        Misconfigured: A setting is wrong or missing.
    """
    from faceplate.adapters.aws.clients import AwsClients
    from faceplate.adapters.aws.table import DynamoTable
    from faceplate.adapters.aws.usage import DynamoUsage

    settings = read_function_settings(environ)
    if settings.aws.table is None:
        raise Misconfigured("FACEPLATE_AWS__TABLE is missing.", code="setting_invalid")
    clients = AwsClients()
    chat = _chat(settings, clients)
    # The gateway in front has checked the key and counted the request before anything gets here.
    keys, runtime = MemoryKeys(), SystemRuntime()
    ring = KeyRing(
        keys=keys,
        runtime=runtime,
        limits=Limits(),
        access_secrets=AccessSecrets(secrets.token_bytes(32)),
    )
    usage = DynamoUsage(DynamoTable(clients, settings.aws.table))
    parts = text_parts(settings, usage, chat)

    def warm_up() -> None:
        from faceplate.adapters.openai import chat as _  # noqa: F401

        clients.dynamodb  # noqa: B018 -- made by being asked for
        parts.catalog.list()

    return TextFunction(
        text=assemble_text(parts, ring=ring, keys=keys, runtime=runtime),
        keys=ring,
        options=gateway_options(settings),
        log_level=settings.log_level,
        warm_up=warm_up,
    )


def gateway_options(settings: Settings) -> HttpOptions:
    """Return what the HTTP edge needs to know behind the gateway."""
    return HttpOptions(
        max_image_bytes=settings.max_image_bytes,
        worker_threads=4,
        cors_origins=settings.cors_origins,
        metrics_public=settings.metrics_public,
        debug_mode=settings.debug_mode,
        mode=settings.mode,
        keep_alive_s=settings.chat.keep_alive_s,
        gateway=True,
    )


def _chat(settings: Settings, clients: AwsClients) -> Chat:
    """Return the providers; their key is read when the first request needs it."""

    def make() -> Chat:
        from faceplate.adapters.aws.parameters import read_parameter
        from faceplate.adapters.openai.chat import OpenAiChat
        from faceplate.adapters.openai.connections import Connections

        connections = Connections()
        providers = settings_providers(settings)
        name = settings.aws.provider_key_parameter
        if name is not None:
            secret = read_parameter(clients, name)
            if secret != NO_KEY:
                first = replace(providers[0], api_key=secret)
                providers = [first, *providers[1:]]
        chats = [OpenAiChat(provider, connections) for provider in providers]
        return chats[0] if len(chats) == 1 else FallbackChat(chats)

    providers = settings_providers(settings)
    if not providers:
        raise Misconfigured(
            "No language model is named: set FACEPLATE_CHAT__BASE_URL.", code="setting_invalid"
        )
    return DeferredChat(
        make,
        name=", ".join(provider.name for provider in providers),
        surfaces=EVERY_SURFACE,
    )
