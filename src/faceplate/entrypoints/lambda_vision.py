"""AWS Lambda: faces, pictures and people. Handler: ``…lambda_vision.handler``.

Importing it asks nothing of AWS and needs no account.
"""

from __future__ import annotations

import os
from functools import cache

from starlette.types import ASGIApp, Receive, Scope, Send

from faceplate.bootstrap.aws import build_aws
from faceplate.bootstrap.function_settings import read_function_settings
from faceplate.bootstrap.text_function import gateway_options
from faceplate.entrypoints.bridge import Bridge, log_to_lambda, on_snapshot

_settings = read_function_settings(os.environ)
_application = build_aws(_settings)


@cache
def _whole() -> ASGIApp:
    """Build the app: at the snapshot or, without SnapStart, with the first request."""
    from faceplate.http.app import create_app  # noqa: PLC0415 -- half a second

    return create_app(_application, gateway_options(_settings))


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    await _whole()(scope, receive, send)


def _warm_up() -> None:
    _whole()
    _application.warm_up()


log_to_lambda(_settings.log_level)
handler = Bridge(_app, begin=_application.text.begin, settle=_application.text.write_books)
on_snapshot(_warm_up)
