"""Measure the embedded language model: loading, memory, first token, tokens a second.

    python benchmarks/embedded_llm.py [--model NAME] [--threads N] [--rounds N]

The peer is llama.cpp itself: the same child process asked directly over its own HTTP interface. The
ratio is what the queue, the supervision and the translation of errors cost. Machines that do other
work at the same time give figures far below the model's: look at the load that is printed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import statistics
import time
from pathlib import Path
from typing import Any

import aiohttp

from faceplate.adapters.llama.chat import LlamaChat
from faceplate.adapters.llama.model_process import LlamaLimits
from faceplate.adapters.openai.chat import OpenAiChat
from faceplate.adapters.openai.connections import Connections
from faceplate.adapters.openai.provider import Provider
from faceplate.bootstrap.text import language_models
from faceplate.config import load_settings, usable_cores
from faceplate.ports.chat import Chat

DEADLINE_S = 600.0
TEXT = "The library on Mill Lane opens at nine, closes at six, and stays shut on Sundays. " * 12
ANSWER_TOKENS = 64


def body(place: int) -> dict[str, Any]:
    """A prompt of about 250 tokens; the number in front keeps it out of the prompt cache."""
    question = f"{place}. Summarise in five sentences: {TEXT}"
    return {
        "messages": [{"role": "user", "content": question}],
        "max_tokens": ANSWER_TOKENS,
        "temperature": 0,
        "stream_options": {"include_usage": True},
    }


async def through_faceplate(chat: LlamaChat, place: int) -> dict[str, float]:
    """Stream one answer through our adapter."""
    started = time.perf_counter()
    first = 0.0
    usage: dict[str, Any] = {}
    async for events in chat.stream(body(place), deadline_s=DEADLINE_S):
        for line in events.split(b"\n\n"):
            if line.startswith(b"data: {"):
                chunk = json.loads(line[6:])
                usage = chunk.get("usage") or usage
                if not first and any(one["delta"].get("content") for one in chunk["choices"]):
                    first = time.perf_counter() - started
    return figures(first, time.perf_counter() - started, usage)


async def directly(url: str, api_key: str, place: int) -> dict[str, float]:
    """Stream one answer from llama.cpp's own server."""
    started = time.perf_counter()
    first = 0.0
    usage: dict[str, Any] = {}
    headers = {"authorization": f"Bearer {api_key}"}
    address = f"{url}/v1/chat/completions"
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=DEADLINE_S)) as session:
        asked = {**body(place), "stream": True}
        async with session.post(address, json=asked, headers=headers) as answer:
            async for line in answer.content:
                if line.startswith(b"data: {"):
                    chunk = json.loads(line[6:])
                    usage = chunk.get("usage") or usage
                    if not first and any(one["delta"].get("content") for one in chunk["choices"]):
                        first = time.perf_counter() - started
    return figures(first, time.perf_counter() - started, usage)


def figures(first_s: float, whole_s: float, usage: dict[str, Any]) -> dict[str, float]:
    """Return what one answer measured."""
    return {
        "first_s": first_s,
        "prompt_tokens_per_s": usage["prompt_tokens"] / first_s,
        "tokens_per_s": (usage["completion_tokens"] - 1) / (whole_s - first_s),
    }


def rss_mb(pid: int) -> dict[str, float]:
    """Return the resident memory of a process; the part that is not the file is its own."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    found = {
        line.split(":")[0]: line.split()[1] for line in lines if line.startswith(("VmR", "Rss"))
    }
    return {name: int(found[name]) / 1024 for name in ("VmRSS", "RssAnon")}


async def measure(model: str, threads: int, rounds: int) -> None:
    """Measure and print."""
    settings = load_settings(llm={"model": model, "pull": False})
    connections = Connections(reuse=False)

    def connect(base_url: str, api_key: str) -> Chat:
        provider = Provider("embedded", base_url, "embedded", api_key, idle_s=600.0, retries=0)
        return OpenAiChat(provider, connections)

    chat = LlamaChat(language_models(settings), connect, LlamaLimits(threads=threads))
    try:
        started = time.perf_counter()
        word = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}
        await chat.complete(word, deadline_s=DEADLINE_S)
        loaded_s = time.perf_counter() - started
        child = chat._process.child  # noqa: SLF001 -- the peer needs the child's address
        assert child is not None
        ours, theirs = [], []
        for place in range(rounds):
            ours.append(await through_faceplate(chat, 2 * place))
            theirs.append(await directly(child.url, child.api_key, 2 * place + 1))
        memory = rss_mb(child.pid)
    finally:
        await chat.close()
    print(f"{model}, {threads} thread(s), {platform.machine()}, load {os.getloadavg()[0]:.1f}")
    print(f"start to first word  {loaded_s:8.1f} s")
    print(
        f"memory               {memory['VmRSS']:8.0f} MB, {memory['RssAnon']:.0f} without the file"
    )
    print(f"{'':20} {'faceplate':>10} {'llama.cpp':>10} {'ratio':>7}")
    for name in ours[0]:
        mine = statistics.median(one[name] for one in ours)
        peer = statistics.median(one[name] for one in theirs)
        print(f"{name:20} {mine:10.2f} {peer:10.2f} {mine / peer:7.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="qwen2.5-coder-1.5b")
    parser.add_argument("--threads", type=int, default=max(1, usable_cores() - 1))
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    asyncio.run(measure(given.model, given.threads, given.rounds))
