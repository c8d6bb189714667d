import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceplate.domain.errors import InvalidParameter
from faceplate.services.page_tokens import MAX_TOKEN_CHARS, PageTokens

TOKENS = PageTokens(b"only for tests")
KEYS = st.text("abcXYZ019_.-", min_size=1, max_size=255)


@given(KEYS)
def test_what_was_sealed_is_opened(key: str) -> None:
    token = TOKENS.seal("list", key)
    assert len(token) <= MAX_TOKEN_CHARS
    position = TOKENS.open("list", token)
    assert position.is_of(key)
    assert not position.is_of(f"{key}x")


def test_a_long_key_is_known_by_its_beginning_and_its_digest() -> None:
    key = "a" * 255
    position = TOKENS.open("list", TOKENS.seal("list", key))
    assert len(position.key) < 255
    assert position.is_of(key)
    assert not position.is_of("a" * 254 + "b")
    assert not position.is_of("b" * 255)


@pytest.mark.parametrize(
    "token",
    ["", "a", "YWJj", "ä", "!!", "=" * 8, "A" * 255, PageTokens(b"other").seal("list", "k")],
)
def test_other_tokens_are_refused(token: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        TOKENS.open("list", token)
    assert caught.value.code == "invalid_pagination_token"


def test_a_token_of_another_list_is_refused() -> None:
    with pytest.raises(InvalidParameter):
        TOKENS.open("faces/c", TOKENS.seal("faces/d", "k"))


@given(KEYS, st.integers(0, 254))
def test_a_changed_token_is_refused(key: str, where: int) -> None:
    token = TOKENS.seal("list", key)
    where %= len(token) - 1  # the last character may hold bits that mean nothing
    other = "B" if token[where] == "A" else "A"
    with pytest.raises(InvalidParameter):
        TOKENS.open("list", token[:where] + other + token[where + 1 :])
