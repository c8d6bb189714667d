"""An application in memory behind a real server, asked by boto3 and by hand-signed requests."""

from __future__ import annotations

import contextlib
import http.client
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from aws_shapes import check_answer, service_model
from build import MAX_IMAGE_BYTES, MemoryParts, build_memory_application
from faceplate.adapters.system.runtime import SystemRuntime
from faceplate.domain.keys import KeyKind, KeyScope
from faceplate.http.app import create_app
from faceplate.http.options import HttpOptions
from faceplate.services.keys import Limits
from live_server import serving

REGION = "eu-west-1"
CONTENT_TYPE = "application/x-amz-json-1.1"


@dataclass(frozen=True)
class AwsAnswer:
    """What came back to a request by hand."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str | None:
        """The exception's name; None when it went well."""
        return None if self.status == 200 else self.document["__type"]

    @property
    def message(self) -> str:
        return "" if self.status == 200 else self.document["Message"]


@dataclass(frozen=True)
class AwsServing:
    """A server, and one key that may do everything."""

    url: str
    parts: MemoryParts
    access_key_id: str
    secret: str

    def new_key(self, **how: Any) -> tuple[str, str]:
        """Make another access key."""
        key, secret = self.parts.application.keys.create("more", kind=KeyKind.AWS, **how)
        return key.key_id, secret

    def client(self, pair: tuple[str, str] | None = None, **config: Any) -> Any:
        """Make a boto3 client that holds every answer against the service model."""
        return checked_client(self.url, *(pair or (self.access_key_id, self.secret)), **config)

    def sign(
        self, target: str | None, body: bytes, headers: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """Return the headers of a signed request."""
        return signed_headers(
            self.url, Credentials(self.access_key_id, self.secret), target, body, headers
        )

    def call(
        self, operation: str, members: object = None, *, headers: Mapping[str, str] | None = None
    ) -> AwsAnswer:
        """Send one operation, whatever its members, and check the answer's form."""
        body = members if isinstance(members, bytes) else json.dumps(members or {}).encode()
        answer = self.send(self.sign(f"RekognitionService.{operation}", body, headers), body)
        model = service_model().operation_model(operation)
        check_answer(model, answer.status, answer.headers, answer.body)
        return answer

    def send(
        self, headers: Mapping[str, str], body: bytes, path: str = "/", method: str = "POST"
    ) -> AwsAnswer:
        """Send a request as it is."""
        place = urlsplit(self.url)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
        with contextlib.closing(connection):
            connection.request(method, path, body, dict(headers))
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return AwsAnswer(response.status, found, response.read())


@contextlib.contextmanager
def aws_serving(*, limits: Limits | None = None, **options: Any) -> Iterator[AwsServing]:
    """Serve an application in memory with the wall clock, which signatures need."""
    parts = build_memory_application(limits=limits, runtime=SystemRuntime())
    http_options = HttpOptions(max_image_bytes=MAX_IMAGE_BYTES, worker_threads=2, **options)
    key, secret = parts.application.keys.create(
        "tests", kind=KeyKind.AWS, scope=KeyScope.WRITE, rate_rps=1e6, burst=1_000_000
    )
    with serving(create_app(parts.application, http_options)) as url:
        yield AwsServing(url, parts, key.key_id, secret)


def signed_headers(
    url: str,
    credentials: Credentials,
    target: str | None,
    body: bytes,
    headers: Mapping[str, str] | None = None,
    *,
    service: str = "rekognition",
    region: str = REGION,
) -> dict[str, str]:
    """Sign a request as botocore does."""
    given = {"Content-Type": CONTENT_TYPE, **({"X-Amz-Target": target} if target else {})}
    request = AWSRequest("POST", f"{url}/", {**given, **(headers or {})}, body)
    SigV4Auth(credentials, service, region).add_auth(request)
    return {**dict(request.headers.items()), "Host": urlsplit(url).netloc}


@cache
def _session() -> boto3.Session:
    return boto3.Session(region_name=REGION)


def checked_client(url: str, access_key_id: str, secret: str, **config: Any) -> Any:
    """Make a boto3 client for a server; every answer is held against the service model."""
    how = {"retries": {"total_max_attempts": 1}, "parameter_validation": False, **config}
    token = how.pop("session_token", None)
    client = _session().client(
        "rekognition",
        endpoint_url=url,
        aws_access_key_id=access_key_id,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=Config(**how),
    )

    def check(operation_model: Any, response_dict: Any, **_: Any) -> None:
        headers = {name.lower(): value for name, value in response_dict["headers"].items()}
        check_answer(operation_model, response_dict["status_code"], headers, response_dict["body"])

    client.meta.events.register("before-parse.rekognition.*", check)
    return client


class _SigV4At(SigV4Auth):
    """Sign as of a moment of the test's choice."""

    def __init__(self, credentials: Credentials, moment: datetime) -> None:
        super().__init__(credentials, "rekognition", REGION)
        self._moment = moment

    def add_auth(self, request: AWSRequest) -> None:
        request.context["timestamp"] = self._moment.strftime("%Y%m%dT%H%M%SZ")
        self._modify_request_before_signing(request)
        canonical = self.canonical_request(request)
        text = self.string_to_sign(request, canonical)
        self._inject_signature_to_request(request, self.signature(text, request))


def sign_at(aws: AwsServing, target: str, body: bytes, moment: datetime) -> dict[str, str]:
    """Sign a request as of another moment than now."""
    request = AWSRequest(
        "POST", f"{aws.url}/", {"Content-Type": CONTENT_TYPE, "X-Amz-Target": target}, body
    )
    _SigV4At(Credentials(aws.access_key_id, aws.secret), moment).add_auth(request)
    return {**dict(request.headers.items()), "Host": urlsplit(aws.url).netloc}
