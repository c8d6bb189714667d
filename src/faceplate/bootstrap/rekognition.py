"""Wire what only Amazon Rekognition's own protocol needs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from faceplate.ports.object_source import ObjectSource
from faceplate.services.collections import Collections
from faceplate.services.images import Images
from faceplate.services.intake import BareIndex
from faceplate.services.largest_face import LargestFace
from faceplate.services.local_recognizer import LocalRecognizer
from faceplate.services.page_tokens import PageTokens
from faceplate.services.people import People
from faceplate.services.picture_objects import PictureObjects
from faceplate.services.rekognition import Rekognition
from faceplate.services.requests import Requests
from faceplate.services.secrets import Signer
from faceplate.services.users import Users

if TYPE_CHECKING:
    from faceplate.bootstrap.local import Adapters
    from faceplate.config import Settings


@dataclass(frozen=True, slots=True)
class ProtocolOptions:
    """How the protocol names things, and which buckets it reads.

    ``source`` gives the objects of the buckets in ``s3_buckets``.
    """

    account_id: str = "000000000000"
    bucket: str = "faceplate"
    s3_buckets: Collection[str] = ()
    source: ObjectSource | None = None


def protocol_options(settings: Settings) -> ProtocolOptions:
    """Read the options from the settings; S3 is touched only when a bucket is allowed."""
    wanted = settings.rekognition
    source: ObjectSource | None = None
    if wanted.s3_buckets:
        from faceplate.adapters.aws.object_source import S3ObjectSource

        source = S3ObjectSource()
    return ProtocolOptions(
        account_id=wanted.account_id,
        bucket=wanted.bucket,
        s3_buckets=wanted.s3_buckets,
        source=source,
    )


def assemble_rekognition(
    parts: Adapters,
    options: ProtocolOptions,
    *,
    secret: bytes,
    recognizer: LocalRecognizer,
    collections: Collections,
    images: Images,
    people: People,
) -> Rekognition:
    """Wire the protocol's use cases around those of every edge."""
    users = Users(
        recognizer=recognizer, records=parts.records, people=people, collections=collections
    )
    return Rekognition(
        users=users,
        largest_face=LargestFace(
            engine=parts.engine, pictures=parts.pictures, recognizer=recognizer, users=users
        ),
        bare_index=BareIndex(recognizer=recognizer, records=parts.records),
        objects=PictureObjects(
            images=images,
            local_bucket=options.bucket,
            source=options.source,
            allowed=options.s3_buckets,
        ),
        requests=Requests(
            records=parts.records,
            runtime=parts.runtime,
            space=recognizer.space,
            signer=Signer(secret),
        ),
        page_tokens=PageTokens(secret),
        account_id=options.account_id,
    )
