"""Recognise faces on this machine: an engine, vectors in memory, records on disk."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

from faceplate.domain.collections import Collection as FaceCollection
from faceplate.domain.collections import require_collection_id
from faceplate.domain.errors import Conflict, NoFaceFound, NotFound
from faceplate.domain.faces import (
    Embedding,
    FaceDetail,
    FaceMatch,
    QualityFilter,
    Reason,
    SeenFace,
    name_image_id,
)
from faceplate.domain.matching import Calibration
from faceplate.domain.people import PersonMatch
from faceplate.domain.quality import choose, reasons_against
from faceplate.ports.engine import Engine
from faceplate.ports.pictures import PictureInfo, Pictures
from faceplate.ports.recognizer import (
    AssociationOutcome,
    Capability,
    CompareOutcome,
    FaceAnswer,
    IndexOutcome,
    IndexRequest,
)
from faceplate.ports.records import Records
from faceplate.ports.runtime import Runtime
from faceplate.ports.vectors import Vectors
from faceplate.services.face_records import as_known, make_record, places
from faceplate.services.face_space import FaceSpace

MAX_FACES_IN_ANSWER = 100
"""Source: Rekognition's DetectFaces, IndexFaces and CompareFaces look at the 100 largest faces."""


class LocalRecognizer:
    """Implement the recognizer port with everything embedded.

    Durable state lies in ``records``; `FaceSpace` keeps ``vectors`` in step with it, one collection
    at a time, loaded when first used. Reads see every acknowledged write.
    """

    def __init__(
        self,
        *,
        engine: Engine,
        pictures: Pictures,
        vectors: Vectors,
        records: Records,
        runtime: Runtime,
    ) -> None:
        self._engine = engine
        self._pictures = pictures
        self._records = records
        self._runtime = runtime
        self._space = FaceSpace(vectors=vectors, records=records)
        self._creating = threading.Lock()

    @property
    def space(self) -> FaceSpace:
        """The vectors in memory, for use cases that change a collection in one step with it."""
        return self._space

    @property
    def calibration(self) -> Calibration:
        """The engine's curve from cosine to similarity."""
        return self._engine.calibration

    @property
    def capabilities(self) -> Collection[Capability]:
        """All faces of a picture, migration, and what optional models the engine has."""
        optional = {Capability(name.lower()) for name in self._engine.attributes}
        return frozenset({Capability.SEARCH_ALL_FACES, Capability.MIGRATE} | optional)

    @property
    def model(self) -> str:
        """The engine's embedding."""
        return self._engine.model

    @property
    def max_faces_of_person(self) -> None:
        """No limit: a person's vector is a mean."""

    @contextmanager
    def step(self, collection_id: str) -> Iterator[None]:
        """Make all changes of a collection inside the block one step; see the port."""
        with self._space.changing(collection_id), self._records.unit():
            yield

    # collections

    def create_collection(
        self, collection_id: str, tags: Mapping[str, str] | None = None
    ) -> FaceCollection:
        """Create an empty collection for the engine's model."""
        require_collection_id(collection_id)
        with self._creating, self._records.unit():
            if self._records.get_collection(collection_id) is not None:
                raise Conflict(
                    f"The collection id: {collection_id} already exists.", code="collection_exists"
                )
            collection = FaceCollection(
                collection_id=collection_id,
                model=self._engine.model,
                created_at=self._runtime.now(),
                tags=dict(tags or {}),
            )
            self._records.put_collection(collection)
        return collection

    def delete_collection(self, collection_id: str) -> None:
        """Delete a collection, its records and its vectors."""
        with self._space.changing(collection_id):
            if not self._records.delete_collection(collection_id):
                raise _no_collection(collection_id)
            self._space.forget(collection_id)

    # faces

    def index_faces(
        self, request: IndexRequest, finish: Callable[[IndexOutcome], None] | None = None
    ) -> IndexOutcome:
        """Index every face of a picture in one step; see the port."""
        collection = self._collection(request.collection_id)
        picture = self._pictures.decode(request.data)
        seen = self._engine.see(picture.pixels, embed=False, attributes=request.attributes)
        used, left_out = choose(
            seen,
            quality_filter=request.quality_filter,
            max_faces=min(request.max_faces, MAX_FACES_IN_ANSWER),
        )
        embedded = self._engine.embed_only(picture.pixels, used)
        faces = [
            make_record(request, collection.model, place, face, self._runtime.now())
            for place, face in zip(places(seen, used), embedded, strict=True)
        ]
        with self._space.changing(request.collection_id), self._records.unit():
            self.require_same_model(request.collection_id)
            known = self._records.get_faces(request.collection_id, [face.face_id for face in faces])
            faces = [as_known(face, known.get(face.face_id)) for face in faces]
            outcome = IndexOutcome(
                info=picture.info,
                image_id=name_image_id(request.sha256),
                model=collection.model,
                faces=faces,
                left_out=left_out,
            )
            kept = {face.face_id for face in faces}
            gone = [face_id for face_id in request.replaces if face_id not in kept]
            people = self._people_of(request.collection_id, gone)
            self._records.delete_faces(request.collection_id, gone)
            self._records.put_faces(faces)
            if finish is not None:
                finish(outcome)
            self._space.stage(faces, gone, people)
        return outcome

    def delete_faces(
        self,
        collection_id: str,
        face_ids: Sequence[str],
        finish: Callable[[Sequence[str]], None] | None = None,
    ) -> Sequence[str]:
        """Delete faces in one step; see the port."""
        self._collection(collection_id)
        with self._space.changing(collection_id), self._records.unit():
            people = self._people_of(collection_id, face_ids)
            gone = self._records.delete_faces(collection_id, face_ids)
            if finish is not None:
                finish(gone)
            self._space.stage((), gone, people)
        return gone

    def detect_faces(
        self, data: bytes, *, attributes: Collection[str] = ()
    ) -> tuple[PictureInfo, Sequence[FaceDetail]]:
        """Describe the faces of a picture."""
        picture = self._pictures.decode(data)
        seen = self._engine.see(picture.pixels, embed=False, attributes=attributes)
        return picture.info, [face.detail for face in seen[:MAX_FACES_IN_ANSWER]]

    def compare_faces(
        self,
        source: bytes,
        target: bytes,
        *,
        min_similarity_pct: float,
        quality_filter: QualityFilter = QualityFilter.NONE,
    ) -> CompareOutcome:
        """Compare the largest face of one picture with those of another."""
        wanted = self._see(source, quality_filter, largest_only=True, image="source")[0][0]
        others, _ = self._see(target, quality_filter, largest_only=False, image="target")
        scored = sorted(
            ((self._similarity(wanted, other), other) for other in others),
            key=lambda pair: -pair[0],
        )
        return CompareOutcome(
            source=wanted.detail,
            matches=[(face.detail, score) for score, face in scored if score >= min_similarity_pct],
            unmatched=[face.detail for score, face in scored if score < min_similarity_pct],
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
        """Search for the largest or every face of a picture."""
        self.require_same_model(collection_id)
        picture = self._pictures.decode(data)
        seen = self._engine.see(picture.pixels, embed=False)[:MAX_FACES_IN_ANSWER]
        if not seen:
            raise NoFaceFound("The picture shows no face.")
        seen = seen if all_faces else seen[:1]
        refused = [reasons_against(face, quality_filter) for face in seen]
        searched = [face for face, reasons in zip(seen, refused, strict=True) if not reasons]
        embedded = iter(self._engine.embed_only(picture.pixels, searched))
        answers = [
            FaceAnswer(detail=face.detail, faces=(), people=(), reasons=reasons)
            if reasons
            else self._answer(collection_id, next(embedded), limit, min_similarity_pct)
            for face, reasons in zip(seen, refused, strict=True)
        ]
        return picture.info, answers

    def search_face(
        self, collection_id: str, face_id: str, *, limit: int, min_similarity_pct: float
    ) -> Sequence[FaceMatch]:
        """Search for faces like one of the collection."""
        self.require_same_model(collection_id)
        query = self._space.face_vector(collection_id, face_id)
        if query is None:
            raise NotFound("There is no such face in the collection.", code="face_not_found")
        matches = self.matches(collection_id, query, limit + 1, min_similarity_pct)
        return [match for match in matches if match.face.face_id != face_id][:limit]

    def searchable(self, collection_id: str, face_ids: Sequence[str]) -> Sequence[str]:
        """Return the faces that memory or disk still hold a vector of."""
        if self._records.get_collection(collection_id) is None:
            return []
        on_disk = self._records.vectors_of(collection_id, face_ids)
        return [
            face_id
            for face_id in face_ids
            if face_id in on_disk or self._space.face_vector(collection_id, face_id) is not None
        ]

    # people

    def associate_faces(
        self,
        collection_id: str,
        person_id: str,
        face_ids: Sequence[str],
        *,
        min_similarity_pct: float,
    ) -> AssociationOutcome:
        """Make faces a person's."""
        self.require_same_model(collection_id)
        floor = self._engine.calibration.min_cosine(min_similarity_pct)
        return self._space.associate(collection_id, person_id, face_ids, min_cosine=floor)

    def disassociate_faces(
        self, collection_id: str, person_id: str, face_ids: Sequence[str]
    ) -> AssociationOutcome:
        """Take faces from a person."""
        self._collection(collection_id)
        return self._space.disassociate(collection_id, person_id, face_ids)

    def delete_person(self, collection_id: str, person_id: str) -> None:
        """Delete a person and keep the faces."""
        self._collection(collection_id)
        with self._space.changing(collection_id), self._records.unit():
            if not self._records.delete_person(collection_id, person_id):
                raise NotFound("There is no such person.", code="person_not_found")
            self._space.stage((), (), [person_id])

    def refresh(self) -> None:
        """Forget all vectors; they are read again when needed."""
        self._space.forget_all()

    def ping(self) -> None:
        """Check the engine and the records."""
        self._engine.ping()
        self._records.ping()

    # parts

    def _collection(self, collection_id: str) -> FaceCollection:
        collection = self._records.get_collection(collection_id)
        if collection is None:
            raise _no_collection(collection_id)
        return collection

    def require_same_model(self, collection_id: str) -> None:
        """Raise when the engine cannot search the collection, or it is not there.

        Raises:
            NotFound: Code ``collection_not_found``.
            Conflict: Code ``collection_model_mismatch``.
        """
        collection = self._collection(collection_id)
        if collection.model != self._engine.model:
            raise Conflict(
                f"The collection was made with {collection.model} and the engine runs "
                f"{self._engine.model}: migrate it with `faceplate faces migrate`, or configure "
                "the engine it was made with.",
                code="collection_model_mismatch",
                details={"collection": collection.model, "engine": self._engine.model},
            )

    def _people_of(self, collection_id: str, face_ids: Sequence[str]) -> list[str]:
        faces = self._records.get_faces(collection_id, face_ids).values()
        return sorted({face.person_id for face in faces if face.person_id is not None})

    def _see(
        self, data: bytes, quality_filter: QualityFilter, *, largest_only: bool, image: str
    ) -> tuple[Sequence[SeenFace], PictureInfo]:
        picture = self._pictures.decode(data)
        seen = self._engine.see(picture.pixels, embed=False)[:MAX_FACES_IN_ANSWER]
        good = [face for face in seen if not reasons_against(face, quality_filter)]
        if not good:
            raise NoFaceFound(f"The {image} picture shows no face.", details={"image": image})
        chosen = good[:1] if largest_only else good
        return self._engine.embed_only(picture.pixels, chosen), picture.info

    def _similarity(self, one: SeenFace, other: SeenFace) -> float:
        if one.embedding is None or other.embedding is None:
            return 0.0
        return self._engine.calibration.similarity_pct(float(one.embedding @ other.embedding))

    def _answer(
        self, collection_id: str, face: SeenFace, limit: int, min_similarity_pct: float
    ) -> FaceAnswer:
        if face.embedding is None:
            return FaceAnswer(face.detail, (), (), (Reason.LOW_FACE_QUALITY,))
        calibration = self._engine.calibration
        floor = calibration.min_cosine(min_similarity_pct)
        near = self._space.nearest_people(collection_id, face.embedding, limit, floor)
        people = self._records.get_people(collection_id, [person_id for person_id, _ in near])
        return FaceAnswer(
            detail=face.detail,
            faces=self.matches(collection_id, face.embedding, limit, min_similarity_pct),
            people=[
                PersonMatch(people[person_id], calibration.similarity_pct(cosine))
                for person_id, cosine in near
                if person_id in people
            ],
        )

    def matches(
        self, collection_id: str, query: Embedding, limit: int, min_similarity_pct: float
    ) -> list[FaceMatch]:
        """Return the faces of the collection nearest to a faceprint, best first."""
        calibration = self._engine.calibration
        floor = calibration.min_cosine(min_similarity_pct)
        near = self._space.nearest_faces(collection_id, query, limit, floor)
        faces = self._records.get_faces(collection_id, [face_id for face_id, _ in near])
        return [
            FaceMatch(faces[face_id], calibration.similarity_pct(cosine))
            for face_id, cosine in near
            if face_id in faces
        ]


def _no_collection(collection_id: str) -> NotFound:
    return NotFound(
        f"The collection id: {collection_id} does not exist.", code="collection_not_found"
    )
