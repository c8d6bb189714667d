"""Every verb is there, says what it does, and asking for help costs little."""

import subprocess
import sys

import pytest
import typer.main

from faceplate import __version__
from faceplate.cli.exits import MEANINGS
from faceplate.cli.main import app

VERBS = """
apps eval, apps list, apps new, apps run, apps show, audit list, backup, compare, demo, detect,
doctor, faces delete, faces export, faces import, faces list, faces migrate, faces query,
faces show,
faces similar, images annotate, images delete, images get, images list, images show, index, info,
keys create, keys list, keys revoke, keys rotate, models list, models path, models pull, openapi,
package,
people assign, people create, people erase, people list, people merge, people purge-expired,
people show, people unassign, people update, restore, search, serve, uploads create, uploads status
"""


def commands(command, path=()):
    inner = getattr(command, "commands", None)
    if inner is None:
        yield " ".join(path), command
    else:
        for name, child in inner.items():
            yield from commands(child, (*path, name))


ALL = dict(commands(typer.main.get_command(app)))


def test_verbs_are_pinned():
    assert sorted(ALL) == sorted(name.strip() for name in VERBS.replace("\n", " ").split(","))


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_verb_and_option_says_what_it_does(name):
    verb = ALL[name]
    assert verb.help
    assert verb.help[0].isupper()
    for parameter in verb.params:
        assert getattr(parameter, "help", None), f"{name}: {parameter.name}"


@pytest.mark.parametrize("name", sorted(set(ALL) - {"serve"}))
def test_every_verb_has_json(name):
    assert "--json" in {option for parameter in ALL[name].params for option in parameter.opts}


LOCAL = {
    "apps eval",
    "apps new",
    "serve",
    "faces migrate",
    "models list",
    "models path",
    "models pull",
    "package",
}


@pytest.mark.parametrize("name", sorted(set(ALL) - LOCAL))
def test_every_verb_works_on_a_server(name):
    options = {option for parameter in ALL[name].params for option in parameter.opts}
    assert {"--url", "--api-key", "--data-dir"} <= options


@pytest.mark.parametrize("name", ["", *sorted(ALL)])
def test_help_is_printed(inside, name):
    ended = inside(*name.split(), "--help")
    assert ended.code == 0
    assert f"faceplate {name}".strip() in ended.out


def test_help_lists_the_exit_codes(inside):
    out = " ".join(inside("--help").out.split())
    assert all(f"{code} {meaning}" in out for code, meaning in MEANINGS.items())


def test_version(inside):
    assert inside("--version").out == f"faceplate {__version__}\n"


def test_no_verb_shows_help(inside):
    assert "index" in inside().out


def test_wrong_option_is_a_usage_error(inside):
    ended = inside("search", "--no-such-option")
    assert ended.code == 2
    assert "--no-such-option" in ended.err


def test_help_imports_nothing_heavy():
    program = (
        "import sys\n"
        "sys.argv = ['faceplate', '--help']\n"
        "from faceplate.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'cv2', 'onnxruntime', 'fastapi', 'faiss', 'numpy', 'uvicorn', 'aiohttp', 'PIL',"
        " 'pydantic', 'onnx'}\n"
        "sys.stderr.write(','.join(sorted(heavy & set(sys.modules))))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert "search" in done.stdout
    assert done.stderr == ""
