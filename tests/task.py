"""What the tests of the functions' zip share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
WHEELS = ROOT / "build" / "wheels"

PLAIN_TASK = {
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_EC2_METADATA_DISABLED": "true",
    # Nothing listens there: what is not answered by AWS must fail fast and clearly.
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "FACEPLATE_MODE": "aws",
    "FACEPLATE_AWS__TABLE": "records",
    "FACEPLATE_AWS__BUCKET": "pictures",
}

needs_wheels = pytest.mark.skipif(
    not WHEELS.is_dir(), reason="the functions' packages are not here: make package fetches them"
)
