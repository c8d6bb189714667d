"""OpenAI's own client for Python, unmodified, against the whole service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import openai
import pytest
from pydantic import BaseModel

import stub_provider as stubs
from text_serving import Service, service

TYPED = stubs.says_text('{"mood": "good"}')


class Mood(BaseModel):
    mood: Literal["good", "bad"]


@pytest.fixture(scope="module")
def served() -> Iterator[Service]:
    with service(provider={"retries": 0}) as found:
        yield found


@pytest.fixture
def client(served: Service) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{served.url}/v1", api_key=served.secret, max_retries=0) as found:
        yield found


def test_applications_are_models(client: openai.OpenAI) -> None:
    listed = [model.id for model in client.models.list()]
    assert listed == ["mood", "stub-1"]
    assert client.models.retrieve("mood").owned_by == "faceplate"


def test_an_application_runs_as_a_model(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(
        model="mood", messages=[{"role": "user", "content": "what a day"}]
    )
    assert answer.choices[0].message.content == "what a day"
    assert answer.usage is not None
    assert answer.usage.total_tokens == 12


def test_a_typed_result(client: openai.OpenAI, served: Service) -> None:
    served.stub.queue(TYPED)
    answer = client.chat.completions.create(
        model="mood",
        messages=[{"role": "user", "content": "what a day"}],
        response_format={"type": "json_object"},
        extra_body={"parameters": {"reader": "children"}},
    )
    assert answer.model_extra is not None
    assert answer.model_extra["result"] == {"mood": "good"}
    sent = served.stub.seen[-1].json
    assert sent["response_format"]["json_schema"]["strict"] is True
    assert "children" in sent["messages"][0]["content"]


def test_parse_with_the_callers_own_schema(client: openai.OpenAI, served: Service) -> None:
    served.stub.queue(TYPED)
    answer = client.chat.completions.parse(
        model="mood", messages=[{"role": "user", "content": "x"}], response_format=Mood
    )
    assert answer.choices[0].message.parsed == Mood(mood="good")


@pytest.mark.parametrize("model", ["mood", "stub-1"])
def test_streaming(client: openai.OpenAI, model: str) -> None:
    with client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "one two three"}], stream=True
    ) as stream:
        said = [chunk.choices[0].delta.content or "" for chunk in stream]
    assert "".join(said) == "one two three"
    assert len(said) > 3


def test_everything_else_of_a_chat_is_passed_on(client: openai.OpenAI, served: Service) -> None:
    client.chat.completions.create(
        model="stub-1",
        messages=[{"role": "user", "content": "x"}],
        n=2,
        stop=["a"],
        seed=7,
        logprobs=True,
        top_logprobs=2,
        tools=[{"type": "function", "function": {"name": "f", "parameters": {}}}],
        response_format={"type": "json_object"},
    )
    sent = served.stub.seen[-1].json
    assert (sent["n"], sent["stop"], sent["seed"], sent["logprobs"]) == (2, ["a"], 7, True)
    assert sent["tools"][0]["function"]["name"] == "f"
    assert sent["response_format"] == {"type": "json_object"}


def test_embeddings(client: openai.OpenAI, served: Service) -> None:
    made = {
        "object": "list",
        "model": "e",
        "data": [{"object": "embedding", "index": 0, "embedding": [0.5, 1.0]}],
        "usage": {"prompt_tokens": 3, "total_tokens": 3},
    }
    served.stub.queue(stubs.says(made))
    answer = client.embeddings.create(model="e", input="x", encoding_format="float")
    assert answer.data[0].embedding == [0.5, 1.0]
    assert served.stub.seen[-1].path == "/v1/embeddings"


def test_moderations(client: openai.OpenAI, served: Service) -> None:
    served.stub.queue(stubs.says({"id": "m", "model": "m", "results": []}))
    assert client.moderations.create(input="x").id == "m"


def test_images(client: openai.OpenAI, served: Service) -> None:
    served.stub.queue(stubs.says({"created": 1, "data": [{"b64_json": "AAAA"}]}))
    answer = client.images.generate(model="i", prompt="x")
    assert answer.data is not None
    assert answer.data[0].b64_json == "AAAA"


def test_speech_comes_in_pieces(client: openai.OpenAI, served: Service) -> None:
    async def speak(_seen: stubs.Seen, wire: stubs.Wire) -> None:
        await wire.begin_pieces("audio/mpeg")
        await wire.piece(b"abc")
        await wire.piece(b"def")
        await wire.end_events()

    served.stub.queue(speak)
    answer = client.audio.speech.create(model="s", voice="alloy", input="x")
    assert answer.read() == b"abcdef"
    assert answer.response.headers["content-type"] == "audio/mpeg"


def test_transcription(client: openai.OpenAI, served: Service) -> None:
    served.stub.queue(stubs.says({"text": "hello"}))
    answer = client.audio.transcriptions.create(model="w", file=("a.wav", b"RIFF\x00\xff"))
    assert answer.text == "hello"
    assert b"RIFF\x00\xff" in served.stub.seen[-1].body
    assert served.stub.seen[-1].headers["content-type"].startswith("multipart/form-data; boundary=")


def test_responses(client: openai.OpenAI, served: Service) -> None:
    made = {
        "id": "r",
        "object": "response",
        "created_at": 1,
        "model": "stub-1",
        "output": [],
        "parallel_tool_calls": False,
        "tool_choice": "auto",
        "tools": [],
        "usage": {"input_tokens": 4, "output_tokens": 2, "total_tokens": 6},
    }
    served.stub.queue(stubs.says(made))
    assert client.responses.create(model="stub-1", input="x").id == "r"


def test_errors_are_the_clients_own_classes(client: openai.OpenAI, served: Service) -> None:
    said: list[openai.types.chat.ChatCompletionMessageParam] = [{"role": "user", "content": "x"}]
    for behaviour, kind in (
        (stubs.refuses(401, "invalid_api_key"), openai.AuthenticationError),
        (stubs.refuses(404, "model_not_found"), openai.NotFoundError),
        (stubs.refuses(429, "rate_limit_exceeded"), openai.RateLimitError),
        (stubs.refuses(500), openai.InternalServerError),
    ):
        served.stub.queue(behaviour)
        with pytest.raises(kind):
            client.chat.completions.create(model="stub-1", messages=said)
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model="mood", messages=said, temperature=99)
    assert (refused.value.param, refused.value.code) == ("temperature", "invalid_parameter")
    wrong = openai.OpenAI(base_url=f"{served.url}/v1", api_key="nobody", max_retries=0)
    with wrong, pytest.raises(openai.AuthenticationError) as unknown:
        wrong.models.list()
    assert unknown.value.code == "invalid_api_key"


def test_a_route_that_is_not_there_is_named_so(client: openai.OpenAI) -> None:
    for ask in (
        lambda: client.completions.create(model="stub-1", prompt="x"),
        lambda: client.responses.retrieve("r"),
        client.files.list,
        client.vector_stores.list,
    ):
        with pytest.raises(openai.NotFoundError) as missing:
            ask()
        assert missing.value.code == "route_not_found"
        assert "no such route" in missing.value.message
    with pytest.raises(openai.APIStatusError) as refused:
        client.images.edit(image=b"x", prompt="x")
    assert (refused.value.status_code, refused.value.code) == (405, "method_not_allowed")


def test_query_parameters_of_a_client_are_ignored(served: Service) -> None:
    with openai.OpenAI(
        base_url=f"{served.url}/v1",
        api_key=served.secret,
        max_retries=0,
        default_query={"api-version": "2024-10-21"},
    ) as client:
        assert client.models.retrieve("mood").id == "mood"
        answer = client.chat.completions.create(
            model="stub-1", messages=[{"role": "user", "content": "x"}]
        )
        assert answer.choices[0].message.content == "x"
    assert served.client.post("/v1/examples/mood?x=1", json={"input_text": "x"}).status_code == 400


def test_a_broken_stream_is_an_error(client: openai.OpenAI, served: Service) -> None:
    served.stub.queue(stubs.breaks_off(stubs.chunk({"content": "begun"})))
    stream = client.chat.completions.create(
        model="stub-1", messages=[{"role": "user", "content": "x"}], stream=True
    )
    with pytest.raises(openai.APIError):
        list(stream)


def test_what_the_provider_does_not_offer_is_501() -> None:
    only_chats = {"surfaces": frozenset({"chat/completions"})}
    with (
        service(provider=only_chats) as served,
        openai.OpenAI(base_url=f"{served.url}/v1", api_key=served.secret, max_retries=0) as client,
        pytest.raises(openai.InternalServerError) as refused,
    ):
        client.embeddings.create(model="e", input="x")
    assert refused.value.status_code == 501
    assert refused.value.code == "surface_unsupported"
    assert "FACEPLATE_CHAT__BASE_URL" in refused.value.message
