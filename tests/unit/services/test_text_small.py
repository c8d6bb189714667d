"""Small parts of the text half."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from faceplate.adapters.memory.chat import MemoryChat, smallest
from faceplate.adapters.memory.runtime import FixedRuntime
from faceplate.domain.errors import UpstreamFailed
from faceplate.services.answer_cache import AnswerCache
from faceplate.services.deferred_chat import DeferredChat
from faceplate.services.model_list import ModelList

BODY: dict[str, Any] = {"messages": [{"role": "user", "content": "x"}], "temperature": 0}


def answer(reason: str = "stop", text: str = "x") -> dict[str, Any]:
    return {"choices": [{"finish_reason": reason, "message": {"content": text}}]}


def make_cache(runtime: FixedRuntime | None = None) -> AnswerCache:
    return AnswerCache(runtime=runtime or FixedRuntime(), entries=2, kept_s=60)


@pytest.mark.parametrize(
    "members", [{"temperature": 0.1}, {"temperature": None}, {"n": 2}, {"tools": [{}]}]
)
def test_what_may_come_out_otherwise_is_not_kept(members: dict[str, Any]) -> None:
    assert AnswerCache.place_of("k", {**BODY, **members}) is None


def test_places_are_by_caller_and_body() -> None:
    turned = dict(reversed(BODY.items()))
    assert AnswerCache.place_of("k", BODY) == AnswerCache.place_of("k", turned)
    assert AnswerCache.place_of("k", BODY) != AnswerCache.place_of("l", BODY)
    assert AnswerCache.place_of("k", BODY) != AnswerCache.place_of("k", {**BODY, "seed": 1})


def test_answers_age_and_make_room() -> None:
    runtime = FixedRuntime()
    cache = make_cache(runtime)
    for place in ("a", "b"):
        cache.keep(place, answer())
    cache.find("a")
    cache.keep("c", answer())
    assert [cache.find(place) is not None for place in ("a", "b", "c")] == [True, False, True]
    runtime.advance(61)
    assert cache.find("a") is None


def test_a_kept_answer_cannot_be_changed_from_outside() -> None:
    cache = make_cache()
    cache.keep("a", answer())
    found = cache.find("a")
    assert found is not None
    found["choices"].clear()
    assert cache.find("a") == answer()
    cache.forget("a")
    assert cache.find("a") is None


def test_cut_off_and_huge_answers_are_not_kept() -> None:
    cache = make_cache()
    cache.keep("a", answer("length"))
    cache.keep("b", answer(text="x" * 300_000))
    assert (cache.find("a"), cache.find("b")) == (None, None)


class Lister(MemoryChat):
    """Counts how often it is asked, and fails when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.fails = False

    async def models(self) -> Sequence[Mapping[str, Any]]:
        self.asked += 1
        if self.fails:
            raise UpstreamFailed("down")
        return await super().models()


def test_models_are_asked_for_once_a_minute() -> None:
    chat, runtime = Lister(), FixedRuntime()
    models = ModelList(chat=chat, runtime=runtime)
    assert [len(asyncio.run(models.list())) for _ in range(2)] == [1, 1]
    assert chat.asked == 1
    runtime.advance(61)
    chat.fails = True
    assert list(asyncio.run(models.list())) == []
    runtime.advance(6)
    chat.fails = False
    assert len(asyncio.run(models.list())) == 1


def test_a_deferred_model_is_made_at_its_first_use() -> None:
    made: list[MemoryChat] = []

    def make() -> MemoryChat:
        made.append(MemoryChat())
        return made[-1]

    chat = DeferredChat(make, name="later", surfaces=frozenset({"chat/completions"}))
    asyncio.run(chat.close())
    assert (chat.name, made) == ("later", [])
    for _ in range(2):
        asyncio.run(chat.complete(BODY, deadline_s=1))
    assert len(made) == 1


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"const": 3}, 3),
        ({"enum": ["b", "a"]}, "b"),
        ({"anyOf": [{"type": "null"}, {"type": "string"}]}, None),
        ({"type": ["string", "null"], "minLength": 2}, "xx"),
        ({"type": "array", "items": {"type": "integer", "minimum": 4}, "minItems": 2}, [4, 4]),
        ({"properties": {"a": {"type": "boolean"}, "b": {}}, "required": ["a"]}, {"a": False}),
        ({"type": "number"}, 0),
    ],
)
def test_the_fake_answers_the_smallest_value_of_a_schema(schema: Any, value: object) -> None:
    assert smallest(schema) == value


def test_the_fake_stops_at_the_token_limit() -> None:
    body = {"messages": [{"role": "user", "content": "one two three"}], "max_tokens": 2}
    choice = asyncio.run(MemoryChat().complete(body, deadline_s=1))["choices"][0]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("one two ", "length")
