"""Faces that are kept."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from faceplate.domain.keys import KeyScope
from faceplate.domain.matching import resolve_min_similarity_pct
from faceplate.http.answers import encode, json_answer
from faceplate.http.bodies import read_body
from faceplate.http.codes import JSON_BODY, STORING
from faceplate.http.dependencies import BackendDep
from faceplate.http.json_bodies import MAX_JSON_BYTES, check
from faceplate.http.openapi import json_body
from faceplate.http.parameters import (
    CollectionQuery,
    FaceIdPath,
    LimitQuery,
    MinSimilarityQuery,
    TokenQuery,
)
from faceplate.http.routing import Routes
from faceplate.http.schemas.faces import (
    FaceDeletion,
    FaceItem,
    FaceList,
    FaceQuery,
    FaceQueryResult,
    SimilarFaces,
)
from faceplate.http.views import face_item, face_match, page, proof

routes = Routes("faces", "The faces that are kept.")


@routes.add(
    "GET",
    "/v1/faces",
    "listFaces",
    "List kept faces",
    scope=KeyScope.READ,
    answer=FaceList,
    codes=("invalid_pagination_token",),
)
async def list_faces(
    backend: BackendDep,
    *,
    limit: LimitQuery = 100,
    next_token: TokenQuery = None,
    image_key: Annotated[str | None, Query(description="Only faces of this picture.")] = None,
    person_id: Annotated[str | None, Query(description="Only faces of this person.")] = None,
    collection_id: CollectionQuery = None,
) -> Response:
    """By FaceId; both filters together must fit."""
    faces = backend.application.faces

    def read() -> bytes:
        found = faces.list_faces(
            collection_id=collection_id,
            limit=limit,
            token=next_token,
            image_key=image_key,
            person_id=person_id,
        )
        return encode(page("faces", [face_item(face) for face in found.items], found.next_token))

    return json_answer(await backend.workers.read(read))


@routes.add(
    "POST",
    "/v1/faces/query",
    "queryFaces",
    "Query the records of faces",
    scope=KeyScope.READ,
    answer=FaceQueryResult,
    codes=(*JSON_BODY, "invalid_query", "query_too_slow", "query_unsupported", "unsupported"),
    body=json_body(FaceQuery),
)
async def query_faces(
    request: Request, backend: BackendDep, collection_id: CollectionQuery = None
) -> Response:
    """One read-only SELECT over the view ``faces``, whose columns are Rekognition's names."""
    wanted = check(await read_body(request, max_bytes=MAX_JSON_BYTES), FaceQuery)

    def read() -> bytes:
        result = backend.application.faces.query(
            wanted.query, collection_id=collection_id, limit=wanted.limit
        )
        return encode(
            {
                "columns": list(result.columns),
                "rows": [list(row) for row in result.rows],
                "truncated": result.truncated,
            }
        )

    return json_answer(await backend.workers.read(read))


@routes.add(
    "GET",
    "/v1/faces/{face_id}",
    "getFace",
    "Look at one kept face",
    scope=KeyScope.READ,
    answer=FaceItem,
    codes=("face_not_found",),
)
async def get_face(
    backend: BackendDep, face_id: FaceIdPath, collection_id: CollectionQuery = None
) -> Response:
    """Without its vector."""
    faces = backend.application.faces
    return json_answer(
        await backend.workers.read(
            lambda: encode(face_item(faces.get_face(face_id, collection_id=collection_id)))
        )
    )


@routes.add(
    "DELETE",
    "/v1/faces/{face_id}",
    "deleteFace",
    "Delete a face with its vector, and prove it",
    scope=KeyScope.WRITE,
    answer=FaceDeletion,
    codes=("face_not_found", "collection_not_found", *STORING),
)
async def delete_face(
    backend: BackendDep, face_id: FaceIdPath, collection_id: CollectionQuery = None
) -> Response:
    """Its picture stays."""
    faces = backend.application.faces

    def write() -> bytes:
        result = faces.delete_face(face_id, collection_id=collection_id)
        return encode({"FaceId": face_id, "deleted": True, **proof(result)})

    return json_answer(await backend.workers.read(write))


@routes.add(
    "GET",
    "/v1/faces/{face_id}/similar",
    "listSimilarFaces",
    "Find faces like one that is kept",
    scope=KeyScope.READ,
    answer=SimilarFaces,
    codes=("face_not_found", "collection_not_found", "collection_model_mismatch"),
)
async def list_similar_faces(
    backend: BackendDep,
    face_id: FaceIdPath,
    limit: Annotated[int, Query(ge=1, le=4096, description="At most so many.")] = 10,
    min_similarity: MinSimilarityQuery = None,
    collection_id: CollectionQuery = None,
) -> Response:
    """Best first, itself left out."""
    resolve_min_similarity_pct(min_similarity)

    def read() -> bytes:
        matches = backend.application.faces.similar(
            face_id, collection_id=collection_id, limit=limit, min_similarity=min_similarity
        )
        return encode(
            {
                "SearchedFaceId": face_id,
                "FaceMatches": [face_match(match) for match in matches],
            }
        )

    return json_answer(await backend.workers.read(read))
