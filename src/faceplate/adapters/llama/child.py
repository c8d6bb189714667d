"""The child process: load one model, serve it on the loopback interface, end with the parent.

Run as ``python -m faceplate.adapters.llama.child``. One line of JSON on stdin says what to load;
one line of JSON on stdout says where it is served. The end of stdin is the end of the process, so
that it never outlives a parent that was killed.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from typing import Any

SLOTS = 4
"""Choices of one answer (``n``) that are generated side by side; they share the context."""

_NICE = 5
"""A little behind the face side, which answers in milliseconds where this takes seconds."""


def main() -> None:
    """Serve until stdin ends."""
    order = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with contextlib.suppress(OSError):
        os.nice(_NICE)
    try:
        server = _serve(order)
    except ImportError:
        _say({"error": "llm_not_installed"})
        return
    except RuntimeError:
        _say({"error": "model_load_failed"})
        return
    _say({"url": server.listening_address})
    threading.Event().wait()


def _serve(order: dict[str, Any]) -> Any:
    """Return a running server.

    Raises:
        ImportError: llama.cpp is not installed.
        RuntimeError: llama.cpp does not take the file, or there is not enough memory.
    """
    import xllamacpp  # noqa: PLC0415 -- the parent takes `SLOTS` from here and needs no llama.cpp

    params = xllamacpp.CommonParams()
    params.model.path = order["path"]
    params.model_alias = {order["name"]}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [order["api_key"]]
    params.n_ctx = order["context_tokens"]
    params.n_parallel = SLOTS
    params.kv_unified = True
    params.cpuparams.n_threads = order["threads"]
    params.cpuparams_batch.n_threads = order["threads"]
    params.n_threads_http = 4
    # Repacked weights would be a second copy of the model in memory, for a tenth more speed.
    params.no_extra_bufts = True
    # Earlier prompts are remembered in the slots; a further cache in memory would grow to 8 GB.
    params.cache_ram_mib = 0
    # Memory is what the settings say, not what is free at the moment.
    params.fit_params = False
    params.endpoint_slots = False
    params.ui = False
    params.verbosity = 0
    return xllamacpp.Server(params)


def _say(line: dict[str, str]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _end_with_parent() -> None:
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
