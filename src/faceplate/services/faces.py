"""Index, search, compare and detect, with the pictures kept."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from faceplate.domain.collections import require_collection_id
from faceplate.domain.errors import Busy, Conflict, InvalidParameter, NotFound
from faceplate.domain.faces import (
    FaceDetail,
    FaceMatch,
    FaceRecord,
    LeftOutFace,
    QualityFilter,
)
from faceplate.domain.images import StoredImage, encode_external_image_id, require_image_key
from faceplate.domain.matching import resolve_min_similarity_pct
from faceplate.domain.paging import Page
from faceplate.domain.people import ErasureProof
from faceplate.ports.pictures import PictureInfo, Pictures
from faceplate.ports.recognizer import (
    CompareOutcome,
    FaceAnswer,
    IndexOutcome,
    IndexRequest,
    Recognizer,
)
from faceplate.ports.records import QueryResult, Records
from faceplate.ports.runtime import Runtime
from faceplate.services.blob_keeper import BlobKeeper

MAX_METADATA_BYTES = 2048
"""Source: Amazon S3's limit for user-defined metadata of one object."""


@dataclass(frozen=True, slots=True)
class IndexedImage:
    """The stored picture, its faces and what was left out. ``change``: new, same or replaced."""

    image: StoredImage
    faces: Sequence[FaceRecord]
    left_out: Sequence[LeftOutFace]
    change: str


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """What a search found. ``min_similarity_pct`` is the bar that was applied."""

    info: PictureInfo
    answers: Sequence[FaceAnswer]
    min_similarity_pct: float


@dataclass(frozen=True, slots=True)
class IndexOptions:
    """How to index; a change of these re-indexes the same bytes."""

    max_faces: int = 100
    quality_filter: QualityFilter = QualityFilter.AUTO
    attributes: Collection[str] = field(default=())

    def __str__(self) -> str:
        return f"{self.max_faces}/{self.quality_filter}/{'+'.join(sorted(self.attributes))}"


class Faces:
    """The face service, the same in every mode.

    A stored picture is named by (collection, key). Its bytes go to the blob store first, under a
    name of their own; its record, faces and vectors then change in one step; bytes that nothing
    refers to any more are removed last, and by `BlobKeeper.sweep` after a crash.
    """

    def __init__(
        self,
        *,
        recognizer: Recognizer,
        records: Records,
        pictures: Pictures,
        runtime: Runtime,
        keeper: BlobKeeper,
        default_collection: str,
    ) -> None:
        self._recognizer = recognizer
        self._records = records
        self._pictures = pictures
        self._runtime = runtime
        self._keeper = keeper
        self.default_collection = require_collection_id(default_collection)

    def ensure_collection(self, collection_id: str) -> None:
        """Create the collection unless it is there."""
        if self._records.get_collection(collection_id) is None:
            with suppress(Conflict):  # somebody else was faster
                self._recognizer.create_collection(collection_id)

    def index(
        self,
        key: str,
        data: bytes,
        *,
        collection_id: str | None = None,
        metadata: Mapping[str, str] | None = None,
        options: IndexOptions | None = None,
    ) -> IndexedImage:
        """Store a picture under a key and index every face of it, all or nothing.

        Same key and bytes: the same FaceIds again. Same key, other bytes: the new picture and
        faces take the place of the old ones in one step. A picture without a face is stored, with a
        warning.

        Raises:
            InvalidImage, ImageTooLarge: The bytes are not a picture within the limits.
            InvalidParameter: The key or the metadata break a rule.
            StorageFull: Nothing was changed.
            Busy: Somebody else has changed the picture meanwhile (code ``image_busy``).
        """
        collection_id = require_collection_id(collection_id or self.default_collection)
        options = options or IndexOptions()
        external_id = encode_external_image_id(require_image_key(key))
        metadata = require_metadata(metadata or {})
        self._pictures.inspect(data)
        self.ensure_collection(collection_id)
        sha256 = hashlib.sha256(data).hexdigest()
        with self._keeper.changing(collection_id, key):
            old = self._records.get_image(collection_id, key)
            old_faces = self._records.faces_of_image(collection_id, key) if old else []
            request = IndexRequest(
                collection_id=collection_id,
                data=data,
                sha256=sha256,
                external_image_id=external_id,
                image_key=key,
                metadata=metadata,
                max_faces=options.max_faces,
                quality_filter=options.quality_filter,
                attributes=options.attributes,
                replaces=[face.face_id for face in old_faces],
            )
            stored: list[StoredImage] = []
            with self._keeper.keeping(collection_id, key, sha256, data) as blob_name:

                def finish(outcome: IndexOutcome) -> None:
                    self._require_unchanged(collection_id, key, old)
                    image = self._describe(request, outcome, len(data), blob_name, str(options))
                    self._records.put_image(image)
                    stored.append(image)

                outcome = self._recognizer.index_faces(request, finish)
            if old is not None and old.blob_name not in {None, blob_name}:
                self._keeper.drop(old.blob_name)
        change = "new"
        if old is not None:
            change = "same" if old.sha256 == sha256 else "replaced"
        return IndexedImage(stored[-1], outcome.faces, outcome.left_out, change)

    def is_indexed(
        self,
        key: str,
        sha256: str,
        *,
        collection_id: str | None = None,
        options: IndexOptions | None = None,
    ) -> bool:
        """Tell whether these bytes are indexed under this key with these options already."""
        image = self._records.get_image(collection_id or self.default_collection, key)
        return (
            image is not None
            and image.sha256 == sha256
            and image.options == str(options or IndexOptions())
            and image.blob_name is not None
        )

    def search(
        self,
        data: bytes,
        *,
        collection_id: str | None = None,
        limit: int = 10,
        min_similarity: float | str | None = None,
        quality_filter: QualityFilter = QualityFilter.NONE,
        all_faces: bool = False,
    ) -> SearchAnswer:
        """Say who is in a picture: its largest face, or every face; unknown is an answer.

        Args:
            data: The picture's bytes.
            collection_id: Where to look; an empty collection answers unknown.
            limit: At most so many faces and people for each face searched, 1 to 4096.
            min_similarity: 0 to 100 or the name of a preset.
            quality_filter: Faces below it are answered with reasons and not searched.
            all_faces: Search every face rather than the largest.

        Raises:
            NoFaceFound: The picture shows no face.
        """
        collection_id = collection_id or self.default_collection
        if not 1 <= limit <= 4096:
            raise InvalidParameter("limit must be from 1 to 4096.", parameter="limit")
        floor = resolve_min_similarity_pct(min_similarity)
        if collection_id == self.default_collection:
            self.ensure_collection(collection_id)
        info, answers = self._recognizer.search_image(
            collection_id,
            data,
            limit=limit,
            min_similarity_pct=floor,
            quality_filter=quality_filter,
            all_faces=all_faces,
        )
        return SearchAnswer(info, answers, floor)

    def similar(
        self,
        face_id: str,
        *,
        collection_id: str | None = None,
        limit: int = 10,
        min_similarity: float | str | None = None,
    ) -> Sequence[FaceMatch]:
        """Return faces like one that is kept, best first."""
        return self._recognizer.search_face(
            collection_id or self.default_collection,
            face_id,
            limit=limit,
            min_similarity_pct=resolve_min_similarity_pct(min_similarity),
        )

    def inspect(self, data: bytes) -> PictureInfo:
        """Read a picture's header alone and check it against every limit.

        Raises:
            InvalidImage, ImageTooLarge: It is not a picture within the limits.
        """
        return self._pictures.inspect(data)

    def detect(
        self, data: bytes, *, attributes: Collection[str] = ()
    ) -> tuple[PictureInfo, Sequence[FaceDetail]]:
        """Describe every face of a picture; nothing is kept."""
        return self._recognizer.detect_faces(data, attributes=attributes)

    def compare(
        self,
        source: bytes,
        target: bytes,
        *,
        min_similarity: float | str | None = None,
        quality_filter: QualityFilter = QualityFilter.NONE,
    ) -> CompareOutcome:
        """Compare the largest face of one picture with every face of another; nothing is kept."""
        return self._recognizer.compare_faces(
            source,
            target,
            min_similarity_pct=resolve_min_similarity_pct(min_similarity),
            quality_filter=quality_filter,
        )

    # faces that are kept

    def list_faces(
        self,
        *,
        collection_id: str | None = None,
        limit: int = 100,
        token: str | None = None,
        image_key: str | None = None,
        person_id: str | None = None,
        face_ids: Sequence[str] | None = None,
    ) -> Page[FaceRecord]:
        """List kept faces by FaceId."""
        return self._records.list_faces(
            collection_id or self.default_collection,
            limit=limit,
            token=token,
            image_key=image_key,
            person_id=person_id,
            face_ids=face_ids,
        )

    def get_face(self, face_id: str, *, collection_id: str | None = None) -> FaceRecord:
        """Return one kept face."""
        found = self._records.get_faces(collection_id or self.default_collection, [face_id])
        if face_id not in found:
            raise NotFound("There is no such face.", code="face_not_found")
        return found[face_id]

    def delete_face(self, face_id: str, *, collection_id: str | None = None) -> ErasureProof:
        """Delete a face with its vector and prove it; its picture stays."""
        collection_id = collection_id or self.default_collection
        self.get_face(face_id, collection_id=collection_id)
        before = self._face_counts(collection_id, [face_id])
        self._recognizer.delete_faces(collection_id, [face_id])
        return ErasureProof(before, self._face_counts(collection_id, [face_id]))

    def query(
        self, statement: str, *, collection_id: str | None = None, limit: int = 100
    ) -> QueryResult:
        """Run one read-only statement over the records of the collection's faces."""
        return self._records.query(collection_id or self.default_collection, statement, limit=limit)

    # parts

    def _require_unchanged(self, collection_id: str, key: str, old: StoredImage | None) -> None:
        """Refuse to write over what somebody else was told is theirs.

        A lease runs out, and a process that was frozen meanwhile does not notice.
        """
        if self._records.get_image(collection_id, key) != old:
            raise Busy("Somebody else has changed this picture.", code="image_busy")

    def _face_counts(self, collection_id: str, face_ids: Sequence[str]) -> dict[str, int]:
        return {
            "faces": len(self._records.get_faces(collection_id, face_ids)),
            "vectors": len(self._recognizer.searchable(collection_id, face_ids)),
        }

    def _describe(
        self,
        request: IndexRequest,
        outcome: IndexOutcome,
        size_bytes: int,
        blob_name: str,
        options: str,
    ) -> StoredImage:
        key = request.image_key or ""
        twins = self._records.images_with_sha256(request.collection_id, request.sha256)
        warnings = []
        if not outcome.faces:
            warnings.append("faces_left_out" if outcome.left_out else "no_face")
        elif len(outcome.faces) + len(outcome.left_out) > 1:
            warnings.append("several_faces")
        if any(twin != key for twin in twins):
            warnings.append("duplicate_image")
        return StoredImage(
            collection_id=request.collection_id,
            key=key,
            sha256=request.sha256,
            size_bytes=size_bytes,
            content_type=outcome.info.media_type,
            width_px=outcome.info.width_px,
            height_px=outcome.info.height_px,
            image_id=outcome.image_id,
            blob_name=blob_name,
            model=outcome.model,
            created_at=self._runtime.now(),
            options=options,
            metadata=dict(request.metadata),
            warnings=tuple(warnings),
        )


def require_metadata(metadata: Mapping[str, str]) -> dict[str, str]:
    """Return a copy; raise `InvalidParameter` when a picture may not carry so much."""
    try:
        size_bytes = sum(
            len(name.encode("utf-8")) + len(value.encode("utf-8"))
            for name, value in metadata.items()
        )
    except UnicodeEncodeError as exc:
        raise InvalidParameter("Metadata must be Unicode text.", parameter="metadata") from exc
    if size_bytes > MAX_METADATA_BYTES:
        raise InvalidParameter(
            f"Metadata may have at most {MAX_METADATA_BYTES} bytes, names and values together.",
            parameter="metadata",
        )
    return dict(metadata)
