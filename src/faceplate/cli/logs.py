"""One JSON line an event on stderr."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO


class JsonLines(logging.Formatter):
    """Write time, level and logger, then the event: its members when the message is JSON.

    An exception is written as its class and where it was raised; its text is left out, because it
    can quote what a caller sent.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return one line, without line breaks, for each event."""
        message = record.getMessage()
        if message.startswith('{"event":') and not record.exc_info:
            # Written by ourselves as JSON: it is wrapped, not read and written again. A record
            # may have several events, a line each; inside JSON no text has a line break.
            head = f"{{{_head(record)},"
            return "\n".join(head + event[1:] for event in message.split("\n"))
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            **_event(message),
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["trace"] = _frames(record.exc_info[2])
        return json.dumps(line, ensure_ascii=False, default=str)


def _head(record: logging.LogRecord) -> str:
    """Write the members every line begins with, for a message that is JSON already."""
    moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    level, logger = record.levelname.lower(), record.name
    return f'"time":"{moment}","level":"{level}","logger":"{logger}"'


def set_up_logs(level: str, stream: TextIO | None = None) -> None:
    """Send every log to stderr as JSON lines, from this level on; servers' own chatter is muted."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("uvicorn", "uvicorn.error", "asyncio", "aiohttp"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def mute_logs() -> None:
    """Keep the application's logs from a command's stderr; its errors are printed as sentences."""
    logging.getLogger("faceplate").addHandler(logging.NullHandler())


def _event(message: str) -> dict[str, Any]:
    if message.startswith("{"):
        try:
            return dict(json.loads(message))
        except ValueError:
            pass
    return {"message": message}


def _frames(trace: TracebackType | None) -> list[str]:
    return [
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(trace)
    ]
