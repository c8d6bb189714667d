#!/usr/bin/env python3
"""Run applications with OpenAI's own client: examples/openai/chat.py.

An application's slug is a model. FACEPLATE_URL and FACEPLATE_API_KEY say where and as whom.
"""

from __future__ import annotations

import json
import os

import openai
from openai import OpenAI

client = OpenAI(
    base_url=os.environ.get("FACEPLATE_URL", "http://127.0.0.1:8000") + "/v1",
    api_key=os.environ["FACEPLATE_API_KEY"],
)

models = [model.id for model in client.models.list()]

# Plain text, as it comes.
stream = client.chat.completions.create(
    model="default-grammar",
    messages=[{"role": "user", "content": "She no went to the market."}],
    stream=True,
)
words = [chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices]

# Typed: `result` fits the application's schema, or the call fails.
typed = client.chat.completions.create(
    model="default-tweet-classifier",
    messages=[{"role": "user", "content": "I loved the new Batman movie!"}],
    response_format={"type": "json_object"},
)

# Errors are OpenAI's classes.
try:
    client.chat.completions.create(
        model="default-grammar", messages=[{"role": "user", "content": "x"}], temperature=99
    )
    refused = None
except openai.BadRequestError as error:
    refused = error.param

print(
    json.dumps(
        {
            "applications": sum(name.startswith("default-") for name in models),
            "text": "".join(words),
            "sentiment": typed.result["sentiment"],  # type: ignore[attr-defined]
            "refused": refused,
        }
    )
)
