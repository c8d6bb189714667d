"""Every command and every piece of code in the documentation does what the page says."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

import pictures
import stub_provider
from doc_blocks import MARK, Block, blocks_of, missing_line, steps_of
from doc_session import ROOT, Failed, Session
from served import require_weights

NOTHING_TO_RUN = {"text"}
"""Languages of blocks that are no code."""
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "examples/README.md")
)
WITH_BLOCKS = [page for page in PAGES if blocks_of(ROOT / page, page)]


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    require_weights()
    with Image.open(pictures.astronaut()) as portrait:
        portrait.convert("RGB").save(tmp_path / "me.jpg", quality=92)
    shutil.copy(pictures.group_of_six(), tmp_path / "friends.jpg")
    with stub_provider.running() as provider:
        made = Session(tmp_path, provider)
        try:
            yield made
        finally:
            made.close()


@pytest.mark.models
@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_BLOCKS)
def test_the_blocks_of_a_page_work(page: str, session: Session) -> None:
    for block in blocks_of(ROOT / page, page):
        if block.reason is not None:
            sys.stdout.write(f"{block.where} is not run: {block.reason}\n")
            continue
        if block.language in NOTHING_TO_RUN:
            continue
        for assignment in block.marks.get("set", []):
            name, _, command = assignment.partition("=")
            session.serve()
            code, said = session.run(f'{name}=$({command}) && echo "${name}"')
            assert code == 0, f"{block.where}: {command}: {said}"
        session.answers.extend(block.marks.get("provider says", []))
        if "file" in block.marks:
            path = session.folder / block.marks["file"][0]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        _RUNNERS[block.language](block, session)


def console(block: Block, session: Session) -> None:
    steps = steps_of(block.text)
    assert steps, f"{block.where}: no line begins with a dollar sign and a space"
    for number, step in enumerate(steps, 1):
        if step.command.endswith("make serve"):
            code, printed = 0, session.serve(step.command)
        elif step.command.startswith("export KEY="):
            session.serve()  # It knows the key; what stands on the page is the form of one.
            continue
        else:
            if "faceplate" in step.command or "127.0.0.1" in step.command:
                session.serve()
            if "faceplate demo" in step.command:
                pictures.sample("obama-1")
            code, printed = session.run(step.command)
        fails = "fails" in block.marks and number == len(steps)
        if bool(code) != fails:
            raise Failed(f"{block.where}: {step.command}\nended with {code}:\n{printed}")
        missing = missing_line(step.expected, printed)
        if missing is not None:
            raise Failed(
                f"{block.where}: {step.command}\nnever printed: {missing}\nbut:\n{printed}"
            )


def python(block: Block, session: Session) -> None:
    _program(block, session, "python -")


def javascript(block: Block, session: Session) -> None:
    if shutil.which("node") is None:
        pytest.skip(f"{block.where} needs node")
    _program(block, session, "node --input-type=module -")


def bash(block: Block, session: Session) -> None:
    session.serve()
    code, printed = session.run(block.text)
    if bool(code) != ("fails" in block.marks):
        raise Failed(f"{block.where} ended with {code}:\n{printed}")


def _program(block: Block, session: Session, interpreter: str) -> None:
    if "file" in block.marks:
        return
    session.serve()
    code, printed = session.run(f"{interpreter} <<< {shlex.quote(block.text)}")
    if code:
        raise Failed(f"{block.where} ended with {code}:\n{printed}")


def parsed_toml(block: Block, _session: Session) -> None:
    tomllib.loads(block.text)


def parsed_json(block: Block, _session: Session) -> None:
    json.loads(block.text)


_RUNNERS = {
    "console": console,
    "bash": bash,
    "python": python,
    "javascript": javascript,
    "toml": parsed_toml,
    "json": parsed_json,
}


@pytest.mark.parametrize("page", PAGES)
def test_every_block_says_what_it_is(page: str) -> None:
    for block in blocks_of(ROOT / page, page):
        assert block.language in {*_RUNNERS, *NOTHING_TO_RUN} or block.reason, block.where
        assert block.reason is None or len(block.reason) > 10, block.where


@pytest.mark.parametrize("page", PAGES)
def test_no_mark_is_lost(page: str) -> None:
    """A mark that is not right before a block would be ignored."""
    text = (ROOT / page).read_text(encoding="utf-8")
    kept = sum(len(one) for block in blocks_of(ROOT / page, page) for one in block.marks.values())
    assert kept == sum(1 for line in text.splitlines() if MARK.match(line))


def test_the_comparison_can_fail() -> None:
    printed = " indexed   3 pictures, 3 faces\n time      0.5 s\n"
    assert missing_line((" indexed 7 pictures, 12 faces", " time …"), printed) is None
    assert missing_line((" indexed 3 people",), printed) == " indexed 3 people"
    assert missing_line((" time 0.5 s", " indexed 3 pictures"), printed) == " indexed 3 pictures"
