"""Requests of programs made for Amazon Rekognition: who asks, may they, what, and the answer."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from faceplate.domain.errors import FaceplateError
from faceplate.http.backend import Backend
from faceplate.http.bodies import read_body
from faceplate.http.errors import unexpected
from faceplate.http.event_stream import gone_response
from faceplate.http.facts import RequestFacts, facts_of
from faceplate.http.hot import refuse
from faceplate.http.rekognition.authorise import require_access
from faceplate.http.rekognition.aws_error import CONTENT_TYPE, REQUEST_ID, AwsError, render
from faceplate.http.rekognition.errors import translate
from faceplate.http.rekognition.model import Model, OperationModel, load_model
from faceplate.http.rekognition.operations.call import AwsKey, Call, Operation
from faceplate.http.rekognition.protocol import (
    choose_operation,
    read_request,
    require_served,
    write_answer,
)
from faceplate.http.rekognition.sigv4 import Claim, read_claim, unknown_key, verify
from faceplate.http.rekognition.turns import Turns
from faceplate.services.access_keys import AccessKey

_CHECKED_HERE_BYTES = 524_288
"""Up to here a check takes a millisecond or less, as the way to another thread and back does."""


@dataclass(frozen=True, slots=True)
class _Label:
    """What log and metrics call a request; only operations of the service model get one."""

    path_format: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a request's headers ask for."""

    operation: OperationModel
    served: Operation
    claim: Claim
    access_key: AccessKey


class RekognitionServer:
    """Serve every operation; whatever happens is answered in Amazon's shape."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._turns = Turns(backend.workers, backend.options.worker_threads)
        self._model: Model | None = None

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        request_id = facts_of(scope).request_id
        operation: OperationModel | None = None
        try:
            model = self._model or await self._load()
            operation = choose_operation(scope["headers"], model)
            scope["route"] = _Label(f"{model.target_prefix}.{operation.name}")
            response = await self._serve(request, operation, model)
        except AwsError as exc:
            response = render(exc, request_id)
        except FaceplateError as exc:
            response = refuse(exc, request_id, _shape(operation))
        except ClientDisconnect:
            response = gone_response()
        except Exception as exc:  # noqa: BLE001 -- answered in the shape the caller understands
            unexpected(exc, request_id)
            error = FaceplateError("Something went wrong on our side.")
            response = render(translate(error, operation), request_id)
        await response(scope, receive, send)

    async def _load(self) -> Model:
        self._model = await self._backend.workers.read(load_model)
        return self._model

    async def _serve(self, request: Request, operation: OperationModel, model: Model) -> Response:
        """Check the caller, then the request; then do it."""
        asked = await self._ask(request, operation, model)
        body = await read_body(request, max_bytes=operation.max_body_bytes)
        headers = request.scope["headers"]
        read = self._backend.workers.read
        facts = facts_of(request.scope)
        check = partial(self._check, asked, headers, body, model, facts)
        key = asked.access_key.key
        call = Call(
            application=self._backend.application,
            key=AwsKey(key.key_id, key.scope, key.collection_prefix),
            region=asked.claim.region,
        )
        if asked.served.kind == "picture":
            waits = self._backend.application.access_keys.is_counted(asked.access_key)
            beside = waits or len(body) > _CHECKED_HERE_BYTES
            members = await read(check) if beside else check()
            del body, check
            answer = await self._turns.work(partial(_do, asked.served, call, members))
        else:
            answer = await read(lambda: _do(asked.served, call, check()))
        self._count(facts, answer)
        sent = {**call.headers, REQUEST_ID: facts.request_id}
        return Response(answer.body, headers=sent, media_type=CONTENT_TYPE)

    async def _ask(self, request: Request, operation: OperationModel, model: Model) -> _Asked:
        """Read the headers, and refuse by them alone what can be, before the body is read."""
        keys = self._backend.application.access_keys
        claim = read_claim(
            request.scope["headers"],
            request.scope["query_string"],
            now=keys.now(),
            service=model.service,
            region=self._backend.options.aws_region,
        )
        access_key = keys.find_known(claim.access_key_id)
        if access_key is None:
            access_key = await self._backend.workers.read(lambda: keys.find(claim.access_key_id))
        if access_key is None:
            raise unknown_key()
        return _Asked(operation, require_served(operation), claim, access_key)

    def _check(
        self,
        asked: _Asked,
        headers: list[tuple[bytes, bytes]],
        body: bytes,
        model: Model,
        facts: RequestFacts,
    ) -> Mapping[str, Any]:
        """Verify the signature, then count the request, then look at what it says."""
        key = asked.access_key
        verify(
            asked.claim,
            headers,
            hashlib.sha256(body).hexdigest(),
            secret=key.secret,
            session_token=key.session_token,
        )
        facts.key_id = key.key.key_id
        self._backend.application.access_keys.spend(key)
        require_access(key.key, asked.operation.name, asked.served)
        return read_request(headers, body, asked.operation, model)

    def _count(self, facts: RequestFacts, answer: _Answer) -> None:
        facts.face_count = answer.faces
        if answer.indexed:
            self._backend.metrics.count_faces_indexed(answer.indexed)


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer's body, and what log and metrics want to know of it."""

    body: bytes
    faces: int | None
    indexed: int


def _do(served: Operation, call: Call, members: Mapping[str, Any]) -> _Answer:
    found = served.handler(call, members)
    indexed = len(found.get("FaceRecords") or ())
    lists = [found[name] for name in ("FaceRecords", "FaceDetails", "FaceMatches") if name in found]
    return _Answer(write_answer(found), len(lists[0]) if lists else None, indexed)


def _shape(operation: OperationModel | None) -> Any:
    def shape(error: FaceplateError, request_id: str, _headers: object = None) -> Response:
        return render(translate(error, operation), request_id)

    return shape
