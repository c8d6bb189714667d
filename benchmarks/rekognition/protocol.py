"""What checking a request of Amazon Rekognition's protocol costs, beside botocore making it.

Run: python benchmarks/rekognition/protocol.py [--picture FILE.jpg] [--rounds N] [--check]

One SearchFacesByImage with a 200 kB JPEG: claim, hash of the body, signature, JSON, base64, and
every rule of the service model, as the server does them. Bar: 1 ms in all. The peer is botocore,
which does the reverse on the client's side: check the parameters, write the JSON, sign.

``--check`` ends with status 1 when the bar is missed.
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.serialize import create_serializer
from botocore.validate import ParamValidator
from picture import picture_of_200_kb

from faceplate.http.rekognition.model import load_model
from faceplate.http.rekognition.protocol import choose_operation, read_request
from faceplate.http.rekognition.sigv4 import read_claim, verify

BAR_MS = 1.0
OPERATION = "SearchFacesByImage"
KEY, SECRET = "AKIABENCHMARK0000001", "only-for-this-run"
URL = "http://127.0.0.1:8000"
WARM_UP_ROUNDS = 20


def main() -> int:
    """Measure, print, and judge when asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--rounds", type=int, default=400)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    picture = arguments.picture.read_bytes() if arguments.picture else picture_of_200_kb()
    make = _maker(picture)
    headers, body = make()
    rows = {
        "signature (claim, hash, compare)": lambda: _signature(headers, body),
        "members (JSON, base64, rules)": lambda: _members(headers, body),
        "both": lambda: (_signature(headers, body), _members(headers, body)),
        "peer: botocore makes the request": make,
    }
    times = {name: _median_ms(work, arguments.rounds) for name, work in rows.items()}
    print(
        f"A JPEG of {len(picture):,} bytes, a body of {len(body):,}; median of {arguments.rounds}"
    )
    print(f"{'':36}{'ms':>8}{'of peer':>10}")
    peer = times["peer: botocore makes the request"]
    for name, taken in times.items():
        print(f"{name:36}{taken:8.3f}{taken / peer:9.2f}x")
    print(f"bar: {BAR_MS} ms for both: {'kept' if times['both'] < BAR_MS else 'MISSED'}")
    return int(arguments.check and times["both"] >= BAR_MS)


def _maker(picture: bytes) -> Callable[[], tuple[list[tuple[bytes, bytes]], bytes]]:
    """Return what makes the request as boto3 does."""
    model = botocore.session.Session().get_service_model("rekognition")
    operation = model.operation_model(OPERATION)
    serializer, validator = create_serializer("json"), ParamValidator()
    members: dict[str, Any] = {
        "CollectionId": "people",
        "Image": {"Bytes": picture},
        "MaxFaces": 5,
        "FaceMatchThreshold": 90,
        "QualityFilter": "AUTO",
    }

    def make() -> tuple[list[tuple[bytes, bytes]], bytes]:
        validator.validate(members, operation.input_shape)
        made = serializer.serialize_to_request(members, operation)
        body = made["body"] if isinstance(made["body"], bytes) else made["body"].encode()
        request = AWSRequest("POST", f"{URL}/", made["headers"], body)
        SigV4Auth(Credentials(KEY, SECRET), "rekognition", "us-east-1").add_auth(request)
        headers = [
            (name.lower().encode(), value.encode()) for name, value in request.headers.items()
        ]
        return [(b"host", b"127.0.0.1:8000"), *headers], body

    return make


def _signature(headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    claim = read_claim(headers, b"", now=datetime.now(UTC), service="rekognition", region=None)
    digest = hashlib.sha256(body).hexdigest()
    verify(claim, headers, digest, secret=SECRET, session_token=None)


def _members(headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    model = load_model()
    read_request(headers, body, choose_operation(headers, model), model)


def _median_ms(work: Callable[[], object], rounds: int) -> float:
    for _ in range(WARM_UP_ROUNDS):
        work()
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1000


if __name__ == "__main__":
    raise SystemExit(main())
