#!/usr/bin/env python3
"""Index a picture, search it, name the person, erase them: examples/python/faces.py ME.jpg.

Needs nothing but Python. FACEPLATE_URL and FACEPLATE_API_KEY say where and as whom.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

URL = os.environ.get("FACEPLATE_URL", "http://127.0.0.1:8000")


class Refused(Exception):
    """An error of the service; ``code`` is stable, so programs can decide by it."""

    def __init__(self, body: dict[str, Any]) -> None:
        super().__init__(body["detail"])
        self.code: str = body["code"]


def call(method: str, path: str, body: bytes | dict[str, Any] | None = None) -> dict[str, Any]:
    """Call the service and return the JSON of its answer."""
    is_json = isinstance(body, dict)
    request = urllib.request.Request(
        URL + path,
        method=method,
        data=json.dumps(body).encode() if is_json else body,
        headers={
            "x-api-key": os.environ["FACEPLATE_API_KEY"],
            "content-type": "application/json" if is_json else "application/octet-stream",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            found: dict[str, Any] = json.load(answer)
            return found
    except urllib.error.HTTPError as error:
        raise Refused(json.load(error)) from None


def main(picture: Path) -> dict[str, Any]:
    """Go through the life of a face."""
    data = picture.read_bytes()
    indexed = call("PUT", "/v1/index/examples/python.jpg?person=Python%20Example", data)
    person = indexed["person_id"]

    found = call("POST", "/v1/search?min_similarity=badge", data)
    erased = call("DELETE", f"/v1/people/{person}")

    try:
        call("GET", f"/v1/people/{person}")
    except Refused as error:
        gone = error.code == "person_not_found"
    else:
        gone = False
    return {
        "matched": found["name"],
        "similarity": found["faces"]["FaceMatches"][0]["Similarity"],
        "erased": erased["before"],
        "left": sum(erased["after"].values()),
        "gone": gone,
    }


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
