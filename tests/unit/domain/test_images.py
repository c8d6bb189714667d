import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faceplate.domain.errors import InvalidParameter
from faceplate.domain.images import (
    decode_external_image_id,
    encode_external_image_id,
    require_external_image_id,
    require_image_key,
)

AWS_PATTERN = re.compile(r"[a-zA-Z0-9_.\-:]{1,255}")


@pytest.mark.parametrize(
    ("key", "encoded"),
    [
        ("jane.jpg", "jane.jpg"),
        ("jane doe.jpg", "jane:20doe.jpg"),
        ("a/b/../c.jpg", "a:2Fb:2F..:2Fc.jpg"),
        ("Zoë.jpg", "Zo:C3:AB.jpg"),
        ("100%.jpg", "100:25.jpg"),
        ("a:b", "a:3Ab"),
        ("tab\there\n", "tab:09here:0A"),
        ("\x00", ":00"),
    ],
)
def test_keys_are_encoded_as_documented(key: str, encoded: str) -> None:
    assert encode_external_image_id(key) == encoded
    assert decode_external_image_id(encoded) == key


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=21))
def test_encoding_is_reversible_and_fits_the_pattern(key: str) -> None:
    encoded = encode_external_image_id(key)
    assert AWS_PATTERN.fullmatch(encoded)
    assert "%" not in encoded
    assert decode_external_image_id(encoded) == key


@settings(deadline=None)
@given(st.text("abcXYZ019_.-:", min_size=1, max_size=60))
def test_any_id_of_somebody_else_decodes_without_an_error(external_id: str) -> None:
    key = decode_external_image_id(external_id)
    assert key == external_id or encode_external_image_id(key) == external_id


@pytest.mark.parametrize("external_id", ["a:b", "a:4", ":ZZ", ":41", ":FF", "x:2f"])
def test_ids_our_encoding_could_not_have_made_stand_for_themselves(external_id: str) -> None:
    assert decode_external_image_id(external_id) == external_id


def test_the_longest_key_has_255_encoded_characters() -> None:
    assert len(encode_external_image_id("a" * 255)) == 255
    with pytest.raises(InvalidParameter) as caught:
        encode_external_image_id("a" * 256)
    assert caught.value.code == "image_key_too_long"
    assert caught.value.details["encoded_chars"] == 256
    with pytest.raises(InvalidParameter):
        encode_external_image_id("é" * 43)


@pytest.mark.parametrize("key", ["", "\ud800"])
def test_keys_that_are_no_text_are_refused(key: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        encode_external_image_id(key)
    assert caught.value.code == "image_key_invalid"


@pytest.mark.parametrize("key", ["a/faces", "a/b/annotated", "//faces", "\n/faces"])
def test_keys_that_would_be_routes_of_other_pictures_are_refused(key: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        require_image_key(key)
    assert caught.value.code == "image_key_invalid"


@pytest.mark.parametrize("key", ["faces", "/faces", "a/faces.png", "a/faces/b", "a/faces\n", ""])
def test_keys_that_only_look_like_routes_are_taken(key: str) -> None:
    assert require_image_key(key) == key


def test_external_image_ids_of_callers_are_checked() -> None:
    assert require_external_image_id("a:b-c_d.e") == "a:b-c_d.e"
    for bad in ("", "a b", "a%", "é", "a" * 256):
        with pytest.raises(InvalidParameter):
            require_external_image_id(bad)
