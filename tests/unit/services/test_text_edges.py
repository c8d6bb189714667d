"""What the text half does at its edges: failures, odd figures, a midnight in between."""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import AsyncGenerator, Callable
from datetime import date, datetime, timedelta

import pytest

from build import build_memory_application
from faceplate.adapters.memory.chat import MemoryChat
from faceplate.adapters.memory.keys import MemoryKeys
from faceplate.adapters.memory.runtime import FixedRuntime
from faceplate.adapters.memory.usage import MemoryUsage
from faceplate.domain.errors import InvalidParameter, StorageFailed, UpstreamFailed
from faceplate.domain.keys import ApiKey, KeyScope
from faceplate.domain.prompt_parameters import Parameter, ParameterKind
from faceplate.domain.token_counts import estimate_answer, estimate_prompt
from faceplate.domain.typed_results import is_closed
from faceplate.ports.chat import CHAT, ChatBody, ForwardedAnswer
from faceplate.services.answer_cache import AnswerCache
from faceplate.services.fallback import FallbackChat
from faceplate.services.key_gate import KeyGate
from faceplate.services.keys import KeyRing, Limits
from faceplate.services.prompts import _add_usage
from faceplate.services.secrets import AccessSecrets
from faceplate.services.text import Text
from text_build import text_parts

BODY: ChatBody = {"messages": [{"role": "user", "content": "good day"}]}


def text_of(chat: MemoryChat, usage: MemoryUsage | None = None) -> tuple[Text, ApiKey]:
    parts = text_parts(chat, **({"usage": usage} if usage else {}))
    application = build_memory_application(text=parts).application
    return application.text, application.keys.create("one")[0]


class Refusing(MemoryChat):
    """A model that refuses everything."""

    async def complete(self, body: ChatBody, *, deadline_s: float) -> ChatBody:
        raise InvalidParameter("No.", parameter="messages")

    async def forward(
        self, surface: str, body: bytes, content_type: str, *, deadline_s: float
    ) -> ForwardedAnswer:
        raise UpstreamFailed("Out of order.")


class Uncounted(MemoryChat):
    """A model that says nothing of what an answer cost."""

    async def complete(self, body: ChatBody, *, deadline_s: float) -> ChatBody:
        answer = await super().complete(body, deadline_s=deadline_s)
        del answer["usage"]
        return answer


class Silent(MemoryChat):
    """A model whose streams end before they begin."""

    async def stream(self, body: ChatBody, *, deadline_s: float) -> AsyncGenerator[bytes, None]:
        for nothing in ():
            yield nothing


class Stuck(MemoryChat):
    """A model that does not answer a ping."""

    async def ping(self) -> None:
        await asyncio.Event().wait()


def test_too_few_texts_are_refused() -> None:
    words = Parameter(
        name="words", kind=ParameterKind.TEXTS, summary="Words.", default=("a", "b"), minimum=2
    )
    with pytest.raises(InvalidParameter):
        words.accept(["one"])
    assert words.accept(["one", "two"]) == ("one", "two")


def test_odd_messages_and_choices_cost_what_can_be_read() -> None:
    frame = estimate_prompt({"messages": [{"role": "user", "content": None}]})
    assert frame == estimate_prompt({"messages": [{"role": "user", "content": ["text"]}]}) > 0
    assert estimate_answer({"choices": ["odd", {"message": None}]}) == 0
    assert estimate_answer({"choices": [{"message": {"content": "words of an answer"}}]}) > 0


def test_a_list_of_schemas_is_closed_when_each_is() -> None:
    closed = {"type": "object", "properties": {}, "additionalProperties": False}
    assert is_closed({"anyOf": [closed, {"type": "string"}]})
    assert not is_closed({"anyOf": [closed, {"type": "object"}]})


def test_what_is_nested_without_end_is_not_remembered() -> None:
    nested: object = functools.reduce(lambda inner, _: [inner], range(100_000), 0)
    assert AnswerCache.place_of("one", {"temperature": 0, "metadata": nested}) is None
    assert AnswerCache.place_of("one", {"temperature": 0, "n": []}) is None


@pytest.mark.parametrize("choices", [None, [], 7, [None], [{"finish_reason": "stop"}]])
def test_an_answer_out_of_shape_is_not_remembered(choices: object) -> None:
    cache = AnswerCache(runtime=FixedRuntime(), entries=1, kept_s=1.0)
    cache.keep("place", {"choices": choices})
    assert cache.find("place") is None


def test_a_refusal_is_settled_as_failed_and_costs_nothing() -> None:
    text, key = text_of(Refusing())

    async def ask() -> None:
        with pytest.raises(InvalidParameter):
            await text.completions.complete(dict(BODY), key=key, app="chat")
        with pytest.raises(UpstreamFailed):
            await text.surfaces.forward(CHAT, b"{}", "application/json", key=key)

    asyncio.run(ask())
    assert text.surfaces.offered == frozenset({CHAT})


def test_an_answer_without_figures_is_settled_by_an_estimate() -> None:
    usage = MemoryUsage()
    text, key = text_of(Uncounted(), usage)
    asyncio.run(text.completions.complete(dict(BODY), key=key, app="chat"))
    text.write_books()
    rows = usage.read(first=date.min, last=date.max, key_id=key.key_id)
    assert [row.prompt_tokens > 0 and row.completion_tokens > 0 for row in rows] == [True]


def test_a_stream_that_ends_before_it_began_goes_to_the_next() -> None:
    async def first_of(*chats: MemoryChat) -> bytes:
        events = FallbackChat(chats).stream(dict(BODY), deadline_s=5)
        first = await anext(events)
        await events.aclose()
        return first

    assert asyncio.run(first_of(Silent("a"), MemoryChat("b"))).startswith(b"data: ")
    with pytest.raises(UpstreamFailed) as caught:
        asyncio.run(first_of(Silent("a")))
    assert caught.value.code == "upstream_cut_off"


def test_usage_is_only_added_to_usage() -> None:
    answer: ChatBody = {"usage": {"prompt_tokens": 1, "completion_tokens": 2}}
    _add_usage(answer, {})
    assert answer["usage"] == {"prompt_tokens": 1, "completion_tokens": 2}


class Midnight(FixedRuntime):
    """A clock that strikes midnight after so many looks, once it was armed."""

    looks: int | None = None

    def now(self) -> datetime:
        if self.looks is not None:
            self.looks -= 1
            if self.looks < 0:
                return super().now() + timedelta(days=1)
        return super().now()


class Between(FixedRuntime):
    """A clock at whose second look, once it was armed, something else happens first."""

    work: Callable[[], None] | None = None
    looks = 0

    def monotonic_s(self) -> float:
        self.looks += self.work is not None
        if self.work is not None and self.looks == 2:
            self.work()
        return super().monotonic_s()


def test_a_lease_that_goes_back_in_between_is_not_used() -> None:
    keys, runtime = MemoryKeys(), Between()
    ring = KeyRing(
        keys=keys,
        runtime=runtime,
        limits=Limits(daily_quota=100, rate_rps=10.0),
        access_secrets=AccessSecrets(b"test"),
    )
    gate = KeyGate(ring=ring, keys=keys, runtime=runtime)
    key, secret = ring.create("one")
    gate.admit(secret, KeyScope.READ)
    runtime.work = gate.give_back
    assert gate.admit_known(secret, KeyScope.READ) is None
    assert keys.used(key.key_id, runtime.now().date()) == 1


def test_a_lease_of_yesterday_is_not_used_and_goes_back() -> None:
    keys, runtime = MemoryKeys(), Midnight()
    ring = KeyRing(
        keys=keys,
        runtime=runtime,
        limits=Limits(daily_quota=100),
        access_secrets=AccessSecrets(b"test"),
    )
    gate = KeyGate(ring=ring, keys=keys, runtime=runtime)
    key, secret = ring.create("one")
    gate.admit(secret, KeyScope.READ)
    runtime.looks = 0
    assert gate.admit_known(secret, KeyScope.READ) is None
    runtime.looks = None
    gate.give_back()
    assert keys.used(key.key_id, runtime.now().date()) == 1


def test_a_used_up_lease_gives_nothing_back() -> None:
    keys, runtime = MemoryKeys(), FixedRuntime()
    ring = KeyRing(
        keys=keys,
        runtime=runtime,
        limits=Limits(daily_quota=1),
        access_secrets=AccessSecrets(b"test"),
    )
    gate = KeyGate(ring=ring, keys=keys, runtime=runtime)
    key, secret = ring.create("one")
    gate.admit(secret, KeyScope.READ)
    gate.give_back()
    assert keys.used(key.key_id, runtime.now().date()) == 1


def test_no_more_keys_are_remembered_than_there_is_room_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("faceplate.services.key_gate._KEYS_KEPT", 1)
    keys, runtime = MemoryKeys(), FixedRuntime()
    ring = KeyRing(
        keys=keys, runtime=runtime, limits=Limits(), access_secrets=AccessSecrets(b"test")
    )
    gate = KeyGate(ring=ring, keys=keys, runtime=runtime)
    secrets = [ring.create(name)[1] for name in ("one", "two")]
    for secret in secrets:
        gate.admit(secret, KeyScope.READ)
    assert gate.admit_known(secrets[0], KeyScope.READ) is None
    assert gate.admit_known(secrets[1], KeyScope.READ) is not None


class Unwritable(MemoryUsage):
    """Books that cannot be written."""

    def add(self, *_: object, **__: object) -> None:
        raise StorageFailed("Out of order.")


def test_books_that_cannot_be_written_are_said_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    text, key = text_of(MemoryChat(), Unwritable())
    asyncio.run(text.completions.complete(dict(BODY), key=key, app="chat"))
    with caplog.at_level(logging.ERROR):
        text.write_books()
    assert "storage_failed" in caplog.text


def test_a_text_half_that_never_began_can_end() -> None:
    text, _ = text_of(MemoryChat())
    asyncio.run(text.end())
    text.ping()


def test_a_model_that_does_not_answer_fails_its_ping(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("faceplate.services.text._PING_S", 0.01)
    text, _ = text_of(Stuck())

    async def ping() -> None:
        await text.begin()
        try:
            with pytest.raises(UpstreamFailed) as caught:
                await asyncio.to_thread(text.ping)
            assert caught.value.code == "upstream_timeout"
        finally:
            await text.end()

    asyncio.run(ping())
