"""Reading the service model, and its regular expressions."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import unicodedata

import pytest

from aws_shapes import fits_pattern, service_model
from faceplate.domain.errors import Misconfigured
from faceplate.http.rekognition.model import Shape, _count_blobs, load_model, reachable
from faceplate.http.rekognition.operations import OPERATIONS
from faceplate.http.rekognition.patterns import compile_pattern
from faceplate.http.rekognition.validate import _READERS, validate


def test_the_model_is_botocores() -> None:
    model = load_model()
    assert set(model.operations) == set(service_model().operation_names)
    assert model.target_prefix == service_model().metadata["targetPrefix"]
    assert model.service == service_model().signing_name
    for name, operation in model.operations.items():
        theirs = service_model().operation_model(name)
        assert operation.input == theirs.input_shape.name
        assert operation.exceptions == {shape.name for shape in theirs.error_shapes}


def test_reading_it_imports_nothing_of_botocore() -> None:
    code = (
        "import sys, faceplate.http.rekognition.model as m; m.load_model();"
        "raise SystemExit('botocore' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_botocores_data_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(Misconfigured):
        load_model.__wrapped__()


def test_a_shape_within_itself_is_counted_once() -> None:
    def shape(name: str, members: dict[str, str], kind: str = "structure") -> Shape:
        return Shape(name, kind, members, (), "", "", None, None, None, ())

    shapes = {
        "Tree": shape("Tree", {"Leaf": "Blob", "Branch": "Tree", "Other": "Pair"}),
        "Pair": shape("Pair", {"Left": "Blob", "Right": "Blob"}),
        "Blob": shape("Blob", {}, "blob"),
    }
    assert _count_blobs(shapes, "Tree", frozenset()) == 3
    assert set(reachable(shapes, "Tree")) == set(shapes)


def test_every_kind_of_an_offered_input_has_a_reader() -> None:
    model = load_model()
    for name in OPERATIONS:
        kinds = {
            shape.kind for shape in reachable(model.shapes, model.operations[name].input).values()
        }
        assert kinds <= set(_READERS)


@pytest.mark.parametrize("category", "LZN")
def test_a_class_of_characters_is_its_category(category: str) -> None:
    every = [chr(point) for point in range(sys.maxunicode + 1)]
    pattern = compile_pattern(rf"[\p{{{category}}}]")
    wrong = [
        one
        for one in every
        if (pattern.fullmatch(one) is not None) != (unicodedata.category(one)[0] == category)
    ]
    assert wrong == []


def test_tag_patterns_agree_with_a_plain_reading() -> None:
    pattern = load_model().shapes["TagKey"].pattern
    assert pattern is not None
    for text in ("", "a", "aws:", "AWS:", "é", "a\n", "a b", "½", "\U0001d400", "🙂", "x,y"):
        assert (compile_pattern(pattern).fullmatch(text) is not None) == fits_pattern(pattern, text)


def test_booleans_and_long_numbers_are_read_too() -> None:
    shapes = load_model().shapes
    assert validate(shapes, "Boolean", True) == (True, [])
    assert validate(shapes, "ULong", 2**40) == (2**40, [])
    assert validate(shapes, "PageSize", 5.0) == (5, [])
    for name, value, says in (
        ("Boolean", 1, "must be a boolean, not a number"),
        ("ULong", 2**63, "is outside of"),
        ("Percent", 10**400, "is not a finite number"),
    ):
        assert says in validate(shapes, name, value)[1][0].text
