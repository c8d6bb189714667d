"""The application on AWS: Rekognition, S3, DynamoDB, and API Gateway in front.

Nothing is asked of AWS, and no client is made, before the first request needs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from faceplate import __version__
from faceplate.adapters.aws.blobs import S3BlobStore
from faceplate.adapters.aws.clients import AwsClients, CallLimits
from faceplate.adapters.aws.doomed import DoomedFaces
from faceplate.adapters.aws.keys import GatewayKeys
from faceplate.adapters.aws.leases import DynamoLeases
from faceplate.adapters.aws.recognizer import RekognitionRecognizer
from faceplate.adapters.aws.reconciliation import Reconciliation
from faceplate.adapters.aws.records import DynamoRecords
from faceplate.adapters.aws.rekognition import RekognitionCalls
from faceplate.adapters.aws.secret import installation_secret
from faceplate.adapters.aws.table import DynamoTable
from faceplate.adapters.aws.upload_box import S3UploadBox
from faceplate.adapters.aws.usage import DynamoUsage
from faceplate.adapters.pillow.plain import PlainPictures
from faceplate.adapters.system.runtime import SystemRuntime
from faceplate.domain.errors import Misconfigured, Unsupported
from faceplate.domain.matching import PRESET_MEANING, PRESET_MIN_SIMILARITY_PCT
from faceplate.ports.chat import Chat
from faceplate.ports.runtime import Runtime
from faceplate.services.access_keys import AccessKeys
from faceplate.services.application import Application
from faceplate.services.backups import Backups
from faceplate.services.blob_keeper import BlobKeeper
from faceplate.services.collections import Collections
from faceplate.services.deferred_chat import DeferredChat
from faceplate.services.faces import Faces
from faceplate.services.health import Health
from faceplate.services.images import Images
from faceplate.services.keys import KeyRing, Limits
from faceplate.services.people import People
from faceplate.services.secrets import AccessSecrets, Pseudonyms, Secret, Signer
from faceplate.services.text import Text
from faceplate.services.text_parts import assemble_text
from faceplate.services.uploads import Uploads

if TYPE_CHECKING:
    from faceplate.config import Settings

NO_CHAT = "none"


class AwsParts:
    """The adapters of one installation on AWS; made without asking anything of it.

    Raises:
        Misconfigured: The bucket or the table is not named.
    """

    def __init__(
        self,
        settings: Settings,
        clients: AwsClients | None = None,
        runtime: Runtime | None = None,
    ) -> None:
        bucket, table = settings.aws.bucket, settings.aws.table
        if not bucket or not table:
            raise Misconfigured(
                "Set FACEPLATE_AWS__BUCKET and FACEPLATE_AWS__TABLE to what Terraform printed.",
                code="setting_invalid",
            )
        self.clients = clients or AwsClients(CallLimits(attempts=settings.aws.attempts))
        self.runtime = runtime or SystemRuntime()
        self.table = DynamoTable(self.clients, table)
        self.records = DynamoRecords(self.table, bucket=bucket)
        self.blobs = S3BlobStore(self.clients, bucket)
        self.box = S3UploadBox(self.clients, bucket)
        self.leases = DynamoLeases(self.table, self.runtime)
        self.keys = GatewayKeys()
        self.usage = DynamoUsage(self.table)
        self.calls = RekognitionCalls(self.clients)
        self.doomed = DoomedFaces(self.table, self.records, self.calls, self.leases)
        self.pictures = PlainPictures(
            max_bytes=settings.max_image_bytes, max_pixels=settings.max_image_pixels
        )
        self.recognizer = RekognitionRecognizer(
            calls=self.calls,
            records=self.records,
            doomed=self.doomed,
            pictures=self.pictures,
            runtime=self.runtime,
            default_collection=settings.collection,
        )
        self.reconciliation = Reconciliation(
            table=self.table,
            records=self.records,
            calls=self.calls,
            doomed=self.doomed,
            leases=self.leases,
            default_collection=settings.collection,
        )


def build_aws(settings: Settings, parts: AwsParts | None = None) -> Application:
    """Wire the application that the settings describe; the caller closes it.

    Raises:
        Misconfigured: A setting does not fit.
    """
    parts = parts or AwsParts(settings)
    records, runtime, recognizer = parts.records, parts.runtime, parts.recognizer
    secret = cache(lambda: installation_secret(parts.table))
    keeper = BlobKeeper(blobs=parts.blobs, records=records, leases=parts.leases)
    faces, images = _faces(settings, parts, keeper)
    ring, access_keys = _key_services(settings, parts, secret)
    text = _text(settings, parts, ring)
    uploads = Uploads(
        records=records,
        runtime=runtime,
        faces=faces,
        signer=Signer(secret),
        box=parts.box,
        max_bytes=settings.max_image_bytes,
    )
    return Application(
        faces=faces,
        text=text,
        images=images,
        people=People(
            recognizer=recognizer,
            records=records,
            runtime=runtime,
            faces=faces,
            images=images,
            pseudonyms=Pseudonyms(secret),
        ),
        uploads=uploads,
        keys=ring,
        access_keys=access_keys,
        health=_health(parts, text),
        backups=Backups(records=records, blobs=parts.blobs, keeper=keeper, recognizer=recognizer),
        keeper=keeper,
        collections=Collections(recognizer=recognizer, records=records, keeper=keeper),
        recognizer=recognizer,
        migration=None,
        rekognition=None,
        info=lambda: _info(settings, parts),
        warm_up=lambda: None,
        close=lambda: _close(parts),
        repair=lambda: _repair(parts, keeper, uploads),
    )


def _faces(settings: Settings, parts: AwsParts, keeper: BlobKeeper) -> tuple[Faces, Images]:
    faces = Faces(
        recognizer=parts.recognizer,
        records=parts.records,
        pictures=parts.pictures,
        runtime=parts.runtime,
        keeper=keeper,
        default_collection=settings.collection,
    )
    images = Images(
        recognizer=parts.recognizer,
        records=parts.records,
        blobs=parts.blobs,
        pictures=parts.pictures,
        keeper=keeper,
        default_collection=settings.collection,
        box=parts.box,
    )
    return faces, images


def _key_services(
    settings: Settings, parts: AwsParts, secret: Secret
) -> tuple[KeyRing, AccessKeys]:
    access_secrets = AccessSecrets(secret)
    ring = KeyRing(
        keys=parts.keys, runtime=parts.runtime, limits=Limits(), access_secrets=access_secrets
    )
    if settings.api_key is not None:
        ring.accept("env", settings.api_key.get_secret_value(), limited=False)
    access_keys = AccessKeys(
        ring=ring, keys=parts.keys, runtime=parts.runtime, access_secrets=access_secrets
    )
    return ring, access_keys


def _text(settings: Settings, parts: AwsParts, ring: KeyRing) -> Text:
    from faceplate.bootstrap.text import settings_providers, text_parts

    chat = None if settings_providers(settings) else _no_chat()
    return assemble_text(
        text_parts(settings, parts.usage, chat), ring=ring, keys=parts.keys, runtime=parts.runtime
    )


def _no_chat() -> Chat:
    """Stand where no language model is named: there is no embedded one on AWS."""

    def refuse() -> Chat:
        raise Unsupported(
            "No language model is named: set FACEPLATE_CHAT__BASE_URL.", code="surface_unsupported"
        )

    return DeferredChat(refuse, name=NO_CHAT, surfaces=frozenset())


def _health(parts: AwsParts, text: Text) -> Health:
    pings = {
        "records": parts.records.ping,
        "blobs": parts.blobs.ping,
        "keys": parts.keys.ping,
        "recognizer": parts.recognizer.ping,
        "usage": text.meter.ping,
    }
    return Health(pings if text.chat.name == NO_CHAT else {**pings, "chat": text.ping})


def _info(settings: Settings, parts: AwsParts) -> dict[str, object]:
    from faceplate.config import Settings, describe_settings, load_settings

    # A function has read its own few settings; telling of all of them takes the long way.
    whole = settings if isinstance(settings, Settings) else load_settings()

    return {
        "name": "faceplate",
        "version": __version__,
        "mode": settings.mode,
        "model": parts.recognizer.model,
        "capabilities": sorted(parts.recognizer.capabilities),
        "presets": {
            preset.value: {"min_similarity": floor, "meaning": PRESET_MEANING[preset]}
            for preset, floor in PRESET_MIN_SIMILARITY_PCT.items()
        },
        "collection": {
            "collection_id": settings.collection,
            "faces": parts.recognizer.face_count(settings.collection),
            **parts.records.counts_beside_faces(settings.collection),
        },
        "settings": describe_settings(whole),
    }


def _repair(parts: AwsParts, keeper: BlobKeeper, uploads: Uploads) -> Mapping[str, int]:
    done = dict(parts.reconciliation.run())
    swept = {"files_removed": keeper.sweep(), "uploads_forgotten": uploads.forget_old()}
    return {**done, **{name: number for name, number in swept.items() if number}}


def _close(parts: AwsParts) -> None:
    parts.records.close()
    parts.clients.close()
