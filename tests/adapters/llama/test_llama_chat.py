"""The chat of the embedded model, over a stub child: a real process that speaks real HTTP."""

from __future__ import annotations

import asyncio
import json
import os
import signal

import pytest

from embedded_model import ask, open_chat, until
from faceplate.adapters.llama.model_process import LlamaLimits
from faceplate.adapters.llama.weights import LanguageModels
from faceplate.domain.errors import (
    Busy,
    FaceplateError,
    InvalidParameter,
    Misconfigured,
    ModelUnavailable,
    Unsupported,
    UpstreamFailed,
)
from faceplate.ports.chat import EMBEDDINGS, RESPONSES

LIMITS = LlamaLimits(threads=1)


def said(answer: dict) -> str:
    return answer["choices"][0]["message"]["content"]


def test_the_process_starts_with_the_first_request_and_stays(own_models):
    async def run():
        async with open_chat(own_models, LIMITS) as chat:
            assert chat.child_pid is None
            first = await chat.complete(ask("hello"), deadline_s=30)
            second = await chat.complete(ask("hello"), deadline_s=30)
            assert said(first) == said(second) == str(chat.child_pid)
            return chat.child_pid

    pid = asyncio.run(run())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_killed_process_is_replaced_before_the_next_request(own_models):
    async def run():
        async with open_chat(own_models, LIMITS) as chat:
            before = said(await chat.complete(ask("hello"), deadline_s=30))
            os.kill(int(before), signal.SIGKILL)
            return before, said(await chat.complete(ask("hello"), deadline_s=30))

    before, after = asyncio.run(run())
    assert before != after


def test_a_crash_in_the_middle_of_a_stream_is_said_and_mended(own_models):
    async def run():
        async with open_chat(own_models, LIMITS) as chat:
            events = chat.stream(ask("crash"), deadline_s=30)
            assert b'"1"' in await anext(events)
            with pytest.raises(UpstreamFailed) as caught:
                await anext(events)
            assert caught.value.code == "model_crashed"
            return said(await chat.complete(ask("hello"), deadline_s=30))

    assert asyncio.run(run()).isdecimal()


def test_a_request_the_process_dies_under_is_tried_once_more(own_models, tmp_path):
    marks = tmp_path / "once", tmp_path / "always"

    async def run():
        async with open_chat(own_models, LIMITS) as chat:
            answer = await chat.complete(ask(f"die {marks[0]} 1"), deadline_s=30)
            with pytest.raises(UpstreamFailed) as caught:
                await chat.complete(ask(f"die {marks[1]} 9"), deadline_s=30)
            return said(answer), caught.value.code

    assert asyncio.run(run()) == ("survived", "model_crashed")
    assert marks[1].read_text() == "xx"


def test_closing_a_stream_reaches_the_child(own_models, tmp_path):
    seen = tmp_path / "seen"

    async def run():
        async with open_chat(own_models, LIMITS) as chat:
            events = chat.stream(ask(f"count {seen}"), deadline_s=30)
            await anext(events)
            await events.aclose()
            async with asyncio.timeout(1.0):
                await until(lambda: seen.read_text() == "left")
            assert said(await chat.complete(ask("hello"), deadline_s=30))

    asyncio.run(run())


def test_a_cancelled_request_gives_its_turn_away(own_models, tmp_path):
    async def run():
        async with open_chat(own_models, LIMITS) as chat:
            task = asyncio.create_task(
                chat.complete(ask(f"wait {tmp_path / 'never'}"), deadline_s=30)
            )
            await until(lambda: chat.child_pid)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return said(await chat.complete(ask("hello"), deadline_s=30))

    assert asyncio.run(run())


def test_one_is_answered_some_wait_and_the_next_is_told_when_to_come_back(own_models, tmp_path):
    go = tmp_path / "go"

    async def run():
        limits = LlamaLimits(threads=1, max_waiting=2)
        async with open_chat(own_models, limits) as chat:
            tasks = [
                asyncio.create_task(chat.complete(ask(f"wait {go}"), deadline_s=30))
                for _ in range(3)
            ]
            await until(lambda: chat.child_pid)
            with pytest.raises(Busy) as caught:
                await chat.complete(ask("hello"), deadline_s=30)
            go.touch()
            return caught.value, [said(await task) for task in tasks]

    error, answers = asyncio.run(run())
    assert (error.code, answers) == ("model_queue_full", ["waited"] * 3)
    assert error.retry_after_s >= 1


def test_waiting_in_line_ends_at_the_deadline(own_models, tmp_path):
    go = tmp_path / "go"

    async def run():
        async with open_chat(own_models, LIMITS) as chat:
            first = asyncio.create_task(chat.complete(ask(f"wait {go}"), deadline_s=30))
            await asyncio.sleep(0)
            with pytest.raises(UpstreamFailed) as caught:
                await chat.complete(ask("hello"), deadline_s=0.05)
            go.touch()
            await first
            return caught.value.code

    assert asyncio.run(run()) == "upstream_timeout"


def test_only_what_openai_defines_reaches_the_model_and_answers_are_bounded(own_models):
    async def run():
        async with open_chat(own_models, LlamaLimits(threads=1, default_tokens=77)) as chat:
            body = ask("hello", model="gpt-x", grammar="root", id_slot=3, temperature=0, user="u")
            plain = await chat.complete(body, deadline_s=30)
            huge = await chat.complete(ask("x", max_completion_tokens=10**9), deadline_s=30)
            return plain, huge

    plain, huge = asyncio.run(run())
    assert plain["seen"] == {
        "messages": [{"role": "user", "content": "hello"}],
        "temperature": 0,
        "max_tokens": 77,
        "model": "tiny",
        **({"stream": False} if "stream" in plain["seen"] else {}),
    }
    assert plain["request_meta_data"]["dropped_parameters"] == ["grammar", "id_slot", "user"]
    assert huge["seen"]["max_tokens"] == 4096


def test_a_request_longer_than_the_context_is_the_callers_mistake(own_models):
    async def run():
        async with open_chat(own_models, LIMITS) as chat:
            with pytest.raises(InvalidParameter) as caught:
                await chat.complete(ask("long"), deadline_s=30)
            return caught.value

    error = asyncio.run(run())
    assert (error.code, error.details["parameter"]) == ("context_length_exceeded", "messages")


def test_more_choices_than_can_be_made_are_refused(own_models):
    async def run():
        async with open_chat(own_models, LIMITS) as chat:
            with pytest.raises(InvalidParameter) as caught:
                await chat.complete(ask("hello", n=5), deadline_s=30)
            return caught.value.details["parameter"]

    assert asyncio.run(run()) == "n"


def test_responses_are_offered_and_embeddings_are_not(own_models):
    async def run():
        async with open_chat(own_models, LIMITS) as chat:
            body = json.dumps({"input": "hi", "model": "x", "store": True}).encode()
            answer = await chat.forward(RESPONSES, body, "application/json", deadline_s=30)
            with pytest.raises(Unsupported) as caught:
                await chat.forward(EMBEDDINGS, b"{}", "application/json", deadline_s=30)
            return json.loads(answer.body)["body"], caught.value.code

    body, code = asyncio.run(run())
    assert body == {"input": "hi", "max_output_tokens": 1024, "model": "tiny"}
    assert code == "surface_unsupported"


def failing(models: LanguageModels, limits: LlamaLimits = LIMITS) -> FaceplateError:
    async def run():
        async with open_chat(models, limits) as chat:
            with pytest.raises(FaceplateError) as caught:
                await chat.complete(ask("hello"), deadline_s=30)
            with pytest.raises(FaceplateError) as pinged:
                await chat.ping()
            assert pinged.value.code == caught.value.code
            return caught.value

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"GGUF refuse", "model_load_failed"), (b"GGUF absent", "llm_not_installed")],
)
def test_a_model_that_does_not_load_is_said_to_be_misconfigured(own_models, content, code):
    own_models.choose().path.write_bytes(content)
    error = failing(own_models)
    assert isinstance(error, Misconfigured)
    assert error.code == code


def test_missing_weights_name_the_command_that_gets_them(nowhere):
    error = failing(nowhere)
    assert isinstance(error, ModelUnavailable)
    assert "faceplate models pull qwen2.5-coder-1.5b" in error.message


def test_a_model_that_is_still_to_be_fetched_or_loaded_is_no_failure(nowhere, own_models):
    async def ping(models, limits):
        async with open_chat(models, limits) as chat:
            await chat.ping()
            assert chat.child_pid is None

    asyncio.run(ping(own_models, LIMITS))
    asyncio.run(ping(nowhere, LlamaLimits(threads=1, pull=True)))


def test_the_child_ends_when_its_parent_is_killed(own_models):
    """The end of stdin is all that a killed parent leaves behind."""

    async def run():
        async with open_chat(own_models, LIMITS) as chat:
            await chat.complete(ask("hello"), deadline_s=30)
            child = chat._process._keeper.child
            child._process.stdin.close()
            async with asyncio.timeout(5):
                await child.ended()

    asyncio.run(run())


def test_the_child_gets_no_secrets_of_ours(own_models, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")

    async def run():
        async with open_chat(own_models, LIMITS) as chat:
            return said(await chat.complete(ask("environment"), deadline_s=30))

    names = asyncio.run(run()).split()
    assert "PATH" in names
    assert "OPENAI_API_KEY" not in names
