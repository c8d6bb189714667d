"""`faceplate apps`: listing, running, measuring and beginning prompt applications."""

import asyncio
import io
import json
import sys

import pytest

import stub_provider
from faceplate.adapters.checks.checks import DeterministicChecker
from faceplate.adapters.json_schema.schemas import JsonSchemas
from faceplate.adapters.toml_catalog.prompt_catalog import TomlPromptCatalog
from faceplate.cli.api import Api
from faceplate.cli.app_run import wait_for_model
from faceplate.cli.apps import parse_parameters
from faceplate.cli.transport import OpenAnswer
from faceplate.domain.errors import Busy, FaceplateError, InvalidInput, UpstreamFailed


@pytest.fixture
def stdin(monkeypatch):
    def give(data):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))

    return give


def test_list_and_show(remote, inside, serving):
    assert [one["slug"] for one in remote("apps", "list")["examples"]] == ["mood"]
    assert remote("apps", "show", "mood")["parameters"][0]["name"] == "reader"
    assert "Mood" in inside("apps", "list", *serving.where).out
    shown = inside("apps", "show", "mood", *serving.where).out
    assert "children" in shown
    assert '"mood"' in shown


def test_an_answer_is_printed_as_text(inside, serving):
    ended = inside("apps", "run", "mood", "All is well", *serving.where)
    assert (ended.code, ended.out) == (0, "All is well\n")


def test_json_has_the_whole_answer(remote):
    answer = remote("apps", "run", "mood", "All is well", "--typed")
    assert answer["object"] == "chat.completion"
    assert answer["result"] == {"mood": "good"}


def test_parameters_and_options_reach_the_application(remote, inside, serving):
    parameter = ("--param", "reader=children")
    assert remote("apps", "run", "mood", "Hello", *parameter)["choices"]
    cut = remote("apps", "run", "mood", "one two three", "--max-tokens", "1")
    assert cut["choices"][0]["finish_reason"] == "length"
    cut = inside("apps", "run", "mood", "one two three", "--max-tokens", "1", *serving.where)
    assert "--max-tokens" in cut.err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("mood", "Hello", "--param", "reader=cats"), 3),
        (("mood", "Hello", "--param", "writer=cats"), 3),
        (("mood", "Hello", "--param", "reader"), 3),
        (("nothing-like-it", "Hello"), 7),
        (("mood", "Hello", "--temperature", "99"), 2),
    ],
)
def test_what_cannot_be_run_says_why(inside, serving, arguments, code):
    ended = inside("apps", "run", *arguments, *serving.where)
    assert ended.code == code
    assert ended.err
    assert not ended.out


def test_the_input_may_come_on_stdin(inside, serving, stdin):
    stdin("Café, all of it\n".encode())
    assert inside("apps", "run", "mood", *serving.where).out == "Café, all of it\n"
    stdin(b"again")
    assert inside("apps", "run", "mood", "-", *serving.where).out == "again\n"


@pytest.mark.parametrize("data", [b"", b" \n", b"\xff\xfe"])
def test_no_text_on_stdin_is_refused(inside, serving, stdin, data):
    stdin(data)
    ended = inside("apps", "run", "mood", *serving.where)
    assert (ended.code, ended.out) == (3, "")
    assert "input_missing" in ended.err


def test_what_moves_the_cursor_is_shown_and_not_done(inside, serving):
    ended = inside("apps", "run", "mood", "a\x1b[2Jb", *serving.where)
    assert ended.out == "a\\x1b[2Jb\n"


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("text", "3", "3"),
        ("integer", "3", 3),
        ("number", "0.5", 0.5),
        ("flag", "no", False),
        ("texts", "a, b", ["a", "b"]),
        ("texts", '["a, b"]', ["a, b"]),
    ],
)
def test_parameters_are_read_as_their_kind(kind, text, value):
    assert parse_parameters([f"x={text}"], [{"name": "x", "kind": kind}]) == {"x": value}


def test_a_parameter_may_be_a_file(tmp_path):
    (tmp_path / "schema.sql").write_text("CREATE TABLE t (a);")
    pairs = [f"x=@{tmp_path / 'schema.sql'}"]
    kinds = [{"name": "x", "kind": "text"}]
    assert parse_parameters(pairs, kinds) == {"x": "CREATE TABLE t (a);"}
    with pytest.raises(InvalidInput):
        parse_parameters([f"x=@{tmp_path / 'gone'}"], kinds)


@pytest.mark.parametrize(("kind", "text"), [("integer", "x"), ("number", ""), ("flag", "perhaps")])
def test_values_of_another_kind_are_refused(kind, text):
    with pytest.raises(InvalidInput):
        parse_parameters([f"x={text}"], [{"name": "x", "kind": kind}])


def test_a_model_on_its_way_is_waited_for(capsys):
    waits = []
    answers = [Busy("50 % is here.", code="model_downloading")] * 2 + ["answer"]

    async def ask():
        found = answers.pop(0)
        if isinstance(found, Busy):
            raise found
        return found

    async def sleep(seconds):
        waits.append(seconds)

    assert asyncio.run(wait_for_model(ask, sleep=sleep)) == "answer"
    assert len(waits) == 2
    assert capsys.readouterr().err == "50 % is here.\n"


def test_other_busyness_is_told_at_once():
    async def ask():
        raise Busy("Too many.", code="model_queue_full")

    with pytest.raises(Busy):
        asyncio.run(wait_for_model(ask))


class Scripted:
    """A transport whose answer is written down."""

    def __init__(self, status, *pieces):
        self.status = status
        self.script = pieces
        self.closed = False

    async def open(self, _method, _target, _headers, _body):
        return OpenAnswer(self.status, {"retry-after": "7"}, self.pieces())

    async def pieces(self):
        try:
            for piece in self.script:
                yield piece
        finally:
            self.closed = True


def read(transport, most=100):
    async def run():
        found = []
        stream = Api(transport).stream("/v1/examples/mood", {})
        async for chunk in stream:
            found.append(chunk)
            if len(found) == most:
                break
        await stream.aclose()
        return found

    return asyncio.run(run())


def test_events_are_put_together_from_pieces():
    transport = Scripted(
        200, b': hi\n\ndata: {"a"', b': 1}\n\ndata: {"b": 2}\n\ndata: [DO', b"NE]\n\n"
    )
    assert read(transport) == [{"a": 1}, {"b": 2}]


def test_leaving_a_stream_closes_the_answer():
    transport = Scripted(200, b'data: {"a": 1}\n\n', b'data: {"b": 2}\n\n')
    assert read(transport, most=1) == [{"a": 1}]
    assert transport.closed


def test_an_error_in_a_stream_is_raised():
    event = {"error": {"message": "It broke off.", "code": "upstream_cut_off"}}
    transport = Scripted(200, f"data: {json.dumps(event)}\n\n".encode())
    with pytest.raises(UpstreamFailed, match="It broke off"):
        read(transport)


def test_a_refusal_before_the_stream_is_raised():
    problem = {"code": "model_queue_full", "detail": "Too many."}
    with pytest.raises(FaceplateError) as caught:
        read(Scripted(503, json.dumps(problem).encode()))
    assert (caught.value.code, caught.value.retry_after_s) == ("model_queue_full", 7.0)


@pytest.fixture
def provider():
    with stub_provider.running() as stub:
        yield stub


def test_a_new_application_can_be_used_and_measured(inside, provider, tmp_path):
    folder = tmp_path / "apps"
    made = inside("apps", "new", "my-app", FACEPLATE_APPS_DIR=str(folder))
    assert made.out.strip() == str(folder / "my-app.toml")
    catalog = TomlPromptCatalog([folder], schemas=JsonSchemas(), checker=DeterministicChecker())
    assert [app.slug for app in catalog.list()] == ["my-app"]
    assert not catalog.problems()
    settings = {
        "FACEPLATE_APPS_DIR": str(folder),
        "FACEPLATE_CHAT__BASE_URL": provider.base_url,
        "FACEPLATE_CHAT__RETRIES": "0",
    }
    good = '{"sentence": "It is about a library."}'
    provider.always = saying(good)
    measured = inside("apps", "eval", "my-app", "--json", "--bar", "100", **settings)
    assert measured.json["summary"] == {"pass": 1, "apps": 1, "provider": "provider"}
    assert measured.code == 0
    provider.always = saying('{"sentence": "No idea."}')
    measured = inside("apps", "eval", "my-app", "--bar", "100", **settings)
    assert measured.code == 22
    assert "library" in measured.out
    assert "0 of 1 passed" in measured.err


def saying(text):
    async def answer(_seen, wire):
        choice = {"index": 0, "finish_reason": "stop", "message": {"content": text}}
        await wire.answer(200, json.dumps({"choices": [choice]}).encode(), "application/json")

    return answer


def test_new_never_writes_over_a_file(inside, tmp_path):
    assert inside("apps", "new", "my-app", "--dir", tmp_path / "apps").code == 0
    ended = inside("apps", "new", "my-app", "--dir", tmp_path / "apps")
    assert ended.code == 8
    assert "file_exists" in ended.err


@pytest.mark.parametrize("slug", ["../x", "Upper", "a--b", ""])
def test_new_refuses_odd_names(inside, tmp_path, slug):
    assert inside("apps", "new", slug, "--dir", tmp_path).code == 3
    assert not list(tmp_path.glob("*.toml"))


def test_new_needs_a_place(inside):
    ended = inside("apps", "new", "my-app")
    assert ended.code == 13
    assert "FACEPLATE_APPS_DIR" in ended.err


def test_eval_of_what_is_not_there(inside, provider):
    settings = {"FACEPLATE_CHAT__BASE_URL": provider.base_url}
    assert inside("apps", "eval", "nothing-like-it", **settings).code == 7
    assert inside("apps", "eval", "--provider", "nobody", **settings).code == 7
