"""A child that is there and does not answer, as one that the system has stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import pytest

from embedded_model import ask, open_chat, until
from faceplate.adapters.llama.model_process import LlamaLimits
from faceplate.domain.errors import Busy

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there is no SIGSTOP")

LIMITS = LlamaLimits(threads=1, answer_s=0.3)


def said(answer: dict) -> str:
    return answer["choices"][0]["message"]["content"]


def test_requests_under_which_it_stops_are_answered_by_another(own_models):
    async def run():
        async with open_chat(own_models, LIMITS) as chat:
            before = said(await chat.complete(ask("hello"), deadline_s=30))
            os.kill(int(before), signal.SIGSTOP)
            started = time.monotonic()
            answers = await asyncio.gather(
                *(chat.complete(ask("hello"), deadline_s=30) for _ in range(2))
            )
            return before, [said(answer) for answer in answers], time.monotonic() - started

    before, (first, second), seconds = asyncio.run(run())
    assert first == second != before
    assert seconds < 15
    with pytest.raises(ProcessLookupError):
        os.kill(int(before), 0)


def test_a_stream_in_which_it_stops_says_when_to_come_back(own_models):
    async def run():
        async with open_chat(own_models, LIMITS) as chat:
            events = chat.stream(ask("stop"), deadline_s=30)
            assert b'"1"' in await anext(events)
            with pytest.raises(Busy) as caught:
                await anext(events)
            return caught.value, said(await chat.complete(ask("hello"), deadline_s=30))

    error, answer = asyncio.run(run())
    assert (error.code, error.retry_after_s) == ("model_hung", 5.0)
    assert answer.isdecimal()


def test_a_request_that_stops_every_child_is_not_tried_for_ever(own_models):
    async def run():
        async with open_chat(own_models, LIMITS) as chat:
            with pytest.raises(Busy) as caught:
                await chat.complete(ask("stop"), deadline_s=30)
            return caught.value.code

    assert asyncio.run(run()) == "model_hung"


def test_the_ping_notices_it_and_ends_it(own_models):
    async def run():
        async with open_chat(own_models, LIMITS) as chat:
            before = said(await chat.complete(ask("hello"), deadline_s=30))
            await chat.ping()
            os.kill(int(before), signal.SIGSTOP)
            for _ in range(3):
                found = await asyncio.gather(chat.ping(), chat.ping(), return_exceptions=True)
                assert [getattr(error, "code", None) for error in found] == ["model_hung"] * 2
            await until(lambda: chat.child_pid not in {None, int(before)})
            await chat.ping()

    asyncio.run(run())


def test_a_moment_without_breath_is_forgiven(own_models):
    async def run():
        async with open_chat(own_models, LlamaLimits(threads=1, answer_s=1.0)) as chat:
            pid = int(said(await chat.complete(ask("hello"), deadline_s=30)))
            for _ in range(3):
                os.kill(pid, signal.SIGSTOP)
                with pytest.raises(Busy):
                    await chat.ping()
                os.kill(pid, signal.SIGCONT)
                await chat.ping()
            return chat.child_pid == pid

    assert asyncio.run(run())
