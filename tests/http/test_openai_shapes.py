"""What models say on OpenAI's surfaces: typed streams are judged, odd answers are told apart."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Iterator
from typing import Any

import openai
import pytest

import stub_provider as stubs
from faceplate.adapters.memory.chat import MemoryChat
from faceplate.ports.chat import ChatBody
from text_serving import Service, service

SAID: Any = [{"role": "user", "content": "x"}]
JSON_CHAT: Any = {"type": "json_object"}
JSON_RESPONSE: Any = {"format": {"type": "json_object"}}
DONE = b"data: [DONE]\n\n"


@pytest.fixture(scope="module")
def served() -> Iterator[Service]:
    with service(provider={"retries": 0}, cache_entries=8) as found:
        yield found


@pytest.fixture
def client(served: Service) -> Iterator[openai.OpenAI]:
    served.stub.queued.clear()
    with openai.OpenAI(base_url=f"{served.url}/v1", api_key=served.secret, max_retries=0) as found:
        yield found


def streams(*texts: str, reason: str = "stop") -> stubs.Behaviour:
    words = [stubs.chunk({"content": text}) for text in texts]
    return stubs.says_events(*words, stubs.chunk({}, reason), DONE)


@pytest.mark.parametrize("said", ['{"mood": 7}', "not JSON"])
def test_a_streamed_chat_with_a_wrong_result_ends_in_an_error(
    client: openai.OpenAI, served: Service, said: str
) -> None:
    served.stub.queue(streams(said[:4], said[4:]))
    heard: list[str] = []

    def listen() -> None:
        for chunk in client.chat.completions.create(
            model="mood", messages=SAID, stream=True, response_format=JSON_CHAT
        ):
            heard.extend(choice.delta.content or "" for choice in chunk.choices)

    with pytest.raises(openai.APIError) as caught:
        listen()
    assert "".join(heard) == said
    assert caught.value.code == "result_invalid"


def test_a_streamed_result_that_was_cut_off_is_none(served: Service) -> None:
    served.stub.queue(streams('{"mood": "good"}', reason="length"))
    events = served.stream(
        "/v1/chat/completions", model="mood", messages=SAID, response_format=JSON_CHAT
    )
    assert json.loads(events[-1])["error"]["code"] == "result_invalid"


def test_a_streamed_chat_with_a_proper_result_ends_as_it_should(served: Service) -> None:
    served.stub.queue(streams('{"mood": ', '"good"}'))
    events = served.stream(
        "/v1/chat/completions", model="mood", messages=SAID, response_format=JSON_CHAT
    )
    assert events[-1] == "[DONE]"
    assert events.count("[DONE]") == 1


def test_a_streamed_response_with_a_wrong_result_has_failed(
    client: openai.OpenAI, served: Service
) -> None:
    served.stub.queue(streams('{"mood": ', "7}"))
    events = list(client.responses.create(model="mood", input="x", stream=True, text=JSON_RESPONSE))
    last = events[-1]
    assert last.type == "response.failed"
    assert last.response.status == "failed"
    assert last.response.output_text == '{"mood": 7}'
    assert last.response.model_dump()["error"]["code"] == "result_invalid"
    served.stub.queue(streams('{"mood": ', '"bad"}'))
    events = list(client.responses.create(model="mood", input="x", stream=True, text=JSON_RESPONSE))
    assert events[-1].type == "response.completed"


def test_a_stream_without_a_word_is_a_response(served: Service) -> None:
    served.stub.queue(stubs.says_events(stubs.chunk({}, "stop"), DONE))
    events = [json.loads(one) for one in served.stream("/v1/responses", model="mood", input="x")]
    assert events[-1]["response"]["output"][0]["content"][0]["text"] == ""
    served.stub.queue(stubs.says_events(DONE))
    last = served.stream("/v1/responses", model="mood", input="x", text=JSON_RESPONSE)[-1]
    assert json.loads(last)["type"] == "response.failed"


def refusal(**changes: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": None, "refusal": "I would rather not."}
    return {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], **changes}


def test_a_refusal_is_a_part_of_its_own(client: openai.OpenAI, served: Service) -> None:
    usage = {
        "prompt_tokens": 7,
        "completion_tokens": 5,
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 3},
    }
    served.stub.queue(stubs.says(refusal(usage=usage)))
    answer = client.responses.create(model="mood", input="x", temperature=1)
    parts: Any = answer.output[0].to_dict()["content"]
    assert parts == [{"type": "refusal", "refusal": "I would rather not."}]
    assert answer.usage is not None
    assert answer.usage.input_tokens_details.cached_tokens == 4
    assert answer.usage.output_tokens_details.reasoning_tokens == 3


def test_a_streamed_refusal_is_a_part_of_its_own(client: openai.OpenAI, served: Service) -> None:
    usage = {
        "prompt_tokens": 7,
        "completion_tokens": 5,
        "prompt_tokens_details": {"cached_tokens": True},
        "completion_tokens_details": {"reasoning_tokens": 3},
    }
    served.stub.queue(
        stubs.says_events(
            stubs.chunk({"content": "Well, "}),
            stubs.chunk({"refusal": "I would "}),
            stubs.chunk({"refusal": "rather not."}),
            stubs.chunk({}, "content_filter"),
            stubs.chunk({}, choices=[], usage=usage),
            DONE,
        )
    )
    with client.responses.stream(model="mood", input="x") as stream:
        events = list(stream)
    kinds = [event.type for event in events]
    assert kinds.count("response.refusal.delta") == 2
    assert kinds.count("response.content_part.added") == 2
    assert kinds.count("response.content_part.done") == 2
    assert [event.sequence_number for event in events] == list(range(len(events)))
    last: Any = events[-1].to_dict()
    assert last["type"] == "response.incomplete"
    response = last["response"]
    assert response["incomplete_details"] == {"reason": "content_filter"}
    assert [part["type"] for part in response["output"][0]["content"]] == ["output_text", "refusal"]
    assert response["output"][0]["content"][1]["refusal"] == "I would rather not."
    assert response["usage"]["input_tokens_details"]["cached_tokens"] == 0
    assert response["usage"]["output_tokens_details"]["reasoning_tokens"] == 3


def test_an_answer_that_was_filtered_says_so(client: openai.OpenAI, served: Service) -> None:
    choice = {"index": 0, "message": {"content": "a"}, "finish_reason": "content_filter"}
    served.stub.queue(stubs.says({"choices": [choice]}))
    answer = client.responses.create(model="mood", input="x", temperature=1)
    assert answer.status == "incomplete"
    assert answer.incomplete_details is not None
    assert answer.incomplete_details.reason == "content_filter"


def test_probabilities_and_effort_are_asked_for_and_given(
    client: openai.OpenAI, served: Service
) -> None:
    tokens = [{"token": "a", "bytes": [97], "logprob": -0.5, "top_logprobs": []}]
    choice = stubs.completion("a")["choices"][0] | {"logprobs": {"content": tokens}}
    served.stub.queue(stubs.says(stubs.completion("a", choices=[choice])))
    answer = client.responses.create(
        model="mood", input="x", top_logprobs=2, reasoning={"effort": "low"}
    )
    sent = served.stub.seen[-1].json
    assert (sent["logprobs"], sent["top_logprobs"], sent["reasoning_effort"]) == (True, 2, "low")
    parts: Any = answer.output[0].to_dict()["content"]
    assert parts[0]["logprobs"] == tokens


class Broken(MemoryChat):
    """A model whose streams fail in a way that nobody foresaw."""

    async def stream(self, body: ChatBody, *, deadline_s: float) -> AsyncGenerator[bytes, None]:
        for nothing in ():
            yield nothing
        raise RuntimeError("secret words")


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses"])
def test_a_failure_before_the_first_event_has_the_shape_of_the_route(path: str) -> None:
    with service(chat=Broken()) as served:
        body = {"model": "mood", "messages": SAID, "input": "x", "stream": True}
        answer = served.client.post(path, json=body)
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal_error"
    assert "secret" not in answer.text


CHAT = "/v1/chat/completions"
RESPONSES = "/v1/responses"
RUN = "/v1/examples/mood"
ASKED: dict[str, dict[str, Any]] = {
    CHAT: {"model": "mood", "messages": SAID, "response_format": JSON_CHAT, "temperature": 0},
    RESPONSES: {"model": "mood", "input": "x", "temperature": 0},
    RUN: {"input_text": "x", "result": "typed"},
}


def _code(answer: Any) -> Any:
    body = answer.json()
    return body["error"]["code"] if "error" in body else body["code"]


@pytest.mark.parametrize(
    "choices", [[None], [{"message": "x", "finish_reason": "stop"}], [], [7], [{"message": None}]]
)
@pytest.mark.parametrize("path", list(ASKED))
def test_an_answer_out_of_shape_is_the_providers_mistake(
    served: Service, path: str, choices: Any
) -> None:
    served.stub.queued.clear()
    served.stub.queue(stubs.says({"choices": choices}))
    answer = served.client.post(path, json=ASKED[path])
    assert (answer.status_code, _code(answer)) == (502, "upstream_invalid_answer")
    assert ("error" in answer.json()) == (path != RUN)


@pytest.mark.parametrize("choices", [[None], 7, [{"index": 0, "delta": "x"}]])
@pytest.mark.parametrize("path", list(ASKED))
def test_a_stream_out_of_shape_is_the_providers_mistake(
    served: Service, path: str, choices: Any
) -> None:
    served.stub.queued.clear()
    served.stub.queue(stubs.says_events(stubs.chunk({}, choices=choices), DONE))
    answer = served.client.post(path, json={**ASKED[path], "stream": True})
    assert answer.status_code == (502 if path == RESPONSES else 200)
    assert "upstream_invalid_answer" in answer.text
    assert "[DONE]" not in answer.text
