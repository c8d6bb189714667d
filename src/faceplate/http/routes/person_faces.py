"""The faces of people: give, take, merge."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from faceplate.domain.keys import KeyScope
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
    PersonIdPath,
    TokenQuery,
)
from faceplate.http.routes.people import describe
from faceplate.http.routing import Routes
from faceplate.http.schemas.people import (
    Associated,
    Disassociated,
    FaceAssignment,
    Merge,
    PersonAnswer,
    PersonFaces,
)
from faceplate.http.views import association, face_item, page

routes = Routes("people", "Several faces, one person; consent, and erasure with proof.")

_CHANGE_CODES = ("person_not_found", "collection_not_found", *STORING)


@routes.add(
    "GET",
    "/v1/people/{person_id}/faces",
    "listPersonFaces",
    "List the faces of a person",
    scope=KeyScope.READ,
    answer=PersonFaces,
    codes=("person_not_found", "invalid_pagination_token"),
)
async def list_person_faces(
    backend: BackendDep,
    person_id: PersonIdPath,
    limit: LimitQuery = 100,
    next_token: TokenQuery = None,
    collection_id: CollectionQuery = None,
) -> Response:
    """By FaceId."""
    people = backend.application.people

    def read() -> bytes:
        found = people.faces(person_id, collection_id=collection_id, limit=limit, token=next_token)
        return encode(page("faces", [face_item(face) for face in found.items], found.next_token))

    return json_answer(await backend.workers.read(read))


@routes.add(
    "PUT",
    "/v1/people/{person_id}/faces",
    "associateFaces",
    "Give faces to a person",
    scope=KeyScope.WRITE,
    answer=Associated,
    codes=(*JSON_BODY, *_CHANGE_CODES, "collection_model_mismatch", "too_many_faces_of_person"),
    body=json_body(FaceAssignment),
)
async def associate_faces(
    request: Request,
    backend: BackendDep,
    person_id: PersonIdPath,
    collection_id: CollectionQuery = None,
) -> Response:
    """Those that cannot be given are in ``failed`` with the reason; the others are given."""
    wanted = check(await read_body(request, max_bytes=MAX_JSON_BYTES), FaceAssignment)
    people = backend.application.people

    def write() -> bytes:
        outcome = people.assign(
            person_id,
            wanted.face_ids,
            collection_id=collection_id,
            reassign=wanted.reassign,
            min_similarity_pct=wanted.min_similarity,
        )
        person = people.get(person_id, collection_id=collection_id)
        return encode({**association(outcome, "associated"), "person": describe(backend, person)})

    return json_answer(await backend.workers.read(write))


@routes.add(
    "DELETE",
    "/v1/people/{person_id}/faces/{face_id}",
    "disassociateFace",
    "Take a face from a person",
    scope=KeyScope.WRITE,
    answer=Disassociated,
    codes=_CHANGE_CODES,
)
async def disassociate_face(
    backend: BackendDep,
    person_id: PersonIdPath,
    face_id: FaceIdPath,
    collection_id: CollectionQuery = None,
) -> Response:
    """The face stays and belongs to nobody."""
    people = backend.application.people

    def write() -> bytes:
        outcome = people.unassign(person_id, [face_id], collection_id=collection_id)
        person = people.get(person_id, collection_id=collection_id)
        return encode(
            {**association(outcome, "disassociated"), "person": describe(backend, person)}
        )

    return json_answer(await backend.workers.read(write))


@routes.add(
    "POST",
    "/v1/people/{person_id}/merge",
    "mergePeople",
    "Make several people one",
    scope=KeyScope.WRITE,
    answer=PersonAnswer,
    codes=(
        *JSON_BODY,
        *_CHANGE_CODES,
        "collection_model_mismatch",
        "too_many_faces_of_person",
        "faces_not_moved",
    ),
    body=json_body(Merge),
)
async def merge_people(
    request: Request,
    backend: BackendDep,
    person_id: PersonIdPath,
    collection_id: CollectionQuery = None,
) -> Response:
    """This person gets all faces of the others, who are deleted; who keeps a face is not."""
    wanted = check(await read_body(request, max_bytes=MAX_JSON_BYTES), Merge)
    people = backend.application.people

    def write() -> bytes:
        person = people.merge(person_id, wanted.others, collection_id=collection_id)
        return encode(describe(backend, person))

    return json_answer(await backend.workers.read(write))
