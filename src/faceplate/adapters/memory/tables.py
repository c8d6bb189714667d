"""The state of `MemoryRecords`: plain dictionaries that are copied, changed and swapped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np

from faceplate.domain.collections import Collection
from faceplate.domain.errors import StorageCorrupt
from faceplate.domain.faces import Embedding, FaceRecord
from faceplate.domain.images import StoredImage
from faceplate.domain.people import AuditEntry, Person
from faceplate.domain.request_tokens import RequestToken
from faceplate.domain.uploads import Upload

_MAGIC = b"faceplate-memory-1\n"

Key = tuple[str, str]
"""(collection_id, id or key of the thing)."""


@dataclass(slots=True)
class Tables:
    """Everything that is kept. A published instance is never changed again."""

    collections: dict[str, Collection] = field(default_factory=dict)
    faces: dict[Key, FaceRecord] = field(default_factory=dict)
    vectors: dict[Key, tuple[str, Embedding]] = field(default_factory=dict)
    images: dict[Key, StoredImage] = field(default_factory=dict)
    people: dict[Key, Person] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    tokens: dict[Key, RequestToken] = field(default_factory=dict)
    audit: list[AuditEntry] = field(default_factory=list)

    def copy(self) -> Tables:
        """Return tables that can be changed without this one noticing."""
        return Tables(
            collections=dict(self.collections),
            faces=dict(self.faces),
            vectors=dict(self.vectors),
            images=dict(self.images),
            people=dict(self.people),
            uploads=dict(self.uploads),
            tokens=dict(self.tokens),
            audit=list(self.audit),
        )

    def forget_collection(self, collection_id: str) -> bool:
        """Take out a collection and all that is in it; tell whether it was there."""
        if self.collections.pop(collection_id, None) is None:
            return False
        for table in (self.faces, self.vectors, self.images, self.people):
            for key in [key for key in table if key[0] == collection_id]:
                del table[key]
        for upload in list(self.uploads.values()):
            if upload.collection_id == collection_id:
                del self.uploads[upload.upload_id]
        for token, kept in list(self.tokens.items()):
            if kept.collection_id == collection_id:
                del self.tokens[token]
        return True


class _Backup(msgspec.Struct):
    """What a backup file holds."""

    collections: Sequence[Collection]
    faces: Sequence[FaceRecord]
    vectors: Sequence[tuple[str, str, str, bytes]]
    images: Sequence[StoredImage]
    people: Sequence[Person]
    uploads: Sequence[Upload]
    tokens: Sequence[RequestToken]
    audit: Sequence[AuditEntry]


def _refuse_arrays(_kind: type, _value: Any) -> Any:
    raise msgspec.ValidationError("faces of a backup carry no vectors")


def dump_tables(tables: Tables) -> bytes:
    """Render all tables as bytes that `load_tables` reads."""
    backup = _Backup(
        collections=list(tables.collections.values()),
        faces=list(tables.faces.values()),
        vectors=[
            (collection_id, face_id, model, vector.astype("<f4").tobytes())
            for (collection_id, face_id), (model, vector) in tables.vectors.items()
        ],
        images=list(tables.images.values()),
        people=list(tables.people.values()),
        uploads=list(tables.uploads.values()),
        tokens=list(tables.tokens.values()),
        audit=tables.audit,
    )
    return _MAGIC + msgspec.msgpack.encode(backup)


def load_tables(data: bytes) -> Tables:
    """Read back what `dump_tables` wrote.

    Raises:
        StorageCorrupt: Something else.
    """
    if not data.startswith(_MAGIC):
        raise StorageCorrupt("The file is not a backup of this store.")
    try:
        backup = msgspec.msgpack.decode(data[len(_MAGIC) :], type=_Backup, dec_hook=_refuse_arrays)
    except msgspec.MsgspecError as exc:
        raise StorageCorrupt("The backup is damaged.") from exc
    return Tables(
        collections={one.collection_id: one for one in backup.collections},
        faces={(one.collection_id, one.face_id): one for one in backup.faces},
        vectors={
            (collection_id, face_id): (model, np.frombuffer(raw, "<f4").astype(np.float32))
            for collection_id, face_id, model, raw in backup.vectors
        },
        images={(one.collection_id, one.key): one for one in backup.images},
        people={(one.collection_id, one.person_id): one for one in backup.people},
        uploads={one.upload_id: one for one in backup.uploads},
        tokens={(one.caller, one.token): one for one in backup.tokens},
        audit=list(backup.audit),
    )
