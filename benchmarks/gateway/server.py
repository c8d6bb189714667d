"""Faceplate as it runs for teams, but for the face models: keys, limits, usage and logs are on.

    python benchmarks/gateway/server.py PORT PROVIDER_URL DATA_DIR

The key's secret is printed on the first line of stdout.
"""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import faceplate
from faceplate.adapters.checks.checks import DeterministicChecker
from faceplate.adapters.json_schema.schemas import JsonSchemas
from faceplate.adapters.memory.blobs import MemoryBlobs
from faceplate.adapters.memory.engine import MemoryEngine
from faceplate.adapters.memory.records import MemoryRecords
from faceplate.adapters.memory.vectors import MemoryVectors
from faceplate.adapters.openai.chat import OpenAiChat
from faceplate.adapters.openai.connections import Connections
from faceplate.adapters.openai.provider import Provider
from faceplate.adapters.pillow.pictures import PillowPictures
from faceplate.adapters.sqlite.connection import Database
from faceplate.adapters.sqlite.keys import SqliteKeys
from faceplate.adapters.sqlite.usage import SqliteUsage
from faceplate.adapters.system.runtime import SystemRuntime
from faceplate.adapters.toml_catalog.prompt_catalog import TomlPromptCatalog
from faceplate.bootstrap import Adapters, assemble
from faceplate.cli.logs import set_up_logs
from faceplate.cli.server import Server
from faceplate.domain.keys import KeyScope
from faceplate.http.app import create_app
from faceplate.http.options import HttpOptions
from faceplate.services.keys import Limits
from faceplate.services.text_parts import TextParts
from faceplate.services.usage import TokenLimits

PLENTY = 1_000_000_000


def main() -> None:
    """Serve until the process is ended."""
    port, provider_url, folder = int(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    database = Database(folder / "keys.db")
    schemas, checker = JsonSchemas(), DeterministicChecker()
    apps = Path(faceplate.__file__).with_name("prompt_apps")
    provider = Provider("stub", provider_url, "stub-1", "sk-stub")
    parts = Adapters(
        records=MemoryRecords(),
        keys=SqliteKeys(database),
        text=TextParts(
            chat=OpenAiChat(provider, Connections()),
            catalog=TomlPromptCatalog([apps], schemas=schemas, checker=checker),
            checker=checker,
            schemas=schemas,
            usage=SqliteUsage(database),
            tokens=TokenLimits(daily_tokens=PLENTY),
        ),
        blobs=MemoryBlobs(),
        vectors=MemoryVectors(),
        pictures=PillowPictures(max_bytes=1_000_000, max_pixels=1_000_000),
        engine=MemoryEngine(),
        runtime=SystemRuntime(),
    )
    limits = Limits(rate_rps=1e6, burst=PLENTY, daily_quota=PLENTY)
    application = assemble(parts, secret=b"benchmark", limits=limits)
    secret = application.keys.create("benchmark", scope=KeyScope.READ)[1]
    print(secret, flush=True)
    set_up_logs("info")
    app = create_app(application, HttpOptions(max_image_bytes=1_000_000, worker_threads=1))
    with socket.socket() as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", port))
        server = Server(app, application, expiry_interval_s=3600, on_ready=lambda: None)
        server.run(sockets=[bound])
    database.close()


if __name__ == "__main__":
    main()
