"""Calls of Amazon Rekognition, in the terms of its API; errors by their code."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from faceplate.adapters.aws.clients import AwsClients
from faceplate.adapters.aws.errors import ErrorTable, translated
from faceplate.domain.errors import (
    Busy,
    Conflict,
    FaceplateError,
    ImageTooLarge,
    InvalidImage,
    InvalidParameter,
    NotFound,
    StorageFull,
)

SERVICE = "Amazon Rekognition"
MAX_IMAGE_BYTES = 5_242_880
"""Source: Rekognition's limit for a picture sent as bytes."""
MAX_FACE_IDS = 4096
MAX_USER_FACE_IDS = 100
"""Source: Rekognition's limits for one call."""

_FACE_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class RekognitionCalls:
    """One method an operation; answers are Rekognition's own."""

    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients

    # collections

    def create_collection(self, collection_id: str, tags: Mapping[str, str]) -> str:
        """Create a collection and return its face model's version.

        Raises:
            Conflict: It is there already.
        """
        more: dict[str, Any] = {"Tags": dict(tags)} if tags else {}
        answer = self._call("create_collection", CollectionId=collection_id, **more)
        return str(answer["FaceModelVersion"])

    def describe_collection(self, collection_id: str) -> Mapping[str, Any]:
        """Return counts and the face model's version."""
        return self._call("describe_collection", CollectionId=collection_id)

    def delete_collection(self, collection_id: str) -> None:
        """Delete a collection with all faces and users."""
        self._call("delete_collection", CollectionId=collection_id)

    # pictures

    def index_faces(self, collection_id: str, data: bytes, **more: Any) -> Mapping[str, Any]:
        """Index the faces of a picture. Cost: billed by picture."""
        image = {"Bytes": data}
        return self._call("index_faces", CollectionId=collection_id, Image=image, **more)

    def detect_faces(self, data: bytes, attributes: Collection[str]) -> Mapping[str, Any]:
        """Describe the faces of a picture. Cost: billed by picture."""
        wanted = ["DEFAULT", *sorted(attributes)]
        return self._call("detect_faces", Image={"Bytes": data}, Attributes=wanted)

    def compare_faces(self, source: bytes, target: bytes, **more: Any) -> Mapping[str, Any] | None:
        """Compare two pictures; None when one of them shows no face. Cost: billed by picture."""
        pictures = {"SourceImage": {"Bytes": source}, "TargetImage": {"Bytes": target}}
        return self._unless_refused("compare_faces", **pictures, **more)

    def search_by_image(
        self, collection_id: str, data: bytes, **more: Any
    ) -> Mapping[str, Any] | None:
        """Search for the largest face; None when there is none to search. Cost: as above."""
        where = {"CollectionId": collection_id, "Image": {"Bytes": data}}
        return self._unless_refused("search_faces_by_image", **where, **more)

    def search_users_by_image(
        self, collection_id: str, data: bytes, **more: Any
    ) -> Mapping[str, Any]:
        """Search for the user of the largest face. Cost: as above."""
        where = {"CollectionId": collection_id, "Image": {"Bytes": data}}
        return self._call("search_users_by_image", **where, **more)

    # faces

    def search_face(
        self, collection_id: str, face_id: str, **more: Any
    ) -> Mapping[str, Any] | None:
        """Search for faces like one; None when the collection does not hold it."""
        where = {"CollectionId": collection_id, "FaceId": face_id}
        return self._unless_refused("search_faces", **where, **more)

    def existing(self, collection_id: str, face_ids: Sequence[str]) -> set[str]:
        """Return those of the faces that the collection holds."""
        valid = [face_id for face_id in face_ids if _FACE_ID.fullmatch(face_id)]
        found: set[str] = set()
        for some in _batches(valid, MAX_FACE_IDS):
            faces = self.faces(collection_id, FaceIds=some)
            found.update(str(face["FaceId"]) for face in faces)
        return found

    def faces(self, collection_id: str, **more: Any) -> Iterator[Mapping[str, Any]]:
        """Yield the faces of a collection, a page at a time."""
        return self._pages("list_faces", "Faces", CollectionId=collection_id, **more)

    def users(self, collection_id: str) -> Iterator[str]:
        """Yield the ids of a collection's users."""
        found = self._pages("list_users", "Users", CollectionId=collection_id)
        return (str(user["UserId"]) for user in found)

    def remove_faces(self, collection_id: str, face_ids: Sequence[str]) -> None:
        """Delete faces, from their users first; those that are not there are no error.

        Raises:
            Busy: A face is there still: Rekognition has not taken it from its user yet.
        """
        valid = [face_id for face_id in face_ids if _FACE_ID.fullmatch(face_id)]
        for some in _batches(valid, MAX_FACE_IDS):
            theirs = self._delete(collection_id, some)
            for user_id, ids in theirs.items():
                self.disassociate(collection_id, user_id, ids)
            again = [face_id for ids in theirs.values() for face_id in ids]
            if again and self._delete(collection_id, again):
                raise Busy(f"{SERVICE} has not let go of every face yet.", code="upstream_busy")

    def _delete(self, collection_id: str, face_ids: Sequence[str]) -> dict[str, list[str]]:
        """Delete faces; return those that were refused because they are a user's, by user."""
        answer = self._call("delete_faces", CollectionId=collection_id, FaceIds=list(face_ids))
        theirs: dict[str, list[str]] = {}
        for failure in answer.get("UnsuccessfulFaceDeletions", ()):
            if "ASSOCIATED_TO_AN_EXISTING_USER" in failure["Reasons"]:
                theirs.setdefault(failure["UserId"], []).append(failure["FaceId"])
        return theirs

    # users

    def create_user(self, collection_id: str, user_id: str) -> None:
        """Create a user; one that is there already is no error."""
        with contextlib.suppress(Conflict), translated(SERVICE, _CREATING):
            self._clients.rekognition.create_user(CollectionId=collection_id, UserId=user_id)

    def delete_user(self, collection_id: str, user_id: str) -> None:
        """Delete a user and keep the faces; one that is not there is no error."""
        with contextlib.suppress(NotFound):
            self._call("delete_user", CollectionId=collection_id, UserId=user_id)

    def associate(
        self, collection_id: str, user_id: str, face_ids: Sequence[str], min_similarity_pct: float
    ) -> Iterator[Mapping[str, Any]]:
        """Give faces to a user, who is made when missing; yield what was refused."""
        for some in _batches(face_ids, MAX_USER_FACE_IDS):
            request = {
                "CollectionId": collection_id,
                "UserId": user_id,
                "FaceIds": list(some),
                "UserMatchThreshold": min_similarity_pct,
            }
            try:
                answer = self._call("associate_faces", **request)
            except NotFound:
                self.create_user(collection_id, user_id)
                answer = self._call("associate_faces", **request)
            yield from answer.get("UnsuccessfulFaceAssociations", ())

    def disassociate(self, collection_id: str, user_id: str, face_ids: Sequence[str]) -> None:
        """Take faces from a user; what is not theirs is no error."""
        valid = [face_id for face_id in face_ids if _FACE_ID.fullmatch(face_id)]
        for some in _batches(valid, MAX_USER_FACE_IDS):
            try:
                self._call(
                    "disassociate_faces",
                    CollectionId=collection_id,
                    UserId=user_id,
                    FaceIds=list(some),
                )
            except NotFound:
                return

    # parts

    def _call(self, operation: str, **request: Any) -> Mapping[str, Any]:
        with translated(SERVICE, _ERRORS):
            answer: Mapping[str, Any] = getattr(self._clients.rekognition, operation)(**request)
        return answer

    def _unless_refused(self, operation: str, **request: Any) -> Mapping[str, Any] | None:
        """Call; None for InvalidParameterException.

        Every parameter was checked before, so it says that there is no such face: Rekognition has
        no error of its own for that.
        """
        try:
            return self._call(operation, **request)
        except InvalidParameter:
            return None

    def _pages(self, operation: str, member: str, **request: Any) -> Iterator[Mapping[str, Any]]:
        while True:
            page = self._call(operation, **request)
            yield from page[member]
            if not page.get("NextToken"):
                return
            request["NextToken"] = page["NextToken"]


def _batches(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def _exists() -> FaceplateError:
    return Conflict("It exists already.", code="collection_exists")


_ERRORS: ErrorTable = {
    "ConflictException": lambda: Busy(
        f"{SERVICE} is still changing this person.", code="upstream_busy"
    ),
    "IdempotentParameterMismatchException": lambda: Busy(
        f"{SERVICE} is still changing this person.", code="upstream_busy"
    ),
    "ImageTooLargeException": lambda: ImageTooLarge(f"The picture is too large for {SERVICE}."),
    "InvalidImageFormatException": lambda: InvalidImage(
        f"{SERVICE} cannot read the picture.", code="image_corrupt"
    ),
    "InvalidParameterException": lambda: InvalidParameter(
        f"{SERVICE} refuses a parameter.", parameter="request"
    ),
    "ResourceAlreadyExistsException": _exists,
    "ResourceNotFoundException": lambda: NotFound(
        "There is no such collection.", code="collection_not_found"
    ),
    "ServiceQuotaExceededException": lambda: StorageFull(
        f"{SERVICE} keeps no more: a quota of the account is used up."
    ),
}

_CREATING: ErrorTable = {**_ERRORS, "ConflictException": _exists}
