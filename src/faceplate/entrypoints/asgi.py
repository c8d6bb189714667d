"""The ASGI app, for ``uvicorn --factory faceplate.entrypoints.asgi:create``."""

from __future__ import annotations

from fastapi import FastAPI

from faceplate.bootstrap import build, http_options
from faceplate.config import load_settings
from faceplate.http.app import create_app


def create() -> FastAPI:
    """Build the app that the environment describes, with its models loaded.

    It closes its data folder when the server shuts it down. No key is made here: set
    ``FACEPLATE_API_KEY``, or make one with ``faceplate keys create`` first.

    Raises:
        Misconfigured: A setting is wrong, or the models are missing.
        DataFolderInUse: Another process owns the data folder.
    """
    settings = load_settings()
    application = build(settings)
    try:
        application.warm_up()
    except BaseException:
        application.close()
        raise
    return create_app(application, http_options(settings), on_close=application.close)
