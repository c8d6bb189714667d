"""A provider: where it is, how to speak to it, and what it can do."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from faceplate.domain.errors import Misconfigured
from faceplate.ports.chat import EVERY_SURFACE

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_BASE = re.compile(r"https?://[^\s/?#@]+(/[^\s?#]*)?")
_HEADER = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Provider:
    """One OpenAI-compatible endpoint.

    ``base_url`` ends before ``/chat/completions``. ``model`` is used where a request names none.
    ``connect_s`` bounds the connection, ``idle_s`` the silence between two pieces of an answer;
    the whole is bounded by the caller's deadline. ``retries`` is how often a call is tried again.
    """

    name: str
    base_url: str
    model: str
    api_key: str | None = field(default=None, repr=False)
    surfaces: frozenset[str] = EVERY_SURFACE
    connect_s: float = 5.0
    idle_s: float = 60.0
    retries: int = 2

    def __post_init__(self) -> None:
        """Refuse what could never work.

        Raises:
            Misconfigured: The name, the address, the key or a surface cannot be right.
        """
        if not _NAME.fullmatch(self.name):
            raise _wrong("A provider's name has 1 to 64 characters of A-Z, a-z, 0-9, . _ and -.")
        if not _BASE.fullmatch(self.base_url):
            raise _wrong(
                f"The base URL of provider {self.name} must be http(s)://host[:port][/path], "
                "without a user name, query or fragment."
            )
        if self.api_key is not None and not _HEADER.fullmatch(self.api_key):
            raise _wrong(f"The API key of provider {self.name} has characters no key can have.")
        if not self.surfaces <= EVERY_SURFACE:
            known = ", ".join(sorted(EVERY_SURFACE))
            raise _wrong(f"Provider {self.name} names a surface we do not know; known: {known}.")

    def url(self, path: str) -> str:
        """Return the address of a surface."""
        return f"{self.base_url.rstrip('/')}/{path}"


def _wrong(message: str) -> Misconfigured:
    return Misconfigured(message, code="setting_invalid")
