"""What the HTTP edge is configured with; filled in by the composition root."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """Limits and switches of the HTTP edge.

    ``worker_threads`` is how many pictures are worked on at a time; requests beyond that wait.
    ``keep_alive_s`` is how long a stream may be silent before a comment is sent. ``aws_region`` is
    the one that AWS signatures must be for, None for any.
    ``gateway``: requests come through one that takes answers whole and waits for a fixed time.
    """

    max_image_bytes: int
    worker_threads: int
    cors_origins: tuple[str, ...] = ("*",)
    metrics_public: bool = True
    debug_mode: bool = False
    mode: str = "local"
    keep_alive_s: float = 10.0
    gateway: bool = False
    aws_region: str | None = None
