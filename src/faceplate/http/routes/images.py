"""Stored pictures."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from faceplate.domain.errors import NotFound
from faceplate.domain.images import StoredImage
from faceplate.domain.keys import KeyScope
from faceplate.domain.paging import Page
from faceplate.http.answers import (
    PICTURE_CACHE,
    PICTURE_POLICY,
    disposition,
    encode,
    is_fresh,
    json_answer,
    picture_headers,
)
from faceplate.http.codes import ENGINE, PICTURE, STORING
from faceplate.http.dependencies import BackendDep
from faceplate.http.openapi import Responses, picture_content
from faceplate.http.parameters import CollectionQuery, KeyPath, LimitQuery, TokenQuery
from faceplate.http.routing import Routes
from faceplate.http.schemas.images import ImageDeletion, ImageFaces, ImageItem, ImageList
from faceplate.http.views import image_face, image_item, page, proof

routes = Routes("images", "The pictures that are kept.")

_BYTES_CODES = ("image_not_found", "image_bytes_erased", "blob_not_found")
_ORIGINAL: Responses = {
    200: {
        **picture_content("The original bytes; with `info=true` its record as JSON.", "image/*"),
        "model": ImageItem,
    },
    304: {"description": "The caller's copy, by `If-None-Match`, is the same."},
    307: {"description": "On AWS, of a large picture: `Location` has the bytes, without a key."},
}
MAX_GATEWAY_PICTURE_BYTES = 4_500_000
"""A larger one, as base64, is more than a function may answer: 6 MB. Source: Lambda's quotas."""
_ANNOTATED: Responses = {
    200: picture_content("The picture with a box and a name for each face.", "image/jpeg")
}


@routes.add(
    "GET",
    "/v1/images",
    "listImages",
    "List stored pictures",
    scope=KeyScope.READ,
    answer=ImageList,
    codes=("invalid_pagination_token",),
)
async def list_images(
    backend: BackendDep,
    limit: LimitQuery = 100,
    next_token: TokenQuery = None,
    key: Annotated[str | None, Query(description="Only the picture with exactly this key.")] = None,
    collection_id: CollectionQuery = None,
) -> Response:
    """By key. ``key`` also reaches what an older version stored under ``…/faces``."""
    images = backend.application.images

    def read() -> bytes:
        if key is None:
            found = images.list(collection_id=collection_id, limit=limit, token=next_token)
        else:
            try:
                found = Page([images.get(key, collection_id=collection_id)], None)
            except NotFound:
                found = Page([], None)
        return encode(page("images", [image_item(item) for item in found.items], found.next_token))

    return json_answer(await backend.workers.read(read))


@routes.add(
    "GET",
    "/v1/images/{key:key}/faces",
    "listImageFaces",
    "List the faces of a stored picture",
    scope=KeyScope.READ,
    answer=ImageFaces,
    codes=("image_not_found",),
)
async def list_image_faces(
    backend: BackendDep, key: KeyPath, collection_id: CollectionQuery = None
) -> Response:
    """Largest first, with everything that was seen and whose they are."""
    application = backend.application

    def read() -> bytes:
        faces = application.images.faces(key, collection_id=collection_id)
        names = application.people.names(
            collection_id or application.faces.default_collection, faces
        )
        return encode({"key": key, "faces": [image_face(face, names) for face in faces]})

    return json_answer(await backend.workers.read(read))


@routes.add(
    "GET",
    "/v1/images/{key:key}/annotated",
    "getAnnotatedImage",
    "Draw boxes and names on a stored picture",
    scope=KeyScope.READ,
    codes=(*_BYTES_CODES, *PICTURE, *ENGINE),
    responses=_ANNOTATED,
)
async def get_annotated_image(
    backend: BackendDep, key: KeyPath, collection_id: CollectionQuery = None
) -> Response:
    """A JPEG, upright."""
    images = backend.application.images
    data = await backend.workers.work(lambda: images.annotated(key, collection_id=collection_id))
    headers = {"cache-control": PICTURE_CACHE, "content-security-policy": PICTURE_POLICY}
    return Response(data, headers=headers, media_type="image/jpeg")


@routes.add(
    "GET",
    "/v1/images/{key:key}",
    "getImage",
    "Download a stored picture",
    scope=KeyScope.READ,
    codes=_BYTES_CODES,
    responses=_ORIGINAL,
)
async def get_image(
    request: Request,
    backend: BackendDep,
    key: KeyPath,
    *,
    info: Annotated[bool, Query(description="Answer the record as JSON.")] = False,
    collection_id: CollectionQuery = None,
) -> Response:
    """The original bytes, with the metadata they came with as ``x-amz-meta-*``.

    Behind API Gateway a picture of more than some 4 MB is answered with 307 and an address of the
    bucket that works for five minutes and needs no key.
    """
    images = backend.application.images
    if info:
        return json_answer(
            await backend.workers.read(
                lambda: encode(image_item(images.get(key, collection_id=collection_id)))
            )
        )

    def read() -> tuple[StoredImage, bytes, str | None]:
        image = images.get(key, collection_id=collection_id)
        if backend.options.gateway and image.size_bytes > MAX_GATEWAY_PICTURE_BYTES:
            address = images.address(image, disposition=disposition(image.key))
            if address is not None:
                return image, b"", address
        return image, images.bytes_of(image), None

    image, data, address = await backend.workers.read(read)
    headers = picture_headers(image)
    if is_fresh(request.headers.get("if-none-match"), headers["etag"]):
        return Response(status_code=304, headers=headers)
    if address is not None:
        return Response(
            status_code=307, headers={"location": address, "cache-control": "private, no-store"}
        )
    return Response(data, headers=headers, media_type=image.content_type)


@routes.add(
    "DELETE",
    "/v1/images/{key:key}",
    "deleteImage",
    "Delete a picture with its faces, and prove it",
    scope=KeyScope.WRITE,
    answer=ImageDeletion,
    codes=("image_not_found", "collection_not_found", *STORING),
)
async def delete_image(
    backend: BackendDep, key: KeyPath, collection_id: CollectionQuery = None
) -> Response:
    """Bytes, record, faces and vectors go; ``after`` is counted by a fresh look."""
    images = backend.application.images

    def write() -> bytes:
        result = images.delete(key, collection_id=collection_id)
        return encode({"key": key, "deleted": True, **proof(result)})

    return json_answer(await backend.workers.read(write))
