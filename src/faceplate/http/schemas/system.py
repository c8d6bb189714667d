"""Health and information."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field

from faceplate.http.schemas.base import Answer


class PartAnswer(Answer):
    """One part of the service."""

    ok: bool
    duration_ms: float
    code: str | None = None
    message: str | None = None


class HealthAnswer(Answer):
    """Whether every part could do its work now."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "status": "ok",
                    "mode": "local",
                    "version": "0.1.0",
                    "parts": {"records": {"ok": True, "duration_ms": 0.2}},
                }
            ]
        }
    )

    status: Literal["ok", "failing"]
    mode: str
    version: str
    parts: dict[str, PartAnswer]


class SettingItem(Answer):
    """A setting, its value (secrets masked), where that came from, and what it means."""

    setting: str
    value: str
    source: str
    meaning: str


class PresetItem(Answer):
    """A named threshold."""

    min_similarity: float
    meaning: str


class CollectionItem(Answer):
    """The configured collection and what it holds."""

    collection_id: str
    faces: int
    people: int
    images: int


class InfoAnswer(Answer):
    """What this installation is and how it is configured."""

    model_config = ConfigDict(extra="allow")

    name: str
    version: str
    model: str
    mode: str | None = None
    accuracy: str | None = None
    engine: dict[str, Any] | None = None
    settings: list[SettingItem] = Field(default_factory=list)
    capabilities: list[str]
    presets: dict[str, PresetItem]
    collection: CollectionItem
