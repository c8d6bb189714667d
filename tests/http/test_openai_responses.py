"""Applications answered in the shape of the Responses API, with OpenAI's own client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import openai
import pytest
from pydantic import BaseModel

import stub_provider as stubs
from text_serving import Service, service


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


def test_an_application_responds(client: openai.OpenAI, served: Service) -> None:
    answer = client.responses.create(model="mood", input="what a day", max_output_tokens=50)
    assert (answer.output_text, answer.status, answer.model) == ("what a day", "completed", "mood")
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens == 12
    sent = served.stub.seen[-1].json
    assert served.stub.seen[-1].path == "/v1/chat/completions"
    assert sent["max_tokens"] == 50
    assert [one["role"] for one in sent["messages"]] == ["system", "user"]


def test_a_history_of_messages(client: openai.OpenAI, served: Service) -> None:
    first = client.responses.create(model="mood", input="one")
    client.responses.create(
        model="mood",
        input=[
            {"role": "user", "content": "one"},
            *[item.model_dump() for item in first.output],  # type: ignore[list-item]
            {"role": "user", "content": [{"type": "input_text", "text": "two"}]},
        ],
    )
    said = [(one["role"], one["content"]) for one in served.stub.seen[-1].json["messages"][1:]]
    assert said == [("user", "one"), ("assistant", "one"), ("user", "two")]


def test_a_typed_result(client: openai.OpenAI, served: Service) -> None:
    served.stub.queue(stubs.says_text('{"mood": "good"}'))
    parsed = client.responses.parse(model="mood", input="x", text_format=Mood)
    assert parsed.output_parsed == Mood(mood="good")
    served.stub.queue(stubs.says_text('{"mood": "bad"}'))
    plain = client.responses.create(
        model="mood", input="x", text={"format": {"type": "json_object"}}
    )
    assert plain.model_extra is not None
    assert plain.model_extra["result"] == {"mood": "bad"}


def test_streaming(client: openai.OpenAI) -> None:
    with client.responses.stream(model="mood", input="one two three") as stream:
        events = list(stream)
        final = stream.get_final_response()
    kinds = [event.type for event in events]
    assert kinds[:2] == ["response.created", "response.in_progress"]
    assert kinds[-1] == "response.completed"
    assert kinds.count("response.output_text.delta") > 2
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert final.output_text == "one two three"
    assert final.usage is not None
    assert final.usage.total_tokens == 12


def test_an_answer_that_was_cut_says_so(client: openai.OpenAI, served: Service) -> None:
    cut = {"choices": [{"index": 0, "message": {"content": "a"}, "finish_reason": "length"}]}
    served.stub.queue(stubs.says(cut))
    answer = client.responses.create(model="mood", input="x")
    assert answer.status == "incomplete"
    assert answer.incomplete_details is not None
    assert answer.incomplete_details.reason == "max_output_tokens"
    assert answer.usage is None


def test_a_stream_that_breaks_is_an_error(client: openai.OpenAI, served: Service) -> None:
    served.stub.queue(stubs.breaks_off(stubs.chunk({"content": "begun"})))
    with pytest.raises(openai.APIError), client.responses.stream(model="mood", input="x") as said:
        list(said)


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"instructions": "be rude"}, "instructions"),
        ({"tools": [{"type": "web_search"}]}, "tools"),
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        ({"input": []}, "input"),
        ({"input": 7}, "input"),
        ({"input": [{"type": "item_reference", "id": "x"}]}, "input[0]"),
        ({"input": [{"role": "system", "content": "x"}]}, "messages[0].role"),
        (
            {"input": [{"role": "user", "content": [{"type": "input_image"}]}]},
            "messages[0].content",
        ),
        ({"text": {"format": "json"}}, "text.format"),
        ({"text": "json"}, "text.format"),
        ({"temperature": 99}, "temperature"),
        ({"max_output_tokens": 10**9}, "max_tokens"),
    ],
)
def test_what_an_application_has_no_use_for(
    client: openai.OpenAI, wrong: dict[str, Any], param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.responses.create(**{"model": "mood", "input": "x", **wrong})
    assert refused.value.param == param


def test_applications_respond_where_the_provider_has_no_such_surface() -> None:
    only_chats = {"surfaces": frozenset({"chat/completions"})}
    with (
        service(provider=only_chats) as served,
        openai.OpenAI(base_url=f"{served.url}/v1", api_key=served.secret, max_retries=0) as client,
    ):
        assert client.responses.create(model="mood", input="x").output_text == "x"
        with pytest.raises(openai.InternalServerError) as refused:
            client.responses.create(model="stub-1", input="x")
    assert refused.value.code == "surface_unsupported"
