"""CreateUser, DeleteUser, ListUsers, AssociateFaces, DisassociateFaces."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from operator import attrgetter

from faceplate.http.rekognition.operations.call import Answer, Call, Request
from faceplate.http.rekognition.operations.images import min_similarity_of
from faceplate.http.rekognition.operations.pages import list_page
from faceplate.services.requests import Claim
from faceplate.services.users import FaceProblem, UserChange

MAX_USERS_A_PAGE = 500
"""Source: the greatest MaxResults in the service model."""

ASSOCIATE_MIN_SIMILARITY_PCT = 75.0
"""Source: the default of UserMatchThreshold in the service model's text on AssociateFaces."""

ACTIVE, CREATED = "ACTIVE", "CREATED"
"""UserStatus of a user with faces, and without. Changes are done when they are answered, so that
nobody is ever UPDATING or CREATING."""


def create_user(call: Call, request: Request) -> Answer:
    """Create a user, who has no face yet."""

    def work(collection_id: str) -> Answer:
        call.protocol.users.create(collection_id, request["UserId"])
        return {}

    return _once(call, "CreateUser", request, work)


def delete_user(call: Call, request: Request) -> Answer:
    """Delete a user; the faces stay and belong to nobody."""

    def work(collection_id: str) -> Answer:
        call.protocol.users.delete(collection_id, request["UserId"])
        return {}

    return _once(call, "DeleteUser", request, work)


def list_users(call: Call, request: Request) -> Answer:
    """List users by id."""
    collection_id = call.collection_of(request)
    call.application.collections.get(collection_id)
    found, next_token = list_page(
        call,
        request,
        scope=f"users/{collection_id}",
        most=MAX_USERS_A_PAGE,
        fetch=partial(call.application.people.list, collection_id=collection_id),
        key_of=attrgetter("person_id"),
    )
    have_faces = call.protocol.users.have_faces(
        collection_id, [person.person_id for person in found]
    )
    return {
        "Users": [
            {"UserId": user_id, "UserStatus": _status(has_faces=has_faces)}
            for user_id, has_faces in have_faces.items()
        ],
        "NextToken": next_token,
    }


def associate_faces(call: Call, request: Request) -> Answer:
    """Give faces to a user, at most 100 in all."""

    def work(collection_id: str) -> Answer:
        change = call.protocol.users.associate(
            collection_id,
            request["UserId"],
            request["FaceIds"],
            min_similarity_pct=min_similarity_of(
                request, "UserMatchThreshold", ASSOCIATE_MIN_SIMILARITY_PCT
            ),
        )
        return _change(change, "AssociatedFaces", "UnsuccessfulFaceAssociations")

    return _once(call, "AssociateFaces", request, work)


def disassociate_faces(call: Call, request: Request) -> Answer:
    """Take faces from a user; they stay in the collection."""

    def work(collection_id: str) -> Answer:
        change = call.protocol.users.disassociate(
            collection_id, request["UserId"], request["FaceIds"]
        )
        return _change(change, "DisassociatedFaces", "UnsuccessfulFaceDisassociations")

    return _once(call, "DisassociateFaces", request, work)


def _once(call: Call, operation: str, request: Request, work: Callable[[str], Answer]) -> Answer:
    """Do the work, or answer as before when the request's token was seen with the same request."""
    collection_id = call.collection_of(request)
    call.application.collections.get(collection_id)
    token = request.get("ClientRequestToken")
    if token is None:
        return work(collection_id)
    parameters = {name: value for name, value in request.items() if name != "ClientRequestToken"}
    claim = Claim(call.key.access_key_id, token, collection_id, operation, parameters)
    return call.protocol.requests.once(claim, lambda: work(collection_id))


def _change(change: UserChange, done: str, failed: str) -> Answer:
    return {
        done: [{"FaceId": face_id} for face_id in change.done],
        failed: [_problem(problem) for problem in change.failed],
        "UserStatus": _status(has_faces=change.has_faces),
    }


def _problem(problem: FaceProblem) -> Answer:
    body: Answer = {
        "FaceId": problem.face_id,
        "UserId": problem.owner,
        "Confidence": problem.similarity_pct,
        "Reasons": [] if problem.problem is None else [problem.problem.value],
    }
    return {name: value for name, value in body.items() if value is not None}


def _status(*, has_faces: bool) -> str:
    return ACTIVE if has_faces else CREATED
