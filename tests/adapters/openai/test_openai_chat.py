"""A provider over HTTP: retries, refused parameters, deadlines, and nothing it says shown."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

import pytest

import stub_provider as stubs
from faceplate.adapters.openai.chat import OpenAiChat
from faceplate.adapters.openai.connections import Connections, proxy_for
from faceplate.adapters.openai.provider import Provider
from faceplate.domain.errors import (
    Busy,
    FaceplateError,
    InvalidInput,
    InvalidParameter,
    Misconfigured,
    RateLimited,
    Unsupported,
    UpstreamFailed,
)
from faceplate.ports.chat import CHAT, EMBEDDINGS
from stub_provider import StubProvider
from text_build import openai_chat

Result = TypeVar("Result")
BODY: dict[str, Any] = {"messages": [{"role": "user", "content": "hello"}]}


@pytest.fixture
def stub() -> Iterator[StubProvider]:
    with stubs.running() as found:
        yield found


def use(chat: OpenAiChat, work: Callable[[], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        try:
            return await work()
        finally:
            await chat.close()

    return asyncio.run(run())


def ask(chat: OpenAiChat, deadline_s: float = 20.0, **members: Any) -> dict[str, Any]:
    return use(chat, lambda: chat.complete({**BODY, **members}, deadline_s=deadline_s))


def test_the_request_is_openais(stub: StubProvider) -> None:
    ask(openai_chat(stub.base_url), temperature=0.5)
    (seen,) = stub.seen
    assert (seen.method, seen.path) == ("POST", "/v1/chat/completions")
    assert seen.headers["authorization"] == "Bearer sk-secret"
    assert seen.headers["user-agent"].startswith("faceplate/")
    assert seen.json == {**BODY, "temperature": 0.5, "model": "stub-1"}


def test_no_key_no_header(stub: StubProvider) -> None:
    ask(openai_chat(stub.base_url, api_key=None))
    assert "authorization" not in stub.seen[0].headers


@pytest.mark.parametrize(
    "behaviour",
    [
        stubs.refuses(429, headers={"retry-after": "1"}),
        stubs.refuses(503),
        stubs.refuses(500),
        stubs.refuses(502),
        stubs.closes,
    ],
)
def test_what_is_safe_is_tried_again(stub: StubProvider, behaviour: stubs.Behaviour) -> None:
    stub.queue(behaviour, behaviour)
    assert ask(openai_chat(stub.base_url))["choices"]
    assert len(stub.seen) == 3


def test_tries_come_to_an_end(stub: StubProvider) -> None:
    stub.always = stubs.refuses(500)
    with pytest.raises(UpstreamFailed):
        ask(openai_chat(stub.base_url, retries=1))
    assert len(stub.seen) == 2


@pytest.mark.parametrize(
    "behaviour",
    [
        stubs.refuses(400),
        stubs.refuses(401),
        stubs.refuses(404),
        stubs.refuses(429, "insufficient_quota"),
        stubs.refuses(429, headers={"retry-after": "60"}),
        stubs.says_html(),
    ],
)
def test_what_is_not_safe_or_not_worth_it_is_not(
    stub: StubProvider, behaviour: stubs.Behaviour
) -> None:
    stub.always = behaviour
    with pytest.raises(FaceplateError):
        ask(openai_chat(stub.base_url))
    assert len(stub.seen) == 1


def test_a_silence_is_never_tried_again(stub: StubProvider) -> None:
    stub.always = stubs.hangs(stub)
    with pytest.raises(UpstreamFailed) as failed:
        ask(openai_chat(stub.base_url, idle_s=0.1))
    assert failed.value.code == "upstream_timeout"
    assert len(stub.seen) == 1


def test_the_deadline_holds_however_lively_the_provider(stub: StubProvider) -> None:
    async def drip(_seen: stubs.Seen, wire: stubs.Wire) -> None:
        await wire.begin_events()
        while True:
            await wire.piece(b": still here\n\n")
            await asyncio.sleep(0.01)

    stub.always = drip
    chat = openai_chat(stub.base_url)

    async def read() -> None:
        async for _ in chat.stream(dict(BODY), deadline_s=0.2):
            pass

    with pytest.raises(UpstreamFailed) as failed:
        use(chat, read)
    assert failed.value.code == "upstream_timeout"


def test_other_surfaces_are_tried_again_only_before_they_began(stub: StubProvider) -> None:
    chat = openai_chat(stub.base_url)
    stub.queue(stubs.refuses(429), stubs.refuses(500))
    with pytest.raises(UpstreamFailed):
        use(
            chat,
            lambda: chat.forward(EMBEDDINGS, b"{}", "application/json", deadline_s=20),
        )
    assert len(stub.seen) == 2


@pytest.mark.parametrize(
    ("behaviour", "kind", "code"),
    [
        (stubs.refuses(400, "x", "messages"), InvalidInput, "upstream_refused"),
        (stubs.refuses(401), UpstreamFailed, "upstream_unauthenticated"),
        (stubs.refuses(429), RateLimited, "upstream_rate_limited"),
        (stubs.refuses(529), Busy, "upstream_busy"),
        (stubs.refuses(500), UpstreamFailed, "upstream_failed"),
        (stubs.says_html(), UpstreamFailed, "upstream_invalid_answer"),
        (stubs.says({}, 302), UpstreamFailed, "upstream_invalid_answer"),
    ],
)
def test_failures_are_ours_and_say_nothing_of_theirs(
    stub: StubProvider, behaviour: stubs.Behaviour, kind: type[FaceplateError], code: str
) -> None:
    stub.always = behaviour
    with pytest.raises(kind) as failed:
        ask(openai_chat(stub.base_url, retries=0))
    assert failed.value.code == code
    shown = failed.value.message + json.dumps(failed.value.details)
    assert "secret" not in shown
    assert "stub" in failed.value.message


def test_half_a_surrogate_pair_in_an_answer_is_let_through(stub: StubProvider) -> None:
    async def cut_emoji(_seen: stubs.Seen, wire: stubs.Wire) -> None:
        text = json.dumps(stubs.completion("x")).replace('"x"', '"cut \\ud83d"')
        await wire.answer(200, text.encode(), "application/json")

    stub.queue(cut_emoji)
    answer = ask(openai_chat(stub.base_url))
    assert answer["choices"][0]["message"]["content"] == "cut \ud83d"


def test_half_a_surrogate_pair_in_a_request_is_refused(stub: StubProvider) -> None:
    said = [{"role": "user", "content": "\ud83d"}]
    with pytest.raises(InvalidParameter):
        ask(openai_chat(stub.base_url), messages=said)
    assert stub.seen == []


def test_a_surface_it_is_configured_without(stub: StubProvider) -> None:
    chat = openai_chat(stub.base_url, surfaces=frozenset({CHAT}))
    with pytest.raises(Unsupported):
        use(chat, lambda: chat.forward(EMBEDDINGS, b"", "application/json", deadline_s=20))
    assert stub.seen == []


def test_models_that_are_none(stub: StubProvider) -> None:
    chat = openai_chat(stub.base_url)
    stub.queue(stubs.says({"data": "none"}))
    with pytest.raises(UpstreamFailed):
        use(chat, chat.ping)


@pytest.mark.parametrize(
    "members",
    [
        {"base_url": "ftp://x/v1"},
        {"base_url": "http://user:word@host/v1"},
        {"base_url": "http://host/v1?key=x"},
        {"api_key": "two\nlines"},
        {"name": ""},
        {"surfaces": frozenset({"files"})},
    ],
)
def test_a_provider_that_could_never_work(members: dict[str, Any]) -> None:
    sound = {"name": "x", "base_url": "http://host/v1", "model": "m"}
    with pytest.raises(Misconfigured):
        Provider(**{**sound, **members})


def test_a_key_is_not_in_the_representation() -> None:
    assert "sk-x" not in repr(Provider("x", "http://host/v1", "m", "sk-x"))


def test_this_machine_is_never_behind_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy:3128")
    monkeypatch.setenv("no_proxy", "inner.example")
    assert proxy_for("http://127.0.0.1:8080/v1") is None
    assert proxy_for("http://inner.example/v1") is None
    assert proxy_for("http://outer.example/v1") == "http://proxy:3128"


def test_closing_twice_and_another_loop(stub: StubProvider) -> None:
    connections = Connections()
    chat = OpenAiChat(Provider("stub", stub.base_url, "stub-1"), connections)
    for _ in range(2):
        assert ask(chat)["choices"]
    asyncio.run(chat.close())
