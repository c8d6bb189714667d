"""Single operations of AWS that fail, and acts of somebody else in the middle of one."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from aws_building import Cut


@contextlib.contextmanager
def failing(client: Any, operation: str, *, after: int = 0) -> Iterator[None]:
    """Let every call of an operation fail before it is carried out, but for the first few."""
    made = 0

    def fail(**_: Any) -> None:
        nonlocal made
        made += 1
        if made > after:
            raise Cut

    with _hooked(client, "before-send", operation, fail):
        yield


@contextlib.contextmanager
def meanwhile(
    client: Any, operation: str, act: Callable[[], object], *, when: str = "before-send"
) -> Iterator[None]:
    """Do something in the middle of the first call of an operation."""
    done = False

    def once(**_: Any) -> None:
        nonlocal done
        if not done:
            done = True
            act()

    with _hooked(client, when, operation, once):
        yield


@contextlib.contextmanager
def _hooked(client: Any, when: str, operation: str, hook: Callable[..., None]) -> Iterator[None]:
    service = client.meta.service_model.service_id.hyphenize()
    name = f"{when}.{service}.{operation}"
    client.meta.events.register(name, hook)
    try:
        yield
    finally:
        client.meta.events.unregister(name, hook)
