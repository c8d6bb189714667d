"""The functions' quick reading of settings is the whole reading, as far as it goes."""

from __future__ import annotations

from typing import Any

import pytest

from faceplate.bootstrap.function_settings import read_function_settings
from faceplate.config import Settings, load_settings
from faceplate.domain.errors import Misconfigured

GIVEN = {
    "FACEPLATE_MODE": "aws",
    "FACEPLATE_COLLECTION": "people",
    "FACEPLATE_MAX_IMAGE_BYTES": "5000000",
    "FACEPLATE_CORS_ORIGINS": "https://a.example, https://b.example",
    "FACEPLATE_DEBUG_MODE": "true",
    "FACEPLATE_METRICS_PUBLIC": "false",
    "FACEPLATE_LOG_LEVEL": "warning",
    "FACEPLATE_AWS__TABLE": "records",
    "FACEPLATE_AWS__BUCKET": "pictures",
    "FACEPLATE_AWS__PROVIDER_KEY_PARAMETER": "/faceplate/provider-key",
    "FACEPLATE_CHAT__BASE_URL": "https://example.com/v1",
    "FACEPLATE_CHAT__MODEL": "some-model",
    "FACEPLATE_CHAT__DEADLINE_S": "26",
    "FACEPLATE_CHAT__RETRIES": "1",
    "FACEPLATE_LIMITS__ENABLED": "1",
    "FACEPLATE_LIMITS__DAILY_TOKENS": "1000",
}


def parts(settings: Any) -> dict[str, Any]:
    """Everything that the quick reading holds, by its place."""
    found: dict[str, Any] = {}
    for name, value in vars(settings).items():
        if hasattr(value, "__dict__"):
            found |= {f"{name}.{inner}": one for inner, one in vars(value).items()}
        else:
            found[name] = value
    return found


def whole(settings: Settings, place: str) -> Any:
    value: Any = settings
    for name in place.split("."):
        value = getattr(value, name)
    return value


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> pytest.MonkeyPatch:
    monkeypatch.chdir(tmp_path)
    return monkeypatch


@pytest.mark.parametrize("given", [{}, GIVEN], ids=["defaults", "all given"])
def test_both_read_the_same(clean: pytest.MonkeyPatch, given: dict[str, str]) -> None:
    for name, value in given.items():
        clean.setenv(name, value)
    quick, slow = read_function_settings(given), load_settings()
    assert parts(quick)
    for place, value in parts(quick).items():
        assert value == whole(slow, place), place


@pytest.mark.parametrize(
    "more",
    [
        {"FACEPLATE_CHAT__CONNECT_S": "3", "FACEPLATE_LLM__MODEL": "auto"},
        {"OPENAI_API_KEY": "sk-1"},
    ],
)
def test_what_it_does_not_know_goes_the_long_way(
    clean: pytest.MonkeyPatch, more: dict[str, str]
) -> None:
    for name, value in more.items():
        clean.setenv(name, value)
    assert isinstance(read_function_settings(more), Settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FACEPLATE_DEBUG_MODE", "perhaps"),
        ("FACEPLATE_CHAT__RETRIES", "many"),
        ("FACEPLATE_CHAT__DEADLINE_S", "soon"),
    ],
)
def test_a_wrong_value_is_named_and_not_shown(name: str, value: str) -> None:
    with pytest.raises(Misconfigured, match=name) as refused:
        read_function_settings({name: value})
    assert value not in refused.value.message
