"""Search for the largest usable face of a picture, as Amazon Rekognition does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from faceplate.domain.errors import NoFaceFound
from faceplate.domain.faces import (
    Embedding,
    FaceDetail,
    FaceMatch,
    LeftOutFace,
    Pixels,
    QualityFilter,
    Reason,
    SeenFace,
)
from faceplate.domain.people import PersonMatch
from faceplate.domain.quality import reasons_against
from faceplate.ports.engine import Engine
from faceplate.ports.pictures import Pictures
from faceplate.services.local_recognizer import MAX_FACES_IN_ANSWER, LocalRecognizer
from faceplate.services.users import Users


@dataclass(frozen=True, slots=True)
class UserSearch:
    """Users like the face that was searched; None when no face passed the filter."""

    searched: FaceDetail | None
    matches: Sequence[PersonMatch]
    unsearched: Sequence[LeftOutFace]


class LargestFace:
    """Pick the largest face that passes a quality filter, and search faces or users for it."""

    def __init__(
        self, *, engine: Engine, pictures: Pictures, recognizer: LocalRecognizer, users: Users
    ) -> None:
        self._engine = engine
        self._pictures = pictures
        self._recognizer = recognizer
        self._users = users

    def search_faces(
        self,
        collection_id: str,
        data: bytes,
        *,
        limit: int,
        min_similarity_pct: float,
        quality_filter: QualityFilter,
    ) -> tuple[FaceDetail, Sequence[FaceMatch]]:
        """Return the face that was searched and the faces like it, best first.

        Raises:
            NotFound: Code ``collection_not_found``.
            NoFaceFound: No face passes the filter.
        """
        self._recognizer.require_same_model(collection_id)
        pixels, searched, _ = self._pick(data, quality_filter)
        if searched is None:
            raise NoFaceFound("The picture shows no face that can be searched.")
        matches = self._recognizer.matches(
            collection_id, self._embed(pixels, searched), limit, min_similarity_pct
        )
        return searched.detail, matches

    def search_users(
        self,
        collection_id: str,
        data: bytes,
        *,
        limit: int,
        min_similarity_pct: float,
        quality_filter: QualityFilter,
    ) -> UserSearch:
        """Return the users like the largest face, best first; no face is no error.

        Raises:
            NotFound: Code ``collection_not_found``.
        """
        self._recognizer.require_same_model(collection_id)
        pixels, searched, left_out = self._pick(data, quality_filter)
        if searched is None:
            return UserSearch(None, (), left_out)
        matches = self._users.nearest(
            collection_id, self._embed(pixels, searched), limit, min_similarity_pct
        )
        return UserSearch(searched.detail, matches, left_out)

    def _pick(
        self, data: bytes, quality_filter: QualityFilter
    ) -> tuple[Pixels, SeenFace | None, Sequence[LeftOutFace]]:
        pixels = self._pictures.decode(data).pixels
        searched: SeenFace | None = None
        left_out = []
        for face in self._engine.see(pixels, embed=False)[:MAX_FACES_IN_ANSWER]:
            reasons = reasons_against(face, quality_filter)
            if not reasons and searched is None:
                searched = face
            else:
                left_out.append(LeftOutFace(face.detail, reasons or (Reason.FACE_NOT_LARGEST,)))
        return pixels, searched, left_out

    def _embed(self, pixels: Pixels, face: SeenFace) -> Embedding:
        (embedded,) = self._engine.embed_only(pixels, [face])
        assert embedded.embedding is not None  # noqa: S101 - the port's promise
        return embedded.embedding
