"""Manifests are read strictly: nothing missing, nothing unknown, nothing half understood."""

from __future__ import annotations

from pathlib import Path

import pytest

from faceplate.domain.artifacts import LocalFile, PackageMember, WebFile, read_artifact
from faceplate.domain.errors import Misconfigured
from faceplate.domain.strict_table import StrictTable

ENTRY = {
    "file": "face.onnx",
    "sha256": "0123456789abcdef" * 4,
    "size_bytes": 10,
    "sources": [
        {"kind": "pypi", "package": "a-b", "version": "1.0", "member": "a/f", "from_source": True},
        {"kind": "npm", "package": "@a/b", "version": "2.0.1", "member": "f"},
        {"kind": "url", "url": "https://example.org/f"},
        {"kind": "file", "path": "f"},
    ],
}


def table(value: object) -> StrictTable:
    return StrictTable(value, "a.toml, [x]")


def test_an_artifact_lists_its_sources_in_order() -> None:
    artifact = read_artifact("face", table(ENTRY), Path("/manifests"))
    assert artifact.sources == (
        PackageMember("pypi", "a-b", "1.0", "a/f", from_source=True),
        PackageMember("npm", "@a/b", "2.0.1", "f"),
        WebFile("https://example.org/f"),
        LocalFile(Path("/manifests/f")),
    )
    assert [str(source) for source in artifact.sources] == [
        "pypi package a-b 1.0",
        "npm package @a/b 2.0.1",
        "https://example.org/f",
        "file /manifests/f",
    ]
    assert artifact.cache_name == "0123456789abcdef" * 4 + ".onnx"


def test_an_artifact_may_have_no_source() -> None:
    entry = {key: value for key, value in ENTRY.items() if key != "sources"}
    assert read_artifact("face", table(entry), Path()).sources == ()


@pytest.mark.parametrize(
    "change",
    [
        {"file": "a/b"},
        {"file": "a\\b"},
        {"sha256": "0" * 63},
        {"size_bytes": -1},
        {"sources": [{"kind": "npm", "package": "-x", "version": "1", "member": "f"}]},
        {"sources": [{"kind": "npm", "package": "x", "version": "next", "member": "f"}]},
        {"sources": [{"kind": "url", "url": "https://example.org", "extra": 1}]},
        {"sources": ["https://example.org"]},
    ],
)
def test_an_artifact_that_makes_no_sense_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(Misconfigured, match=r"a\.toml, \[x\]"):
        read_artifact("face", table(ENTRY | change), Path())


def test_every_kind_of_value_can_be_taken() -> None:
    source = table(
        {"t": "x", "i": 3, "n": 1.5, "l": [1, 2.0], "f": True, "s": {"a": "b"}, "ts": [{}]}
    )
    assert "t" in source
    assert source.keys() == ["t", "i", "n", "l", "f", "s", "ts"]
    assert (source.text("t"), source.integer("i"), source.number("n")) == ("x", 3, 1.5)
    assert source.holds_list("l")
    assert not source.holds_list("f")
    assert source.numbers("l") == (1.0, 2.0)
    assert source.flag("f", default=False)
    assert not source.flag("gone", default=False)
    assert source.text("gone", "") == ""
    assert source.one_of("gone", ("a", "b"), "a") == "a"
    inner = source.table("s")
    assert (inner.origin, inner.text("a")) == ("a.toml, [x], s", "b")
    assert len(source.tables("ts")) == 1
    assert source.tables("gone") == []
    source.finish()


@pytest.mark.parametrize(
    ("key", "method"),
    [("t", "text"), ("i", "integer"), ("n", "number"), ("l", "numbers"), ("l", "tables")],
)
@pytest.mark.parametrize("value", [None, True, {"a": 1}, object()])
def test_a_value_of_another_kind_is_refused(key: str, method: str, value: object) -> None:
    with pytest.raises(Misconfigured) as failure:
        getattr(table({key: value}), method)(key)
    assert f'"{key}" must be' in failure.value.message


def test_unknown_keys_are_named() -> None:
    with pytest.raises(Misconfigured, match='unknown key "a", "b"'):
        table({"a": 1, "b": 2}).finish()


def test_a_text_must_be_one_of_the_choices_and_not_empty() -> None:
    with pytest.raises(Misconfigured, match="must be one of a, b"):
        table({"k": "c"}).one_of("k", ("a", "b"))
    with pytest.raises(Misconfigured, match='"k" is empty'):
        table({"k": ""}).text("k")


def test_something_else_than_a_table_is_refused() -> None:
    with pytest.raises(Misconfigured, match="a table is expected"):
        table([1])
    with pytest.raises(Misconfigured, match="a list of numbers"):
        table({"k": [1, "a"]}).numbers("k")
