"""Who is in a picture, asked of Amazon Rekognition and told from the records."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeVar

from faceplate.adapters.aws.convert import to_details, to_searched
from faceplate.adapters.aws.rekognition import MAX_IMAGE_BYTES, RekognitionCalls
from faceplate.domain.errors import NoFaceFound
from faceplate.domain.faces import FaceDetail, FaceMatch, QualityFilter, Reason
from faceplate.domain.people import PersonMatch
from faceplate.ports.pictures import Pictures
from faceplate.ports.recognizer import FaceAnswer
from faceplate.ports.records import Records

_AT_ONCE = 8
MAX_FACES = 4096
MAX_USERS = 500
"""Source: the largest MaxFaces and MaxUsers of Rekognition's service model."""
_MORE = 10
"""So many times as many matches are asked for where hidden ones took places of the first."""

Body = Mapping[str, Any]
Shown = TypeVar("Shown")


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
        finds no face to search for; again where what only Rekognition knows filled its answer.
        """

        def search(most: int) -> Body | None:
            return self._calls.search_by_image(
                collection_id,
                data,
                MaxFaces=most,
                FaceMatchThreshold=min_similarity_pct,
                QualityFilter=quality_filter.value,
            )

        answer = search(limit)
        if answer is None:
            # No face at all, or none that the filter lets through: only looking tells.
            seen = to_details(self._calls.detect_faces(data, ())["FaceDetails"])
            if not seen:
                raise NoFaceFound("The picture shows no face.")
            return [FaceAnswer(seen[0], (), (), (Reason.LOW_FACE_QUALITY,))]
        people: Sequence[PersonMatch] = ()
        if self._records.list_people(collection_id, limit=1).items:
            people = enough(
                lambda most: self._calls.search_users_by_image(
                    collection_id,
                    data,
                    MaxUsers=most,
                    UserMatchThreshold=min_similarity_pct,
                    QualityFilter=quality_filter.value,
                )["UserMatches"],
                lambda found: self._people(collection_id, found),
                limit=min(limit, MAX_USERS),
                most=MAX_USERS,
            )
        faces = enough(
            lambda most: (search(most) or answer)["FaceMatches"],
            lambda found: self.matches(collection_id, found),
            limit=limit,
            most=MAX_FACES,
            first=answer["FaceMatches"],
        )
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


def enough(
    ask: Callable[[int], Sequence[Body]],
    show: Callable[[Sequence[Body]], Sequence[Shown]],
    *,
    limit: int,
    most: int,
    first: Sequence[Body] | None = None,
) -> Sequence[Shown]:
    """Return up to ``limit`` matches that may be shown, asking for more where others hide them.

    A full answer in which something may not be shown is asked for again, ten times as long each
    time and at last as long as Rekognition gives; ``first`` is an answer that is there already.
    """
    asked = limit
    found = ask(asked) if first is None else first
    while True:
        shown = show(found)
        if len(shown) >= limit or len(found) < asked or asked >= most:
            return shown[:limit]
        asked = min(most, asked * _MORE)
        found = ask(asked)
