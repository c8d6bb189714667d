"""What the routes work with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from faceplate.http.metrics import Metrics
from faceplate.http.options import HttpOptions
from faceplate.http.workers import Workers

if TYPE_CHECKING:
    from faceplate.services.application import Application
    from faceplate.services.enrolment import Enrolment
    from faceplate.services.keys import KeyRing
    from faceplate.services.text import Text


class TextApplication(Protocol):
    """An application, as far as hot routes need one."""

    @property
    def text(self) -> Text:
        """The use cases of language models."""

    @property
    def keys(self) -> KeyRing:
        """Who may call."""


class HotBackend(Protocol):
    """A backend, as far as hot routes need one."""

    @property
    def application(self) -> TextApplication:
        """The use cases."""

    @property
    def options(self) -> HttpOptions:
        """Limits and switches."""

    @property
    def workers(self) -> Workers:
        """Threads beside the event loop."""


@dataclass(frozen=True, slots=True)
class Backend:
    """The use cases, and the edge's own machinery."""

    application: Application
    enrolment: Enrolment
    options: HttpOptions
    workers: Workers
    metrics: Metrics
