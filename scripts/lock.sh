#!/bin/sh
# Pin every dependency with hashes, for all platforms, without naming where packages come from.
set -eu
cd "$(dirname "$0")/.."
compile() {
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-annotate --no-header --no-emit-index-url "$@"
}
# The emulator of AWS pins botocore: what the service runs on is the newest it agrees to.
agreed=$(mktemp)
trap 'rm -f "$agreed"' EXIT
.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --no-annotate --no-header \
    --group dev --upgrade | grep -E '^botocore==' >"$agreed"
compile --upgrade pyproject.toml --extra llm -c "$agreed" -o requirements/runtime.txt
compile --upgrade --group dev -c requirements/runtime.txt -o requirements/dev.txt
compile requirements/lambda.in -c requirements/runtime.txt -o requirements/lambda.txt
compile --upgrade requirements/build.in -o requirements/build.txt
compile --upgrade --no-deps requirements/pictures.in -o requirements/pictures.txt
compile --upgrade requirements/aws-cli.in -o requirements/aws-cli.txt
