"""Uploads by a signed address."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Path, Query, Request
from starlette.responses import Response

from faceplate.domain.errors import InvalidInput
from faceplate.domain.images import require_image_key
from faceplate.domain.keys import KeyScope
from faceplate.http.answers import encode, json_answer
from faceplate.http.bodies import read_body, read_image_body
from faceplate.http.codes import JSON_BODY, STORING
from faceplate.http.dependencies import BackendDep
from faceplate.http.json_bodies import MAX_JSON_BYTES, check
from faceplate.http.openapi import Responses, image_body, json_body
from faceplate.http.parameters import CollectionQuery
from faceplate.http.routes.recognition import INDEX_CODES, indexed_response
from faceplate.http.routing import Routes
from faceplate.http.schemas.recognition import IndexAnswer
from faceplate.http.schemas.uploads import NewUpload, UploadStatusAnswer, UploadTicket
from faceplate.http.views import index_answer, upload_item

routes = Routes("uploads", "Send a picture without a key, to a signed address.")

_HOST = re.compile(r"[A-Za-z0-9.\-]{1,253}(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?")
_AS_BEFORE: Responses = {
    200: {"description": "A picture with this key was there before.", "model": IndexAnswer}
}

UploadIdPath = Annotated[str, Path(max_length=128, description="An upload_id.")]


@routes.add(
    "POST",
    "/v1/uploads",
    "createUpload",
    "Get an address to send a picture to",
    scope=KeyScope.WRITE,
    answer=UploadTicket,
    status=201,
    codes=(*JSON_BODY, *STORING, "image_key_invalid", "image_key_too_long"),
    body=json_body(NewUpload),
)
async def create_upload(
    request: Request, backend: BackendDep, collection_id: CollectionQuery = None
) -> Response:
    """The address is good for 15 minutes and one picture; whoever has it needs no key."""
    wanted = check(await read_body(request, max_bytes=MAX_JSON_BYTES), NewUpload)
    base = base_url(request)

    def write() -> bytes:
        ticket = backend.application.uploads.create(
            require_image_key(wanted.filename),
            collection_id=collection_id,
            metadata=wanted.metadata,
        )
        upload = ticket.upload
        address = f"{base}/v1/uploads/{upload.upload_id}"
        return encode(
            {
                "upload_id": upload.upload_id,
                "key": upload.key,
                "method": "PUT",
                "url": ticket.address or f"{address}?signature={ticket.signature}",
                "expires_at": upload.expires_at,
                "status_url": address,
            }
        )

    return json_answer(await backend.workers.read(write), 201)


@routes.add(
    "PUT",
    "/v1/uploads/{upload_id}",
    "sendUpload",
    "Send the picture of an upload",
    scope=None,
    answer=IndexAnswer,
    status=201,
    codes=(
        *INDEX_CODES,
        "upload_signature_invalid",
        "upload_expired",
        "upload_not_found",
        "upload_done",
    ),
    body=image_body(),
    responses=_AS_BEFORE,
)
async def send_upload(
    request: Request,
    backend: BackendDep,
    upload_id: UploadIdPath,
    signature: Annotated[
        str, Query(max_length=256, description="Stands in the address that was given out.")
    ],
) -> Response:
    """Needs no key: the signature is the permission. The picture is indexed on arrival."""
    uploads = backend.application.uploads
    await backend.workers.read(lambda: uploads.admit(upload_id, signature))
    backend.workers.require_room()
    try:
        body = await read_image_body(request, max_image_bytes=backend.options.max_image_bytes)
    except InvalidInput as exc:
        code = exc.code
        await backend.workers.read(lambda: uploads.refuse(upload_id, code))
        raise
    answer = await backend.workers.work(
        lambda: index_answer(uploads.receive(upload_id, signature, body.picture))
    )
    return indexed_response(request, backend, answer)


@routes.add(
    "GET",
    "/v1/uploads/{upload_id}",
    "getUpload",
    "See where an upload stands",
    scope=KeyScope.READ,
    answer=UploadStatusAnswer,
    codes=("upload_not_found",),
)
async def get_upload(backend: BackendDep, upload_id: UploadIdPath) -> Response:
    """``error_code`` says why a picture was refused."""
    uploads = backend.application.uploads
    return json_answer(
        await backend.workers.read(lambda: encode(upload_item(uploads.get(upload_id))))
    )


def base_url(request: Request) -> str:
    """Return scheme, host and stage as the caller sees them.

    A doubtful Host gives a relative address.
    """
    prefix: str = request.scope.get("root_path", "")
    host = request.headers.get("host", "")
    if not _HOST.fullmatch(host):
        return prefix
    return f"{urlsplit(str(request.url)).scheme}://{host}{prefix}"
