"""Index, search, detect and compare."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from faceplate.domain.errors import InvalidParameter
from faceplate.domain.faces import QualityFilter, detail_to_json
from faceplate.domain.keys import KeyScope
from faceplate.domain.matching import resolve_min_similarity_pct
from faceplate.http.answers import encode, json_answer
from faceplate.http.backend import Backend
from faceplate.http.bodies import RawBody, read_image_body
from faceplate.http.codes import PICTURE, STORING
from faceplate.http.dependencies import BackendDep
from faceplate.http.facts import facts_of
from faceplate.http.metadata import read_metadata
from faceplate.http.openapi import Responses, image_body, two_images_body
from faceplate.http.parameters import (
    AttributesQuery,
    CollectionQuery,
    KeyPath,
    MinSimilarityQuery,
    QualityFilterQuery,
    read_attributes,
)
from faceplate.http.routing import Routes
from faceplate.http.schemas.recognition import (
    CompareAnswer,
    DetectAnswer,
    IndexAnswer,
    SearchAnswer,
)
from faceplate.http.search_view import matched_people, search_answer
from faceplate.http.views import Json, compare_answer, index_answer
from faceplate.services.faces import IndexOptions

routes = Routes("recognition", "Index, search, detect and compare.")

INDEX_CODES = (*PICTURE, *STORING, "collection_model_mismatch", "blob_not_found")
_KEY_CODES = ("image_key_invalid", "image_key_too_long")
_SEARCH_CODES = (*PICTURE, "no_face_found", "collection_not_found", "collection_model_mismatch")
_AS_BEFORE: Responses = {
    200: {
        "description": "The picture was there already, or was replaced.",
        "model": IndexAnswer,
    }
}


@routes.add(
    "PUT POST",
    "/v1/index/{filename:key}",
    "indexImage",
    "Store a picture and index every face of it",
    scope=KeyScope.WRITE,
    answer=IndexAnswer,
    status=201,
    codes=(*INDEX_CODES, *_KEY_CODES, "attribute_unsupported", "person_exists"),
    body=image_body(),
    responses=_AS_BEFORE,
)
async def index_image(
    request: Request,
    backend: BackendDep,
    filename: KeyPath,
    *,
    collection_id: CollectionQuery = None,
    max_faces: Annotated[int, Query(ge=1, le=100, description="Index at most so many.")] = 100,
    quality_filter: QualityFilterQuery = QualityFilter.AUTO,
    attributes: AttributesQuery = "DEFAULT",
    person: Annotated[
        str | None,
        Query(
            max_length=200,
            description="A person_id or a name. Somebody new is made; the person gets the face "
            "when the picture has exactly one usable.",
        ),
    ] = None,
) -> Response:
    """Faces can be found by a search that starts after the answer.

    The same key and bytes give the same FaceIds again; the same key with other bytes replaces the
    picture and its faces in one step. Headers ``x-amz-meta-*`` are kept as metadata. No key ends in
    ``/faces`` or ``/annotated``: those are routes of a picture.
    """
    options = IndexOptions(
        max_faces=max_faces,
        quality_filter=quality_filter,
        attributes=read_attributes(attributes, backend.application.recognizer),
    )
    metadata = read_metadata(request.headers.raw)
    body = await _receive(request, backend)

    def work() -> Json:
        data = body.picture()
        if person is None:
            return index_answer(
                backend.application.faces.index(
                    filename, data, collection_id=collection_id, metadata=metadata, options=options
                )
            )
        enrolled = backend.enrolment.enrol(
            person,
            filename,
            data,
            collection_id=collection_id,
            metadata=metadata,
            options=options,
        )
        answer = index_answer(enrolled.indexed)
        answer["person_id"] = enrolled.person.person_id
        if not enrolled.assigned:
            answer["warnings"].append("person_not_assigned")
        return answer

    answer = await backend.workers.work(work)
    return indexed_response(request, backend, answer)


@routes.add(
    "POST PUT",
    "/v1/search",
    "searchImage",
    "Say who is in a picture",
    scope=KeyScope.READ,
    answer=SearchAnswer,
    codes=_SEARCH_CODES,
    body=image_body(),
)
async def search_image(
    request: Request,
    backend: BackendDep,
    *,
    all_faces: Annotated[
        bool, Query(description="Answer for every face rather than the largest.")
    ] = False,
    min_similarity: MinSimilarityQuery = None,
    limit: Annotated[
        int | None,
        Query(ge=1, le=4096, description="At most so many matches for each face; 10 if not said."),
    ] = None,
    max_faces: Annotated[
        int | None, Query(ge=1, le=4096, description="Another name of `limit`.")
    ] = None,
    quality_filter: QualityFilterQuery = QualityFilter.NONE,
    collection_id: CollectionQuery = None,
) -> Response:
    """An unknown face is answered with ``unknown``; a picture without a face is an error."""
    if limit is not None and max_faces is not None:
        raise InvalidParameter(
            "Give limit or max_faces, not both.",
            parameter="max_faces",
            details={"rule": "one_of_two_names"},
        )
    resolve_min_similarity_pct(min_similarity)
    body = await _receive(request, backend)
    application = backend.application

    def work() -> tuple[bytes, int]:
        answer = application.faces.search(
            body.picture(),
            collection_id=collection_id,
            limit=limit or max_faces or 10,
            min_similarity=min_similarity,
            quality_filter=quality_filter,
            all_faces=all_faces,
        )
        names = application.people.names(
            collection_id or application.faces.default_collection,
            [match.face for match in matched_people(answer)],
        )
        view = search_answer(answer, names, model=application.recognizer.model, all_faces=all_faces)
        return encode(view), len(answer.answers)

    answer, facts_of(request.scope).face_count = await backend.workers.work(work)
    return json_answer(answer)


@routes.add(
    "POST",
    "/v1/detect",
    "detectFaces",
    "Describe every face of a picture",
    scope=KeyScope.READ,
    answer=DetectAnswer,
    codes=(*PICTURE, "attribute_unsupported"),
    body=image_body(),
)
async def detect_faces(
    request: Request, backend: BackendDep, attributes: AttributesQuery = "DEFAULT"
) -> Response:
    """Largest first, up to 100. Nothing is kept."""
    wanted = read_attributes(attributes, backend.application.recognizer)
    body = await _receive(request, backend)

    def work() -> tuple[bytes, int]:
        info, details = backend.application.faces.detect(body.picture(), attributes=wanted)
        view = {
            "FaceDetails": [detail_to_json(detail) for detail in details],
            "image": {
                "width_px": info.width_px,
                "height_px": info.height_px,
                "format": info.format,
            },
        }
        return encode(view), len(details)

    answer, facts_of(request.scope).face_count = await backend.workers.work(work)
    return json_answer(answer)


@routes.add(
    "POST",
    "/v1/compare",
    "compareFaces",
    "Compare the largest face of one picture with every face of another",
    scope=KeyScope.READ,
    answer=CompareAnswer,
    codes=(*PICTURE, "no_face_found"),
    body=two_images_body(),
)
async def compare_faces(
    request: Request,
    backend: BackendDep,
    min_similarity: MinSimilarityQuery = None,
    quality_filter: QualityFilterQuery = QualityFilter.NONE,
) -> Response:
    """Best match first. Nothing is kept."""
    floor = resolve_min_similarity_pct(min_similarity)
    body = await _receive(request, backend, pictures=2)

    def work() -> tuple[bytes, int]:
        source, target = body.pictures("source", "target")
        outcome = backend.application.faces.compare(
            source, target, min_similarity=floor, quality_filter=quality_filter
        )
        faces = 1 + len(outcome.matches) + len(outcome.unmatched)
        return encode(compare_answer(outcome, floor)), faces

    answer, facts_of(request.scope).face_count = await backend.workers.work(work)
    return json_answer(answer)


def indexed_response(request: Request, backend: Backend, answer: Json) -> Response:
    """Answer an index call and count its faces; 201 for a picture that was not there before."""
    faces = len(answer["FaceRecords"])
    facts_of(request.scope).face_count = faces
    backend.metrics.count_faces_indexed(faces)
    return json_answer(encode(answer), 201 if answer["change"] == "new" else 200)


async def _receive(request: Request, backend: Backend, *, pictures: int = 1) -> RawBody:
    backend.workers.require_room()
    return await read_image_body(
        request, max_image_bytes=backend.options.max_image_bytes, pictures=pictures
    )
