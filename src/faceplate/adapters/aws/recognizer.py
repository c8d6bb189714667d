"""Amazon Rekognition as the recognizer: vectors there, everything else in our records."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from faceplate.adapters.aws.convert import (
    MODEL,
    to_detail,
    to_details,
    to_left_out,
    to_model,
    to_record,
)
from faceplate.adapters.aws.doomed import DoomedFaces
from faceplate.adapters.aws.leases import IMAGE_BUSY
from faceplate.adapters.aws.ownership import require_ours
from faceplate.adapters.aws.recognizer_people import RekognitionPeople
from faceplate.adapters.aws.rekognition import MAX_IMAGE_BYTES, RekognitionCalls
from faceplate.adapters.aws.searching import MAX_FACES, Searching, enough
from faceplate.domain.collections import Collection as FaceCollection
from faceplate.domain.collections import require_collection_id
from faceplate.domain.errors import (
    Busy,
    Conflict,
    FaceplateError,
    InvalidImage,
    NoFaceFound,
    NotFound,
    Unsupported,
    UpstreamFailed,
)
from faceplate.domain.faces import (
    FaceDetail,
    FaceMatch,
    FaceRecord,
    QualityFilter,
    name_image_id,
)
from faceplate.ports.pictures import PictureInfo, Pictures
from faceplate.ports.recognizer import (
    Capability,
    CompareOutcome,
    FaceAnswer,
    IndexOutcome,
    IndexRequest,
)
from faceplate.ports.records import Records
from faceplate.ports.runtime import Runtime

MAX_FACES_IN_ANSWER = 100
"""Source: IndexFaces never returns more."""


class RekognitionRecognizer(RekognitionPeople):
    """Implement the recognizer port over Amazon Rekognition.

    Records say what exists; a face that Rekognition knows and the records do not is never shown.
    Every change is ordered so that a process that dies in between leaves, at worst, such a face or
    a record without one; `Reconciliation` removes both. No step spans the two.
    """

    def __init__(
        self,
        *,
        calls: RekognitionCalls,
        records: Records,
        doomed: DoomedFaces,
        pictures: Pictures,
        runtime: Runtime,
        default_collection: str,
    ) -> None:
        super().__init__(calls=calls, records=records)
        self._doomed = doomed
        self._pictures = pictures
        self._runtime = runtime
        self._default_collection = default_collection
        self._searching = Searching(calls=calls, records=records, pictures=pictures)

    @property
    def capabilities(self) -> Collection[Capability]:
        """All faces of a picture, by one call a face, and Rekognition's attributes."""
        return frozenset({Capability.SEARCH_ALL_FACES, Capability.AGE_RANGE, Capability.GENDER})

    @property
    def model(self) -> str:
        """Rekognition's; the version is known once there is a collection."""
        found = self._records.get_collection(self._default_collection)
        return MODEL if found is None else found.model

    # collections

    def create_collection(
        self, collection_id: str, tags: Mapping[str, str] | None = None
    ) -> FaceCollection:
        """Create an empty collection; one of ours that only Rekognition has is taken over.

        Raises:
            InvalidParameter: By its name it belongs to another installation.
        """
        require_collection_id(collection_id)
        require_ours(collection_id, self._default_collection)
        exists = Conflict(
            f"The collection id: {collection_id} already exists.", code="collection_exists"
        )
        if self._records.get_collection(collection_id) is not None:
            raise exists
        try:
            version = self._calls.create_collection(collection_id, tags or {})
        except Conflict:
            if self._records.get_collection(collection_id) is not None:
                raise exists from None
            version = str(self._calls.describe_collection(collection_id)["FaceModelVersion"])
        collection = FaceCollection(
            collection_id=collection_id,
            model=to_model(version),
            created_at=self._runtime.now(),
            tags=dict(tags or {}),
        )
        self._records.put_collection(collection)
        return collection

    def delete_collection(self, collection_id: str) -> None:
        """Delete a collection; a call that was cut short can be made again."""
        self._collection(collection_id)
        with contextlib.suppress(NotFound):
            self._calls.delete_collection(collection_id)
        self._records.delete_collection(collection_id)

    # faces

    def index_faces(
        self, request: IndexRequest, finish: Callable[[IndexOutcome], None] | None = None
    ) -> IndexOutcome:
        """Index every face of a picture: Rekognition first, then the records in one step.

        When that step fails the new faces are taken out of Rekognition again.
        """
        collection = self._collection(request.collection_id)
        info = self._pictures.inspect(request.data)
        self._clean_up(request)
        name = (
            {}
            if request.external_image_id is None
            else {"ExternalImageId": request.external_image_id}
        )
        with self._precisely(request.data):
            answer = self._calls.index_faces(
                request.collection_id,
                self._fit(request.data),
                **name,
                MaxFaces=min(request.max_faces, MAX_FACES_IN_ANSWER),
                QualityFilter=request.quality_filter.value,
                DetectionAttributes=["DEFAULT", *sorted(request.attributes)],
            )
        now = self._runtime.now()
        found = [
            to_record(body, request, model=collection.model, now=now)
            for body in answer["FaceRecords"]
        ]
        outcome = IndexOutcome(
            info=info,
            image_id=found[0].image_id if found else name_image_id(request.sha256),
            model=collection.model,
            faces=sorted(found, key=lambda face: -face.detail.box.area),
            left_out=[to_left_out(body) for body in answer.get("UnindexedFaces", ())],
        )
        try:
            kept = self._keep(request, outcome, finish)
        except BaseException as exc:
            lost = isinstance(exc, Busy) and exc.code == IMAGE_BUSY
            self._take_back(request, [face.face_id for face in found], lost=lost)
            raise
        self._clean_up(request)
        return kept

    def _keep(
        self,
        request: IndexRequest,
        outcome: IndexOutcome,
        finish: Callable[[IndexOutcome], None] | None,
    ) -> IndexOutcome:
        """Write everything that the records know of an indexed picture, as one step."""
        ids = [face.face_id for face in outcome.faces]
        gone = [face_id for face_id in request.replaces if face_id not in ids]
        with self._records.unit():
            known = self._records.get_faces(request.collection_id, ids)
            faces = [_with_what_was_known(face, known.get(face.face_id)) for face in outcome.faces]
            kept = replace(outcome, faces=faces)
            if gone:
                self._records.delete_faces(request.collection_id, gone)
                self._doomed.add(request.collection_id, gone, request.image_key)
            self._records.put_faces(faces)
            if finish is not None:
                finish(kept)
        return kept

    def _take_back(self, request: IndexRequest, face_ids: Sequence[str], *, lost: bool) -> None:
        """Remove faces that did not make it into the records; who did, stays.

        A picture that was ``lost`` to somebody else is theirs to change: its faces go when they
        have let go of it. What cannot be done now is left to `Reconciliation`.
        """
        collection_id = request.collection_id
        with contextlib.suppress(FaceplateError):
            if lost:
                self._doomed.add(collection_id, face_ids, request.image_key)
                self._doomed.settle()
                return
            kept = self._records.get_faces(collection_id, face_ids)
            self._calls.remove_faces(
                collection_id, [face_id for face_id in face_ids if face_id not in kept]
            )

    def _clean_up(self, request: IndexRequest) -> None:
        """Remove what earlier calls, of whatever process, have left in Rekognition."""
        with contextlib.suppress(FaceplateError):
            self._doomed.settle(held=(request.collection_id, request.image_key))

    def delete_faces(
        self,
        collection_id: str,
        face_ids: Sequence[str],
        finish: Callable[[Sequence[str]], None] | None = None,
    ) -> Sequence[str]:
        """Delete faces: from Rekognition once the records are ready to follow.

        When the records then fail, faces are listed that no search finds, and the call can be made
        again.
        """
        self._collection(collection_id)
        with self._records.unit():
            gone = self._records.delete_faces(collection_id, face_ids)
            if finish is not None:
                finish(gone)
            self._calls.remove_faces(collection_id, list(face_ids))
        return gone

    def detect_faces(
        self, data: bytes, *, attributes: Collection[str] = ()
    ) -> tuple[PictureInfo, Sequence[FaceDetail]]:
        """Describe the faces of a picture."""
        info = self._pictures.inspect(data)
        with self._precisely(data):
            answer = self._calls.detect_faces(self._fit(data), attributes)
        return info, to_details(answer["FaceDetails"])[:MAX_FACES_IN_ANSWER]

    def compare_faces(
        self,
        source: bytes,
        target: bytes,
        *,
        min_similarity_pct: float,
        quality_filter: QualityFilter = QualityFilter.NONE,
    ) -> CompareOutcome:
        """Compare the largest face of one picture with those of another."""
        for data in (source, target):
            self._pictures.inspect(data)
        with self._precisely(source, target):
            answer = self._calls.compare_faces(
                self._fit(source),
                self._fit(target),
                SimilarityThreshold=min_similarity_pct,
                QualityFilter=quality_filter.value,
            )
        if answer is None:
            raise self._say_which_shows_none(source, target)
        matches = [
            (to_detail(match["Face"]), float(match["Similarity"]))
            for match in answer["FaceMatches"]
        ]
        return CompareOutcome(
            source=to_detail(answer["SourceImageFace"]),
            matches=sorted(matches, key=lambda match: -match[1]),
            unmatched=[to_detail(face) for face in answer.get("UnmatchedFaces", ())],
        )

    def search_image(
        self,
        collection_id: str,
        data: bytes,
        *,
        limit: int,
        min_similarity_pct: float,
        quality_filter: QualityFilter = QualityFilter.NONE,
        all_faces: bool = False,
    ) -> tuple[PictureInfo, Sequence[FaceAnswer]]:
        """Search for the largest face, or by one call each for every face."""
        self._collection(collection_id)
        info = self._pictures.inspect(data)
        search = self._searching.every_face if all_faces else self._searching.largest_face
        with self._precisely(data):
            return info, search(
                collection_id,
                self._fit(data),
                limit=limit,
                min_similarity_pct=min_similarity_pct,
                quality_filter=quality_filter,
            )

    def search_face(
        self, collection_id: str, face_id: str, *, limit: int, min_similarity_pct: float
    ) -> Sequence[FaceMatch]:
        """Search for faces like one of the collection."""
        self._collection(collection_id)
        missing = NotFound("There is no such face in the collection.", code="face_not_found")
        if face_id not in self._records.get_faces(collection_id, [face_id]):
            raise missing

        def search(most: int) -> Sequence[Mapping[str, Any]]:
            answer = self._calls.search_face(
                collection_id, face_id, MaxFaces=most, FaceMatchThreshold=min_similarity_pct
            )
            if answer is None:
                raise missing
            found: Sequence[Mapping[str, Any]] = answer["FaceMatches"]
            return found

        return enough(
            search,
            lambda found: self._searching.matches(collection_id, found),
            limit=limit,
            most=MAX_FACES,
        )

    def searchable(self, collection_id: str, face_ids: Sequence[str]) -> Sequence[str]:
        """Return the faces that Rekognition still holds."""
        if not face_ids:
            return []
        try:
            held = self._calls.existing(collection_id, face_ids)
        except NotFound:
            return []
        return [face_id for face_id in face_ids if face_id in held]

    def face_count(self, collection_id: str) -> int:
        """Return how many faces a collection has, by asking Rekognition rather than counting."""
        try:
            return int(self._calls.describe_collection(collection_id)["FaceCount"])
        except NotFound:
            return 0

    def refresh(self) -> None:
        """Do nothing: nothing is held in memory."""

    def ping(self) -> None:
        """Raise when Rekognition cannot be asked; a collection that is not there yet is fine."""
        with contextlib.suppress(NotFound):
            self._calls.describe_collection(self._default_collection)

    # parts

    def _collection(self, collection_id: str) -> FaceCollection:
        collection = self._records.get_collection(collection_id)
        if collection is None:
            raise NotFound(
                f"The collection id: {collection_id} does not exist.", code="collection_not_found"
            )
        return collection

    def _fit(self, data: bytes) -> bytes:
        """Return the picture as Rekognition takes it: JPEG or PNG, up to 5 MB."""
        return self._pictures.excerpt(data, max_bytes=MAX_IMAGE_BYTES)

    @contextlib.contextmanager
    def _precisely(self, *pictures: bytes) -> Iterator[None]:
        """Say what is wrong with a picture that Rekognition cannot read, as far as we can."""
        try:
            yield
        except InvalidImage as exc:
            if exc.code == "image_corrupt":
                for data in pictures:
                    with contextlib.suppress(Unsupported):
                        self._pictures.decode(data)
            raise

    def _say_which_shows_none(self, source: bytes, target: bytes) -> FaceplateError:
        for image, data in (("source", source), ("target", target)):
            if not self.detect_faces(data)[1]:
                return NoFaceFound(f"The {image} picture shows no face.", details={"image": image})
        return UpstreamFailed("Amazon Rekognition could not compare the faces.")


def _with_what_was_known(face: FaceRecord, known: FaceRecord | None) -> FaceRecord:
    """Keep whose a face is; and where it came from, when it comes without a stored picture."""
    if known is None:
        return face
    if face.image_key is None:
        face = replace(face, image_key=known.image_key, metadata=known.metadata)
    return replace(face, person_id=known.person_id)
