"""`faceplate serve`: run the service on this machine."""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from faceplate.cli import server_file
from faceplate.cli.connect import LOCAL, read_settings
from faceplate.cli.listener import address_of, end_quietly_on_signals, listen
from faceplate.cli.logs import set_up_logs
from faceplate.cli.output import say
from faceplate.cli.verb import plain_verb

if TYPE_CHECKING:
    from faceplate.cli.server import Server
    from faceplate.config import Settings
    from faceplate.services.application import Application


def register(app: typer.Typer) -> None:
    """Add the verb."""
    plain_verb(app, "serve")(serve)


def serve(
    host: Annotated[
        str | None, typer.Option("--host", help="Address to listen on; default: the setting.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option("--port", min=0, max=65535, help="Port; 0 picks a free one."),
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", help="The data folder; default: the setting.")
    ] = None,
) -> None:
    """Run the service in the foreground until Ctrl-C or SIGTERM.

    The first start on a data folder makes an API key and prints it, this once. Logs go to stderr,
    one JSON object a line. Commands of the same user find the running server by themselves.
    """
    running: list[Server] = []
    # Signals come first: whoever starts us may change their mind while the models load.
    end_quietly_on_signals(lambda: bool(running) and running[0].started)
    settings = read_settings(data_dir, host=host, port=port)
    set_up_logs(settings.log_level)
    with contextlib.ExitStack() as stack:
        bound = stack.enter_context(listen(settings.host, settings.port))
        application = _build(settings, stack)
        url = address_of(bound)
        token = secrets.token_hex(32)
        application.keys.accept(LOCAL, token, limited=False)
        server = _server(settings, application, url, token)
        running.append(server)
        stack.callback(server_file.remove, settings.data_dir)
        server.run(sockets=[bound])


def _build(settings: Settings, stack: contextlib.ExitStack) -> Application:
    """Build the application; load the models while the HTTP stack is imported."""
    from faceplate import bootstrap

    application = bootstrap.build(settings)
    stack.callback(application.close)
    failures: list[BaseException] = []

    def warm_up() -> None:
        try:
            application.warm_up()
        except BaseException as exc:  # noqa: BLE001 -- handed over to the main thread, which raises it
            failures.append(exc)

    loading = threading.Thread(target=warm_up, name="warm-up", daemon=True)
    loading.start()
    # Imported here so that it overlaps with the loading.
    import faceplate.cli.server
    import faceplate.http.app  # noqa: F401

    loading.join()
    if failures:
        raise failures[0]
    return application


def _server(settings: Settings, application: Application, url: str, token: str) -> Server:
    from faceplate import bootstrap
    from faceplate.bootstrap.text import describe_language_model
    from faceplate.cli.server import Server
    from faceplate.http.app import create_app

    def ready() -> None:
        about = server_file.RunningServer(pid=os.getpid(), url=url, token=token)
        server_file.write(settings.data_dir, about)
        say(f"Model: {application.info()['model']}")
        say(f"Language model: {describe_language_model(settings)}.")
        say(f"Data folder: {settings.data_dir}")
        first_key = application.keys.ensure_first()
        if first_key is not None:
            say(f"API key: {first_key}")
            say("Keep it: it is shown only this once. `faceplate keys` makes and revokes others.")
            # A fragment never leaves the browser, and the page takes it out of the address bar.
            say(f"Console, signed in: {url}/#key={first_key}")
        say(f"Faceplate is ready at {url}")

    return Server(
        create_app(application, bootstrap.http_options(settings)),
        application,
        expiry_interval_s=settings.expiry_interval_s,
        on_ready=ready,
    )
