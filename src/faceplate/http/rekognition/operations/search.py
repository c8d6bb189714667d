"""SearchFaces, SearchFacesByImage, SearchUsers, SearchUsersByImage."""

from __future__ import annotations

from collections.abc import Sequence

from faceplate.domain.errors import InvalidParameter
from faceplate.domain.faces import (
    FaceMatch,
    QualityFilter,
    detail_to_json,
    face_to_json,
    model_version,
)
from faceplate.domain.people import PersonMatch
from faceplate.http.rekognition.operations.call import Answer, Call, Request
from faceplate.http.rekognition.operations.images import (
    box_and_confidence,
    left_out,
    min_similarity_of,
    picture_of,
    quality_filter_of,
)
from faceplate.http.rekognition.operations.users import ACTIVE

MAX_FACES = 4096
MAX_USERS = 500
"""Source of both: the greatest MaxFaces and MaxUsers in the service model, which names no default:
they are the defaults, too."""


def search_faces(call: Call, request: Request) -> Answer:
    """Search for faces like one of the collection, leaving itself out."""
    collection = call.application.collections.get(call.collection_of(request))
    matches = call.application.recognizer.search_face(
        collection.collection_id,
        request["FaceId"],
        limit=request.get("MaxFaces") or MAX_FACES,
        min_similarity_pct=min_similarity_of(request, "FaceMatchThreshold"),
    )
    return {
        "SearchedFaceId": request["FaceId"],
        "FaceMatches": _face_matches(matches),
        "FaceModelVersion": model_version(collection.model),
    }


def search_faces_by_image(call: Call, request: Request) -> Answer:
    """Search for faces like the largest of a picture; a picture without one is an error."""
    collection = call.application.collections.get(call.collection_of(request))
    searched, matches = call.protocol.largest_face.search_faces(
        collection.collection_id,
        picture_of(call, request),
        limit=request.get("MaxFaces") or MAX_FACES,
        min_similarity_pct=min_similarity_of(request, "FaceMatchThreshold"),
        quality_filter=quality_filter_of(request, QualityFilter.NONE),
    )
    face = box_and_confidence(searched)
    return {
        "SearchedFaceBoundingBox": face["BoundingBox"],
        "SearchedFaceConfidence": face["Confidence"],
        "FaceMatches": _face_matches(matches),
        "FaceModelVersion": model_version(collection.model),
    }


def search_users(call: Call, request: Request) -> Answer:
    """Search for users like a user or like a face of the collection."""
    collection = call.application.collections.get(call.collection_of(request))
    user_id, face_id = request.get("UserId"), request.get("FaceId")
    if (user_id is None) == (face_id is None):
        raise InvalidParameter(
            "Give either UserId or FaceId.", parameter="UserId", details={"rule": "one_of_two"}
        )
    users = call.protocol.users
    limit = request.get("MaxUsers") or MAX_USERS
    floor = min_similarity_of(request, "UserMatchThreshold")
    answer: Answer = {"FaceModelVersion": model_version(collection.model)}
    if user_id is not None:
        matches = users.like_user(
            collection.collection_id, user_id, limit=limit, min_similarity_pct=floor
        )
        answer["SearchedUser"] = {"UserId": user_id}
    else:
        matches = users.like_face(
            collection.collection_id, str(face_id), limit=limit, min_similarity_pct=floor
        )
        answer["SearchedFace"] = {"FaceId": face_id}
    return {"UserMatches": _user_matches(matches), **answer}


def search_users_by_image(call: Call, request: Request) -> Answer:
    """Search for users like the largest face of a picture; a picture without one finds nobody."""
    collection = call.application.collections.get(call.collection_of(request))
    found = call.protocol.largest_face.search_users(
        collection.collection_id,
        picture_of(call, request),
        limit=request.get("MaxUsers") or MAX_USERS,
        min_similarity_pct=min_similarity_of(request, "UserMatchThreshold"),
        quality_filter=quality_filter_of(request, QualityFilter.NONE),
    )
    searched = None
    if found.searched is not None:
        searched = {"FaceDetail": detail_to_json(found.searched)}
    return {
        "UserMatches": _user_matches(found.matches),
        "FaceModelVersion": model_version(collection.model),
        "SearchedFace": searched,
        "UnsearchedFaces": [left_out(face, "FaceDetails") for face in found.unsearched],
    }


def _face_matches(matches: Sequence[FaceMatch]) -> list[Answer]:
    return [
        {"Similarity": match.similarity_pct, "Face": face_to_json(match.face)} for match in matches
    ]


def _user_matches(matches: Sequence[PersonMatch]) -> list[Answer]:
    # Who is found has a vector and so has faces.
    return [
        {
            "Similarity": match.similarity_pct,
            "User": {"UserId": match.person.person_id, "UserStatus": ACTIVE},
        }
        for match in matches
    ]
