"""The settings of the functions on AWS, read without the 0.2 s that pydantic's take.

Names, defaults and meanings are those of `config.Settings`; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from faceplate.domain.errors import Misconfigured

if TYPE_CHECKING:
    from faceplate.config import Settings

PREFIX = "FACEPLATE_"
Convert = Callable[[str], Any]


def _truth(text: str) -> bool:
    if text.lower() in {"1", "true", "yes", "on", "t", "y"}:
        return True
    if text.lower() in {"0", "false", "no", "off", "f", "n"}:
        return False
    raise ValueError(text)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


_PLAIN: Mapping[str, tuple[Any, Convert]] = {
    "mode": ("local", str),
    "collection": ("faceplate", str),
    "max_image_bytes": (15_728_640, int),
    "max_image_pixels": (100_000_000, int),
    "cors_origins": (("*",), _words),
    "apps_dir": (None, Path),
    "metrics_public": (True, _truth),
    "log_level": ("info", str),
    "debug_mode": (False, _truth),
}
_CHAT: Mapping[str, tuple[Any, Convert]] = {
    "base_url": (None, str),
    "model": ("gpt-5.4-mini", str),
    "connect_s": (5.0, float),
    "idle_s": (60.0, float),
    "deadline_s": (120.0, float),
    "retries": (2, int),
    "keep_alive_s": (10.0, float),
    "max_output_tokens": (32_768, int),
    "cache_entries": (0, int),
    "cache_s": (3600.0, float),
}
_LIMITS: Mapping[str, tuple[Any, Convert]] = {
    "enabled": (False, _truth),
    "daily_tokens": (None, int),
    "hard_tokens": (True, _truth),
}
_AWS: Mapping[str, tuple[Any, Convert]] = {
    "bucket": (None, str),
    "table": (None, str),
    "provider_key_parameter": (None, str),
    "attempts": (3, int),
}
_GROUPS = {"chat": _CHAT, "limits": _LIMITS, "aws": _AWS}
_KNOWN = frozenset(
    [f"{PREFIX}{name}".upper() for name in _PLAIN]
    + [f"{PREFIX}{group}__{name}".upper() for group, names in _GROUPS.items() for name in names]
)


def read_function_settings(environ: Mapping[str, str]) -> Settings:
    """Read what the functions need; what is out of the ordinary goes the long way.

    Raises:
        Misconfigured: A value is wrong.
    """
    ours = {name.upper(): value for name, value in environ.items() if name.startswith(PREFIX)}
    if not ours.keys() <= _KNOWN or "OPENAI_API_KEY" in environ:
        from faceplate.config import load_settings

        return load_settings()
    found = SimpleNamespace(**_read(ours, PREFIX, _PLAIN), openai_api_key=None, api_key=None)
    for group, names in _GROUPS.items():
        setattr(found, group, SimpleNamespace(**_read(ours, f"{PREFIX}{group}__", names)))
    found.chat.api_key, found.chat.surfaces, found.chat.providers = None, None, ()
    return cast("Settings", found)


def _read(
    ours: Mapping[str, str], prefix: str, names: Mapping[str, tuple[Any, Convert]]
) -> dict[str, Any]:
    values = {}
    for name, (default, convert) in names.items():
        variable = f"{prefix}{name}".upper()
        text = ours.get(variable)
        try:
            values[name] = default if text is None else convert(text)
        except ValueError as exc:
            # The offending value is left out, as in `config.load_settings`.
            raise Misconfigured(f"{variable} is not valid.", code="setting_invalid") from exc
    return values
