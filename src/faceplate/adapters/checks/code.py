"""Checks of code. It is read, never run."""

from __future__ import annotations

import ast
import re
import shlex
from html.parser import HTMLParser

from faceplate.adapters.checks.subject import Subject, code_of, shown

_MAX_CHARS = 100_000
_WITH_DOCSTRING = (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_CLOSES = {")": "(", "]": "[", "}": "{"}
_LITERAL = re.compile(
    r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`", re.DOTALL
)
# Elements without an end tag, and those whose end tag may be left out. Source: HTML, WHATWG.
_VOID = frozenset(
    {
        *("area", "base", "br", "col", "embed", "hr", "img", "input"),
        *("link", "meta", "source", "track", "wbr"),
    }
)
_OPTIONAL_END = frozenset(
    {
        *("p", "li", "dt", "dd", "option", "tr", "td", "th", "thead", "tbody", "tfoot"),
        *("body", "html", "head"),
    }
)


def python_parses(subject: Subject) -> str | None:
    """Fail when the code is not Python."""
    if not subject.texts:
        return "there is no code"
    for text in subject.texts:
        code = code_of(text)
        if not code.strip():
            return "there is no code"
        tree = parse_python(code)
        if isinstance(tree, str):
            return tree
    return None


def python_defines(subject: Subject, *, name: str = "", name_at: str = "") -> str | None:
    """Fail when no function or class of a name, or of any name, is defined."""
    wanted = name or next((str(one) for one in subject.at(name_at)), "")
    for text in subject.texts:
        tree = parse_python(code_of(text))
        if isinstance(tree, str):
            return tree
        names = [
            node.name
            for node in ast.walk(tree)
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        ]
        if not names or (wanted and wanted not in names):
            return f"{wanted or 'nothing'} is not defined" if wanted else "no function is defined"
    return None


def python_documented(subject: Subject) -> str | None:
    """Fail when the first function or class of the code has no docstring."""
    for text in subject.texts:
        tree = parse_python(code_of(text))
        if isinstance(tree, str):
            return tree
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                if not ast.get_docstring(node):
                    return f"{node.name} has no docstring"
                break
        else:
            return "no function is defined"
    return None


def python_same_as_input(subject: Subject) -> str | None:
    """Fail when the code differs from the input in more than docstrings, comments and spacing."""
    before = parse_python(code_of(subject.input_text))
    if isinstance(before, str):
        return f"the input: {before}"
    for text in subject.texts:
        after = parse_python(code_of(text))
        if isinstance(after, str):
            return after
        if _bare(after) != _bare(before):
            return "the code itself was changed"
    return None


def balanced(subject: Subject) -> str | None:
    """Fail when brackets outside strings and comments do not match, in C-like languages."""
    for text in subject.texts:
        stack: list[str] = []
        for one in _LITERAL.sub("", code_of(text)):
            if one in "([{":
                stack.append(one)
            elif one in _CLOSES and (not stack or stack.pop() != _CLOSES[one]):
                return f"a {one} without its partner"
        if stack:
            return f"a {stack[-1]} without its partner"
    return None


def one_line_of_code(subject: Subject) -> str | None:
    """Fail when the code is empty or takes more than one line."""
    if not subject.texts:
        return "there is no code"
    for text in subject.texts:
        count = len(code_of(text).strip().splitlines())
        if count != 1:
            return f"{count} lines"
    return None


def shell_parses(subject: Subject) -> str | None:
    """Fail when a command is empty, has several lines or an open quote."""
    if not subject.texts:
        return "there is no command"
    for text in subject.texts:
        command = code_of(text).strip()
        if "\n" in command:
            return "several lines"
        try:
            parts = shlex.split(command)
        except ValueError:
            return "an open quote"
        if not parts:
            return "there is no command"
    return None


def html_parses(subject: Subject, *, offline: bool = False) -> str | None:
    """Fail when tags do not match, there is no html element, or something outside is loaded."""
    if not subject.texts:
        return "there is no page"
    for text in subject.texts:
        reader = _Tags()
        reader.feed(code_of(text)[:_MAX_CHARS])
        reader.close()
        if reader.problem or reader.open_tags():
            return reader.problem or f"<{reader.open_tags()[-1]}> is never closed"
        if "html" not in reader.seen:
            return "there is no <html>"
        if offline and reader.outside:
            return f"{shown(reader.outside)} is loaded from outside"
    return None


def parse_python(code: str) -> ast.Module | str:
    """Return the syntax tree, or why there is none."""
    if len(code) > _MAX_CHARS:
        return "the code is too long"
    try:
        return ast.parse(code)
    except SyntaxError as exc:
        return f"line {exc.lineno or 1}: {exc.msg}"
    except (ValueError, RecursionError, MemoryError):
        return "the code cannot be parsed"


def _bare(tree: ast.Module) -> str:
    for node in ast.walk(tree):
        if isinstance(node, _WITH_DOCSTRING) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(tree)


class _Tags(HTMLParser):
    """Follow the tags of a page: what is open, what does not match, what is loaded."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.outside = ""
        self.problem = ""
        self._open: list[str] = []

    def open_tags(self) -> list[str]:
        return [tag for tag in self._open if tag not in _OPTIONAL_END]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        if tag not in _VOID:
            self._open.append(tag)
        for name, value in attrs:
            loads = name == "src" or (name == "href" and tag == "link")
            if loads and value and re.match(r"(https?:)?//", value):
                self.outside = value

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID and self._open:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        while self._open and self._open[-1] != tag and self._open[-1] in _OPTIONAL_END:
            self._open.pop()
        if self._open and self._open[-1] == tag:
            self._open.pop()
        elif tag not in _OPTIONAL_END:
            self.problem = self.problem or f"</{tag}> closes nothing"
