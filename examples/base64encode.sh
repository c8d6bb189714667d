#!/bin/sh
# Print a picture as base64 text on one line, to send it as text: examples/base64encode.sh ME.jpg
# Runs on macOS and Linux: base64 there has different options, so none is used.
set -eu

if [ $# -ne 1 ]; then
    echo "usage: $0 PICTURE" >&2
    exit 2
fi
if [ ! -r "$1" ]; then
    echo "$0: cannot read $1" >&2
    exit 1
fi
base64 < "$1" | tr -d '\r\n'
echo
