"""IndexFaces, ListFaces, DeleteFaces."""

from __future__ import annotations

from functools import partial
from operator import attrgetter

from faceplate.domain.faces import QualityFilter, detail_to_json, face_to_json, model_version
from faceplate.http.rekognition.operations.call import Answer, Call, Request
from faceplate.http.rekognition.operations.images import (
    attributes_of,
    left_out,
    picture_of,
    quality_filter_of,
)
from faceplate.http.rekognition.operations.pages import list_page

MAX_FACES_A_PAGE = 4096
"""Source: the greatest MaxResults in the service model."""

MAX_FACES_INDEXED = 100
"""Source: the service model's text on MaxFaces: never more, even if asked for."""

WARNINGS_HEADER = "x-faceplate-warnings"


def index_faces(call: Call, request: Request) -> Answer:
    """Index the faces of a picture that is not kept; header x-faceplate-warnings has our doubts."""
    collection_id = call.collection_of(request)
    call.application.collections.get(collection_id)
    intake = call.protocol.bare_index.index(
        collection_id,
        picture_of(call, request),
        external_image_id=request.get("ExternalImageId"),
        max_faces=min(request.get("MaxFaces") or MAX_FACES_INDEXED, MAX_FACES_INDEXED),
        quality_filter=quality_filter_of(request, QualityFilter.AUTO),
        attributes=attributes_of(call, request, "DetectionAttributes"),
    )
    if intake.warnings:
        call.headers[WARNINGS_HEADER] = ", ".join(intake.warnings)
    return {
        "FaceRecords": [
            {"Face": face_to_json(face), "FaceDetail": detail_to_json(face.detail)}
            for face in intake.outcome.faces
        ],
        "FaceModelVersion": model_version(intake.outcome.model),
        "UnindexedFaces": [left_out(face, "FaceDetail") for face in intake.outcome.left_out],
    }


def list_faces(call: Call, request: Request) -> Answer:
    """List faces by id; filters by user and by ids are combined with and."""
    collection = call.application.collections.get(call.collection_of(request))
    user_id, face_ids = request.get("UserId"), request.get("FaceIds")
    chosen = None if face_ids is None else sorted(set(face_ids))
    found, next_token = list_page(
        call,
        request,
        scope=f"faces/{collection.collection_id}/{user_id}/{chosen}",
        most=MAX_FACES_A_PAGE,
        fetch=partial(
            call.application.faces.list_faces,
            collection_id=collection.collection_id,
            person_id=user_id,
            face_ids=chosen,
        ),
        key_of=attrgetter("face_id"),
    )
    return {
        "Faces": [face_to_json(face) for face in found],
        "NextToken": next_token,
        "FaceModelVersion": model_version(collection.model),
    }


def delete_faces(call: Call, request: Request) -> Answer:
    """Delete faces that belong to no user."""
    gone, refused = call.protocol.users.delete_faces(
        call.collection_of(request), request["FaceIds"]
    )
    return {
        "DeletedFaces": list(gone),
        "UnsuccessfulFaceDeletions": [
            {"FaceId": face_id, "Reasons": ["FACE_NOT_FOUND"]}
            if user_id is None
            else {
                "FaceId": face_id,
                "UserId": user_id,
                "Reasons": ["ASSOCIATED_TO_AN_EXISTING_USER"],
            }
            for face_id, user_id in refused.items()
        ],
    }
