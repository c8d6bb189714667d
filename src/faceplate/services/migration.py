"""Move a collection to another model by embedding its stored pictures again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from faceplate.domain.collections import Collection
from faceplate.domain.errors import FaceplateError, NotFound
from faceplate.domain.faces import FaceRecord, SeenFace
from faceplate.domain.images import StoredImage
from faceplate.ports.blobs import Blobs
from faceplate.ports.engine import Engine
from faceplate.ports.pictures import Pictures
from faceplate.ports.recognizer import Recognizer
from faceplate.ports.records import Records
from faceplate.ports.runtime import Runtime

_PAGE = 200
_MIN_OVERLAP = 0.5


@dataclass(frozen=True, slots=True)
class MigrationReport:
    """Faces that have a new vector, and FaceIds that could not get one (their picture is gone)."""

    model: str
    migrated: int
    lost: Sequence[str]


class Migration:
    """Re-embed a collection with the engine that runs now, keeping FaceIds and people.

    New vectors are gathered in a staging collection, so that the collection can be searched with
    its old model until the last step swaps all of them at once. An interrupted migration goes on
    where it stopped.
    """

    def __init__(
        self,
        *,
        engine: Engine,
        pictures: Pictures,
        records: Records,
        blobs: Blobs,
        recognizer: Recognizer,
        runtime: Runtime,
    ) -> None:
        self._engine = engine
        self._pictures = pictures
        self._records = records
        self._blobs = blobs
        self._recognizer = recognizer
        self._runtime = runtime

    def run(
        self, collection_id: str, *, progress: Callable[[int, int], None] = lambda _, __: None
    ) -> MigrationReport:
        """Give every face of the collection a vector of the engine's model.

        Args:
            collection_id: The collection to move.
            progress: Called with (pictures done, pictures in all).
        """
        collection = self._records.get_collection(collection_id)
        if collection is None:
            raise NotFound("There is no such collection.", code="collection_not_found")
        if collection.model == self._engine.model:
            return MigrationReport(self._engine.model, 0, ())
        staging = self._staging(collection)
        total = self._records.size(collection_id).images
        done = 0
        token: str | None = None
        while True:
            page = self._records.list_images(collection_id, limit=_PAGE, token=token)
            for image in page.items:
                self._stage(staging, image)
                done += 1
                progress(done, total)
            token = page.next_token
            if token is None:
                break
        return self._swap(collection, staging)

    def _staging(self, collection: Collection) -> str:
        name = f"{collection.collection_id[:180]}.migrating-to.{self._engine.model}"
        name = name.replace("@", "-")
        if self._records.get_collection(name) is None:
            self._records.put_collection(
                Collection(name, self._engine.model, self._runtime.now(), {})
            )
        return name

    def _stage(self, staging: str, image: StoredImage) -> None:
        if image.blob_name is None:
            return
        done = self._records.get_image(staging, image.key)
        if done is not None and done.sha256 == image.sha256:
            return
        kept = self._records.faces_of_image(image.collection_id, image.key)
        try:
            pixels = self._pictures.decode(self._blobs.get(image.blob_name)).pixels
        except FaceplateError:
            return  # counted as lost: the swap finds no staged vector for these faces
        seen = self._engine.see(pixels, embed=False)
        pairs = [(face, match) for face in kept if (match := _same_face(face, seen)) is not None]
        embedded = self._engine.embed_only(pixels, [match for _, match in pairs])
        with self._records.unit():
            self._records.put_faces(
                [
                    replace(
                        face,
                        collection_id=staging,
                        model=self._engine.model,
                        embedding=match.embedding,
                        person_id=None,
                    )
                    for (face, _), match in zip(pairs, embedded, strict=True)
                ]
            )
            self._records.put_image(replace(image, collection_id=staging, blob_name=None))

    def _swap(self, collection: Collection, staging: str) -> MigrationReport:
        lost: list[str] = []
        migrated = 0
        with self._records.unit():
            token: str | None = None
            while True:
                page = self._records.list_faces(collection.collection_id, limit=_PAGE, token=token)
                ids = [face.face_id for face in page.items]
                vectors = self._records.vectors_of(staging, ids)
                ready = [
                    replace(face, model=self._engine.model, embedding=vectors[face.face_id])
                    for face in page.items
                    if face.face_id in vectors
                ]
                self._records.put_faces(ready)
                migrated += len(ready)
                lost.extend(face_id for face_id in ids if face_id not in vectors)
                token = page.next_token
                if token is None:
                    break
            self._records.put_collection(replace(collection, model=self._engine.model))
            self._records.delete_collection(staging)
        self._recognizer.refresh()
        return MigrationReport(self._engine.model, migrated, lost)


def _same_face(face: FaceRecord, seen: Sequence[SeenFace]) -> SeenFace | None:
    best = max(seen, key=lambda other: face.detail.box.overlap(other.detail.box), default=None)
    if best is None or face.detail.box.overlap(best.detail.box) < _MIN_OVERLAP:
        return None
    return best
