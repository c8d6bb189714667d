"""What is printed: nothing cut, nothing that plays tricks, JSON that parses."""

import io
import json
import logging

import pytest

from faceplate.cli.logs import JsonLines, set_up_logs
from faceplate.cli.output import print_json, print_list, print_proof, print_table, printable


def test_escape_sequences_in_names_are_shown_not_obeyed(capsys):
    print_table(["name"], [["evil\x1b[2J\r\n"], ["[red]plain[/red]"], ["Zoë 画像"]])
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "evil\\x1b[2J\\r\\n" in out
    assert "[red]plain[/red]" in out
    assert "Zoë 画像" in out


def test_long_cells_are_whole_in_a_pipe(capsys):
    key = "folder/" * 30 + "name.jpg"
    print_table(["key", "id"], [[key, "6b0c3a52-6b4c-5d0f-9a58-4f3d9c1f7a10"]])
    assert key in capsys.readouterr().out


@pytest.mark.parametrize(
    ("cell", "shown"),
    [(None, ""), (True, "yes"), (99.9876, "99.99"), (["a", "b"], "a, b"), ({"a": 1}, "a=1")],
)
def test_cells(capsys, cell, shown):
    print_table(["x"], [[cell]])
    assert capsys.readouterr().out.splitlines()[3].strip() == shown


def test_json_keeps_every_character(capsys):
    print_json({"name": "Zoë \x1b", "surrogate": "bad\udcff\udce9.png \ud800"})
    found = json.loads(capsys.readouterr().out)
    assert found == {"name": "Zoë \x1b", "surrogate": r"bad\xff\xe9.png \ud800"}


def test_json_stays_json_where_the_terminal_has_few_characters(monkeypatch):
    plain = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", plain)
    print_json({"name": "Zoë 画像"})
    written = plain.buffer.getvalue()
    assert json.loads(written.decode("ascii")) == {"name": "Zoë 画像"}


def test_list_reaches_into_members_and_names_the_next_page(capsys):
    page = {"people": [{"a": 1, "consent": {"purpose": "door"}}, {"a": 2, "consent": None}]}
    columns = {"A": "a", "for": "consent.purpose"}
    print_list({**page, "next_token": "t1"}, "people", columns, nothing="none")
    captured = capsys.readouterr()
    assert "door" in captured.out
    assert "--next-token t1" in captured.err


def test_empty_list_says_so_on_stderr(capsys):
    print_list({"people": []}, "people", {"A": "a"}, nothing="There are no people.")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "There are no people.\n")


def test_proof(capsys):
    print_proof({"before": {"faces": 2}, "after": {"faces": 0}})
    assert capsys.readouterr().out.split()[-3:] == ["faces", "2", "0"]


def test_printable_leaves_text_alone():
    assert printable("a b é") == "a b é"


def record(message, error=None):
    info = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("faceplate.x", logging.ERROR, "f.py", 1, message, None, info)


def test_log_line_is_one_json_object():
    line = JsonLines().format(record("two\nlines"))
    assert "\n" not in line
    found = json.loads(line)
    assert found["message"] == "two\nlines"
    assert found["level"] == "error"
    assert found["time"].endswith("+00:00")


def test_an_event_in_json_keeps_its_members():
    found = json.loads(JsonLines().format(record('{"event": "http.request", "status": 200}')))
    assert (found["event"], found["status"]) == ("http.request", 200)


def test_what_only_looks_like_json_is_a_message():
    assert json.loads(JsonLines().format(record("{oops")))["message"] == "{oops"


def test_an_exception_is_named_without_its_text():
    try:
        int("secret text")
    except ValueError as exc:
        line = JsonLines().format(record("failed", exc))
    found = json.loads(line)
    assert found["error"] == "ValueError"
    assert found["trace"][0].startswith("test_cli_output.py:")
    assert "secret" not in line


def test_level_is_respected():
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    try:
        set_up_logs("warning", stream)
        logging.getLogger("faceplate.test").info("quiet")
        logging.getLogger("faceplate.test").warning("loud")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    assert [json.loads(line)["message"] for line in stream.getvalue().splitlines()] == ["loud"]
