"""What the emulators of AWS lack, as doors in front of them, for the loop that applies the stack.

`importing` adds the one call of API Gateway that ministack does not have: PutRestApi, which makes
resources, methods and integrations of an OpenAPI document. `signing_again` stands in front of
Faceplate as Amazon Rekognition: functions sign with the sessions of their roles, which nobody but
the emulator knows; the door signs what they say with a key that Faceplate knows.
"""

from __future__ import annotations

import contextlib
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from emulators import CREDENTIALS, REGION

_ANY = "x-amazon-apigateway-any-method"
_INTEGRATION = "x-amazon-apigateway-integration"
_RESPONSES = "x-amazon-apigateway-gateway-responses"
_HOP = {"connection", "content-length", "date", "server", "transfer-encoding", "keep-alive"}


@dataclass(frozen=True)
class Call:
    """A request that came to a door."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """What goes back."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


@contextlib.contextmanager
def importing(ministack: str) -> Iterator[str]:
    """Stand in front of ministack's API Gateway; yield the door's address."""

    def answer(call: Call) -> Reply:
        place = urlsplit(call.target)
        parts = place.path.strip("/").split("/")
        if call.method == "PUT" and parts[0] == "restapis" and len(parts) == 2:
            return _import(ministack, parts[1], json.loads(call.body))
        if call.method == "PATCH" and parts[0] == "restapis" and len(parts) == 2:
            return _update(ministack, parts[1], json.loads(call.body)["patchOperations"])
        return forward(ministack, call)

    with _serving(answer) as url:
        yield url


@contextlib.contextmanager
def signing_again(faceplate: str, access_key_id: str, secret: str) -> Iterator[str]:
    """Stand in front of Faceplate as Amazon Rekognition; yield the door's address."""
    signer = SigV4Auth(Credentials(access_key_id, secret), "rekognition", REGION)

    def answer(call: Call) -> Reply:
        kept = {
            name: value
            for name, value in call.headers.items()
            if name.lower() in {"content-type", "x-amz-target"}
        }
        request = AWSRequest(call.method, faceplate + "/", headers=kept, data=call.body)
        signer.add_auth(request)
        return forward(faceplate, Call(call.method, "/", dict(request.headers.items()), call.body))

    with _serving(answer) as url:
        yield url


def forward(url: str, call: Call) -> Reply:
    """Send a request on as it is."""
    headers = {
        name: value
        for name, value in call.headers.items()
        if name.lower() not in {"connection", "content-length", "accept-encoding"}
    }
    request = urllib.request.Request(
        url + call.target, data=call.body or None, headers=headers, method=call.method
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=60) as found:
            return Reply(found.status, found.getheaders(), found.read())
    except urllib.error.HTTPError as exc:
        with exc:
            return Reply(exc.code, list(exc.headers.items()), exc.read())


def _import(ministack: str, api_id: str, document: dict[str, Any]) -> Reply:
    """Make of an API what a document says, in place of what it was."""
    gateway = _gateway(ministack)
    places = gateway.get_resources(restApiId=api_id, limit=500)["items"]
    for old in sorted(places, key=lambda one: -len(one["path"])):
        if old["path"] != "/":
            gateway.delete_resource(restApiId=api_id, resourceId=old["id"])
    known = {"/": next(one["id"] for one in places if one["path"] == "/")}
    for path, verbs in sorted(document["paths"].items()):
        resource_id = _resource(gateway, api_id, path, known)
        for verb, operation in verbs.items():
            _method(gateway, api_id, resource_id, verb, operation)
    for kind, response in document.get(_RESPONSES, {}).items():
        gateway.put_gateway_response(
            restApiId=api_id,
            responseType=kind,
            responseParameters=response["responseParameters"],
            responseTemplates=response["responseTemplates"],
            **({"statusCode": str(response["statusCode"])} if "statusCode" in response else {}),
        )
    # What else the document says is what the API was created with.
    return _show(gateway, api_id)


def _update(ministack: str, api_id: str, changes: list[dict[str, Any]]) -> Reply:
    """Pass changes on, but for those of binary types, which would break the emulator's list.

    They say what the API was created with.
    """
    gateway = _gateway(ministack)
    kept = [one for one in changes if not one["path"].startswith("/binaryMediaTypes")]
    if kept:
        gateway.update_rest_api(restApiId=api_id, patchOperations=kept)
    return _show(gateway, api_id)


def _gateway(ministack: str) -> Any:
    return boto3.client(
        "apigateway",
        endpoint_url=ministack,
        region_name=REGION,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    )


def _show(gateway: Any, api_id: str) -> Reply:
    found = gateway.get_rest_api(restApiId=api_id)
    del found["ResponseMetadata"]
    found["createdDate"] = found["createdDate"].timestamp()
    return Reply(200, [("Content-Type", "application/json")], json.dumps(found).encode())


def _resource(gateway: Any, api_id: str, path: str, known: dict[str, str]) -> str:
    if path not in known:
        parent, _, part = path.rpartition("/")
        parent_id = _resource(gateway, api_id, parent or "/", known)
        made = gateway.create_resource(restApiId=api_id, parentId=parent_id, pathPart=part)
        known[path] = made["id"]
    return known[path]


def _method(
    gateway: Any, api_id: str, resource_id: str, verb: str, operation: dict[str, Any]
) -> None:
    where = {
        "restApiId": api_id,
        "resourceId": resource_id,
        "httpMethod": "ANY" if verb == _ANY else verb.upper(),
    }
    gateway.put_method(
        **where, authorizationType="NONE", apiKeyRequired=bool(operation.get("security"))
    )
    integration = operation[_INTEGRATION]
    gateway.put_integration(
        **where,
        type=integration["type"].upper(),
        integrationHttpMethod=integration["httpMethod"],
        uri=integration["uri"],
        timeoutInMillis=integration["timeoutInMillis"],
        passthroughBehavior=integration["passthroughBehavior"].upper(),
    )


@contextlib.contextmanager
def _serving(answer: Callable[[Call], Reply]) -> Iterator[str]:
    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            reply = answer(Call(self.command, self.path, dict(self.headers.items()), body))
            self.send_response(reply.status)
            for name, value in reply.headers:
                if name.lower() not in _HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name="door")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
