"""The whole application, as the edges see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faceplate.ports.recognizer import Recognizer
    from faceplate.services.access_keys import AccessKeys
    from faceplate.services.backups import Backups
    from faceplate.services.blob_keeper import BlobKeeper
    from faceplate.services.collections import Collections
    from faceplate.services.faces import Faces
    from faceplate.services.health import Health
    from faceplate.services.images import Images
    from faceplate.services.keys import KeyRing
    from faceplate.services.migration import Migration
    from faceplate.services.people import People
    from faceplate.services.rekognition import Rekognition
    from faceplate.services.text import Text
    from faceplate.services.uploads import Uploads


@dataclass(frozen=True)
class Application:
    """Every use case, wired. ``info`` describes the configuration with secrets masked.

    ``warm_up`` loads the models; ``close`` releases files and may be called twice. ``migration`` is
    None where the recognizer cannot migrate, ``rekognition`` where clients go to Amazon themselves.
    ``repair`` mends what processes that died have left, and says what it did.
    """

    faces: Faces
    images: Images
    people: People
    uploads: Uploads
    text: Text
    keys: KeyRing
    access_keys: AccessKeys
    health: Health
    backups: Backups
    keeper: BlobKeeper
    collections: Collections
    recognizer: Recognizer
    migration: Migration | None
    rekognition: Rekognition | None
    info: Callable[[], Mapping[str, object]]
    warm_up: Callable[[], None]
    close: Callable[[], None]
    repair: Callable[[], Mapping[str, int]] | None = None
