#!/bin/sh
# Pin every dependency with hashes, for all platforms, without naming where packages come from.
set -eu
cd "$(dirname "$0")/.."
compile() {
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-annotate --no-header --no-emit-index-url --upgrade "$@"
}
compile pyproject.toml --extra llm -o requirements/runtime.txt
compile --group dev -c requirements/runtime.txt -o requirements/dev.txt
compile requirements/build.in -o requirements/build.txt
compile --no-deps requirements/pictures.in -o requirements/pictures.txt
