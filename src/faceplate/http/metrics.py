"""Counts and times in the Prometheus text format.

Written only from the event loop, so nothing is locked. Labels are route templates, known methods
and statuses: no caller can make new series.
"""

from __future__ import annotations

import resource
import sys
import time
from bisect import bisect_left
from collections import defaultdict
from pathlib import Path

from faceplate import __version__

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
UNMATCHED = "unmatched"
BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_PAGE_BYTES = resource.getpagesize()


class Metrics:
    """What this process has served since it began."""

    def __init__(self, mode: str) -> None:
        self._mode = mode
        self._began = time.time()
        self._requests: dict[tuple[str, str, int], int] = defaultdict(int)
        self._buckets: dict[str, list[int]] = defaultdict(lambda: [0] * (len(BUCKETS_S) + 1))
        self._seconds: dict[str, float] = defaultdict(float)
        self._faces_indexed = 0

    def observe(self, route: str | None, method: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        route = route or UNMATCHED
        method = method if method in _METHODS else "other"
        self._requests[route, method, status] += 1
        self._buckets[route][bisect_left(BUCKETS_S, seconds)] += 1
        self._seconds[route] += seconds

    def count_faces_indexed(self, faces: int) -> None:
        """Count faces that were indexed."""
        self._faces_indexed += faces

    def render(self) -> str:
        """Return everything as text."""
        lines = [
            *_head("faceplate_build_info", "gauge", "Version and mode; always 1."),
            f'faceplate_build_info{{version="{__version__}",mode="{self._mode}"}} 1',
            *_head("faceplate_requests_total", "counter", "Requests answered."),
        ]
        lines += [
            f'faceplate_requests_total{{route="{route}",method="{method}",status="{status}"}} {n}'
            for (route, method, status), n in sorted(self._requests.items())
        ]
        lines += _head(
            "faceplate_request_duration_seconds", "histogram", "From the first byte to the last."
        )
        for route in sorted(self._buckets):
            lines += self._histogram(route)
        lines += [
            *_head("faceplate_faces_indexed_total", "counter", "Faces indexed over HTTP."),
            f"faceplate_faces_indexed_total {self._faces_indexed}",
            *_head("faceplate_uptime_seconds", "gauge", "Since the service was made."),
            f"faceplate_uptime_seconds {time.time() - self._began:.3f}",
            *_head("process_start_time_seconds", "gauge", "Unix time."),
            f"process_start_time_seconds {self._began:.3f}",
            *_head("process_cpu_seconds_total", "counter", "User and system time."),
            f"process_cpu_seconds_total {time.process_time():.3f}",
            *_head("process_resident_memory_bytes", "gauge", "Memory in use."),
            f"process_resident_memory_bytes {resident_memory_bytes()}",
        ]
        return "\n".join(lines) + "\n"

    def _histogram(self, route: str) -> list[str]:
        name = "faceplate_request_duration_seconds"
        lines, total = [], 0
        for bound, count in zip((*BUCKETS_S, "+Inf"), self._buckets[route], strict=True):
            total += count
            lines.append(f'{name}_bucket{{route="{route}",le="{bound}"}} {total}')
        return [
            *lines,
            f'{name}_sum{{route="{route}"}} {self._seconds[route]:.6f}',
            f'{name}_count{{route="{route}"}} {total}',
        ]


def resident_memory_bytes() -> int:
    """Return the memory this process holds now; its peak where the system tells no more."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
    return int(pages) * _PAGE_BYTES


def _head(name: str, kind: str, text: str) -> list[str]:
    return [f"# HELP {name} {text}", f"# TYPE {name} {kind}"]
