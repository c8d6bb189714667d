"""The OpenAPI document as a running server gives it, without starting one."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

from faceplate.http.app import create_app, openapi_document
from faceplate.http.options import HttpOptions


def api_document() -> dict[str, Any]:
    """Return the document; no port is behind the app, for none is asked."""
    nothing: Any = SimpleNamespace(faces=None, people=None, keeper=None)
    app = create_app(nothing, HttpOptions(max_image_bytes=1, worker_threads=1))
    found: dict[str, Any] = json.loads(openapi_document(app))
    return found


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return every operation by its id, with its ``method`` and ``path``."""
    return {
        operation["operationId"]: {**operation, "method": method.upper(), "path": path}
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }
