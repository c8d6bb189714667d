"""The smallest real model in a real child: slow, skipped where it is not on this machine."""

from __future__ import annotations

import asyncio
import json
import os
import signal

import pytest

from embedded_model import ask, open_chat
from faceplate.adapters.llama.model_process import LlamaLimits
from faceplate.adapters.llama.weights import LanguageModels
from faceplate.adapters.packages.artifacts import PackageArtifacts
from faceplate.domain.errors import InvalidParameter, Misconfigured
from faceplate.ports.chat import RESPONSES

pytestmark = [pytest.mark.models, pytest.mark.slow]

LIMITS = LlamaLimits(threads=1, context_tokens=512)
SCHEMA = {
    "type": "object",
    "properties": {"mood": {"enum": ["good", "bad"]}, "count": {"type": "integer"}},
    "required": ["mood", "count"],
    "additionalProperties": False,
}
TYPED = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}


def run(models, *steps):
    """Run steps, coroutine functions of a chat, over one child."""

    async def all_of_them():
        async with open_chat(models, LIMITS, stub=False) as chat:
            return [await step(chat) for step in steps]

    return asyncio.run(all_of_them())


def test_answers_have_openais_form_and_name_the_model(smallest_model):
    async def whole(chat):
        return await chat.complete(ask("Say hello.", max_tokens=8, temperature=0), deadline_s=60)

    async def in_pieces(chat):
        body = ask("Say hello.", max_tokens=8, temperature=0)
        body["stream_options"] = {"include_usage": True}
        return b"".join([event async for event in chat.stream(body, deadline_s=60)])

    answer, events = run(smallest_model, whole, in_pieces)
    assert answer["object"] == "chat.completion"
    assert answer["model"] == "smollm2-135m"
    assert answer["usage"]["total_tokens"] > answer["usage"]["completion_tokens"] > 0
    chunks = [json.loads(one[6:]) for one in events.decode().split("\n\n")[:-2]]
    streamed = "".join(
        choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"]
    )
    assert streamed == answer["choices"][0]["message"]["content"]
    assert chunks[-1]["usage"]["completion_tokens"] == answer["usage"]["completion_tokens"]
    assert events.endswith(b"data: [DONE]\n\n")


def test_a_schema_shapes_the_answer_and_a_short_limit_shows_as_length(smallest_model):
    async def shaped(chat):
        body = ask("How are you?", response_format=TYPED, temperature=0)
        return await chat.complete(body, deadline_s=60)

    async def cut(chat):
        body = ask("How are you?", response_format=TYPED, max_tokens=3, temperature=0)
        return await chat.complete(body, deadline_s=60)

    whole, short = run(smallest_model, shaped, cut)
    found = json.loads(whole["choices"][0]["message"]["content"])
    assert found["mood"] in {"good", "bad"}
    assert isinstance(found["count"], int)
    assert short["choices"][0]["finish_reason"] == "length"


def test_several_choices_a_seed_and_a_stop_are_honoured(smallest_model):
    async def choices(chat):
        body = ask("Name a colour.", n=3, max_tokens=4, temperature=1, seed=7)
        return await chat.complete(body, deadline_s=60)

    async def stopped(chat):
        body = ask("Write: one two three", stop=[" "], max_tokens=20, temperature=0)
        return await chat.complete(body, deadline_s=60)

    several, short = run(smallest_model, choices, stopped)
    assert [choice["index"] for choice in several["choices"]] == [0, 1, 2]
    assert " " not in short["choices"][0]["message"]["content"]
    assert short["choices"][0]["finish_reason"] == "stop"


def test_what_does_not_fit_is_refused_and_the_next_is_answered(smallest_model):
    async def too_long(chat):
        with pytest.raises(InvalidParameter) as caught:
            await chat.complete(ask("word " * 600), deadline_s=60)
        return caught.value.code

    async def short(chat):
        body = json.dumps({"input": "Say hello.", "max_output_tokens": 4}).encode()
        return await chat.forward(RESPONSES, body, "application/json", deadline_s=60)

    code, answer = run(smallest_model, too_long, short)
    assert code == "context_length_exceeded"
    assert json.loads(answer.body)["model"] == "smollm2-135m"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_killed_or_stopped_model_answers_the_next_request(smallest_model, number):
    async def kill(chat):
        await chat.complete(ask("Hi", max_tokens=1), deadline_s=60)
        pid = chat.child_pid
        os.kill(pid, number)
        return pid

    async def ask_again(chat):
        answer = await chat.complete(ask("Hi", max_tokens=1), deadline_s=60)
        return chat.child_pid, answer["choices"]

    pid, (new_pid, choices) = run(smallest_model, kill, ask_again)
    assert pid != new_pid
    assert choices


def test_closing_a_stream_stops_the_model(smallest_model):
    async def leave(chat):
        body = ask("Count from one to a thousand.", max_tokens=400)
        events = chat.stream(body, deadline_s=60)
        await anext(events)
        await events.aclose()
        # The model is free again at once: nothing is left of 400 tokens to wait for.
        async with asyncio.timeout(2):
            return await chat.complete(ask("Hi", max_tokens=1), deadline_s=60)

    (answer,) = run(smallest_model, leave)
    assert answer["choices"]


def test_a_damaged_file_is_refused_by_the_child(smallest_model, tmp_path):
    damaged = tmp_path / "damaged.gguf"
    damaged.write_bytes(smallest_model.choose().path.read_bytes()[:1_000_000])
    models = LanguageModels(tmp_path, PackageArtifacts(), own_file=damaged)

    async def ask_it(chat):
        with pytest.raises(Misconfigured) as caught:
            await chat.complete(ask("Hi"), deadline_s=60)
        return caught.value.code

    assert run(models, ask_it) == ["model_load_failed"]
