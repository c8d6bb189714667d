"""Which providers the settings name, in which order, with which keys."""

from __future__ import annotations

import json

import pytest

from faceplate.bootstrap.text import settings_providers
from faceplate.config import describe_settings, load_settings

VLLM = {"name": "vllm", "base_url": "http://127.0.0.1:1/v1", "model": "m", "api_key": "sk-vllm"}


@pytest.fixture(autouse=True)
def no_key_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


def found() -> list[tuple[str, str, str, str | None]]:
    return [
        (one.name, one.base_url, one.model, one.api_key)
        for one in settings_providers(load_settings())
    ]


def test_none_by_default() -> None:
    assert found() == []


def test_a_key_alone_means_openai(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-env")
    ((name, url, model, key),) = found()
    assert (name, url, key) == ("openai", "https://api.openai.com/v1", "sk-env")
    assert model


def test_an_address_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-env")
    monkeypatch.setenv("FACEPLATE_CHAT__BASE_URL", "http://127.0.0.1:2/v1")
    monkeypatch.setenv("FACEPLATE_CHAT__API_KEY", "sk-own")
    monkeypatch.setenv("FACEPLATE_CHAT__MODEL", "mine")
    assert found() == [("provider", "http://127.0.0.1:2/v1", "mine", "sk-own")]


def test_a_list_is_asked_in_its_order_after_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEPLATE_CHAT__BASE_URL", "http://127.0.0.1:2/v1")
    monkeypatch.setenv("FACEPLATE_CHAT__PROVIDERS", json.dumps([VLLM, {**VLLM, "name": "b"}]))
    assert [name for name, *_ in found()] == ["provider", "vllm", "b"]


def test_keys_are_never_described(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-env")
    monkeypatch.setenv("FACEPLATE_CHAT__PROVIDERS", json.dumps([VLLM]))
    shown = describe_settings(load_settings())
    assert "sk-" not in json.dumps(shown)
    assert "OPENAI_API_KEY" in {row["setting"] for row in shown}
