"""Health, information and metrics."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from faceplate import __version__
from faceplate.domain.keys import KeyScope
from faceplate.http.answers import encode, json_answer
from faceplate.http.auth import authorise
from faceplate.http.codes import KEYED
from faceplate.http.dependencies import BackendDep
from faceplate.http.metrics import CONTENT_TYPE
from faceplate.http.openapi import Responses
from faceplate.http.routing import Routes
from faceplate.http.schemas.system import HealthAnswer, InfoAnswer

routes = Routes("system", "Health, configuration and metrics.")

_FAILING: Responses = {503: {"description": "A part cannot do its work.", "model": HealthAnswer}}
_TEXT: Responses = {
    200: {
        "description": "Prometheus text.",
        "content": {"text/plain": {"schema": {"type": "string"}}},
    }
}
_RETRY_AFTER_S = "5"


@routes.add(
    "GET",
    "/v1/health",
    "getHealth",
    "Ask whether every part can do its work",
    scope=None,
    answer=HealthAnswer,
    responses=_FAILING,
)
async def get_health(backend: BackendDep) -> Response:
    """Needs no key. 503 when a part is failing."""
    parts = await backend.workers.read(backend.application.health.check)
    healthy = all(part.ok for part in parts.values())
    view = {
        "status": "ok" if healthy else "failing",
        "mode": backend.options.mode,
        "version": __version__,
        "parts": {
            name: {
                "ok": part.ok,
                "duration_ms": round(part.duration_ms, 3),
                **({} if part.code is None else {"code": part.code, "message": part.message}),
            }
            for name, part in parts.items()
        },
    }
    if healthy:
        return json_answer(encode(view))
    return json_answer(encode(view), 503, {"retry-after": _RETRY_AFTER_S})


@routes.add(
    "GET",
    "/v1/info",
    "getInfo",
    "Look at version, model and configuration",
    scope=KeyScope.READ,
    answer=InfoAnswer,
)
async def get_info(backend: BackendDep) -> Response:
    """Secrets are masked."""
    info = backend.application.info
    return json_answer(await backend.workers.read(lambda: encode(dict(info()))))


@routes.add(
    "GET",
    "/metrics",
    "getMetrics",
    "Read counts and times",
    scope=None,
    codes=KEYED,
    responses=_TEXT,
)
async def get_metrics(request: Request, backend: BackendDep) -> Response:
    """Needs a key only where the configuration says so. No name, key or path is in it."""
    if not backend.options.metrics_public:
        await authorise(request, KeyScope.READ)
    return Response(backend.metrics.render(), headers={"content-type": CONTENT_TYPE})
