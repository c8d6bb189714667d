"""Who is in a picture, asked of Amazon Rekognition and told from the records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from faceplate.adapters.aws.convert import to_details, to_searched
from faceplate.adapters.aws.rekognition import MAX_IMAGE_BYTES, RekognitionCalls
from faceplate.domain.errors import NoFaceFound
from faceplate.domain.faces import FaceDetail, FaceMatch, QualityFilter, Reason
from faceplate.domain.people import PersonMatch
from faceplate.ports.pictures import Pictures
from faceplate.ports.recognizer import FaceAnswer
from faceplate.ports.records import Records

_AT_ONCE = 8
MAX_USERS = 500
"""Source: the largest MaxUsers of Rekognition's service model."""


class Searching:
    """Search for one face of a picture, or for each of them."""

    def __init__(self, *, calls: RekognitionCalls, records: Records, pictures: Pictures) -> None:
        self._calls = calls
        self._records = records
        self._pictures = pictures

    def largest_face(
        self,
        collection_id: str,
        data: bytes,
        *,
        limit: int,
        min_similarity_pct: float,
        quality_filter: QualityFilter,
    ) -> list[FaceAnswer]:
        """Search for the largest face.

        Raises:
            NoFaceFound: The picture shows none.
        Cost: one billed call, a second where the collection has people, a third where Rekognition
        finds no face to search for.
        """
        answer = self._calls.search_by_image(
            collection_id,
            data,
            MaxFaces=limit,
            FaceMatchThreshold=min_similarity_pct,
            QualityFilter=quality_filter.value,
        )
        if answer is None:
            # No face at all, or none that the filter lets through: only looking tells.
            seen = to_details(self._calls.detect_faces(data, ())["FaceDetails"])
            if not seen:
                raise NoFaceFound("The picture shows no face.")
            return [FaceAnswer(seen[0], (), (), (Reason.LOW_FACE_QUALITY,))]
        people: Sequence[PersonMatch] = ()
        if self._records.list_people(collection_id, limit=1).items:
            found = self._calls.search_users_by_image(
                collection_id,
                data,
                MaxUsers=min(limit, MAX_USERS),
                UserMatchThreshold=min_similarity_pct,
                QualityFilter=quality_filter.value,
            )
            people = self._people(collection_id, found["UserMatches"])
        faces = self.matches(collection_id, answer["FaceMatches"])
        return [FaceAnswer(to_searched(answer), faces, people)]

    def every_face(
        self,
        collection_id: str,
        data: bytes,
        *,
        limit: int,
        min_similarity_pct: float,
        quality_filter: QualityFilter,
    ) -> list[FaceAnswer]:
        """Search for every face, largest first, each cut out of the picture.

        Raises:
            NoFaceFound: The picture shows none.
        Cost: one billed call, and those of `largest_face` for each face.
        """
        seen = to_details(self._calls.detect_faces(data, ())["FaceDetails"])
        if not seen:
            raise NoFaceFound("The picture shows no face.")

        def search(detail: FaceDetail) -> FaceAnswer:
            part = self._pictures.excerpt(data, box=detail.box, max_bytes=MAX_IMAGE_BYTES)
            try:
                answer = self.largest_face(
                    collection_id,
                    part,
                    limit=limit,
                    min_similarity_pct=min_similarity_pct,
                    quality_filter=quality_filter,
                )[0]
            except NoFaceFound:  # it is one only where its surroundings are seen
                return FaceAnswer(detail, (), (), (Reason.LOW_FACE_QUALITY,))
            return replace(answer, detail=detail)

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(search, seen))

    def matches(self, collection_id: str, found: Sequence[Mapping[str, Any]]) -> list[FaceMatch]:
        """Return matches with what the records know of each face, best first.

        A face that the records do not know was deleted, or never whole; it is not shown.
        """
        scores = {match["Face"]["FaceId"]: float(match["Similarity"]) for match in found}
        faces = self._records.get_faces(collection_id, list(scores))
        matches = [FaceMatch(face, scores[face_id]) for face_id, face in faces.items()]
        return sorted(matches, key=lambda match: (-match.similarity_pct, match.face.face_id))

    def _people(self, collection_id: str, found: Sequence[Mapping[str, Any]]) -> list[PersonMatch]:
        scores = {match["User"]["UserId"]: float(match["Similarity"]) for match in found}
        people = self._records.get_people(collection_id, list(scores))
        matches = [PersonMatch(person, scores[name]) for name, person in people.items()]
        return sorted(matches, key=lambda match: (-match.similarity_pct, match.person.person_id))
