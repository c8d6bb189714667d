"""The application with everything embedded: where its ports meet their adapters."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from faceplate import __version__
from faceplate.adapters.exact.vectors import ExactVectors
from faceplate.adapters.files.blobs import FileBlobs
from faceplate.adapters.files.lock import DataFolderLock
from faceplate.adapters.files.secret import installation_secret
from faceplate.adapters.pillow.pictures import PillowPictures
from faceplate.adapters.sqlite.connection import Database
from faceplate.adapters.sqlite.keys import SqliteKeys
from faceplate.adapters.sqlite.records import SqliteRecords
from faceplate.adapters.sqlite.usage import SqliteUsage
from faceplate.adapters.system.runtime import SystemRuntime
from faceplate.bootstrap.rekognition import (
    ProtocolOptions,
    assemble_rekognition,
    protocol_options,
)
from faceplate.bootstrap.text import text_parts
from faceplate.config import Settings, describe_settings
from faceplate.domain.errors import StorageCorrupt
from faceplate.domain.matching import PRESET_MEANING, PRESET_MIN_SIMILARITY_PCT
from faceplate.http.options import HttpOptions
from faceplate.ports.blobs import Blobs
from faceplate.ports.engine import Engine
from faceplate.ports.keys import Keys
from faceplate.ports.pictures import Pictures
from faceplate.ports.records import Records
from faceplate.ports.runtime import Runtime
from faceplate.ports.vectors import Vectors
from faceplate.services.access_keys import AccessKeys
from faceplate.services.application import Application
from faceplate.services.backups import Backups
from faceplate.services.blob_keeper import PREFIX, BlobKeeper
from faceplate.services.collections import Collections
from faceplate.services.faces import Faces
from faceplate.services.health import Health
from faceplate.services.images import Images
from faceplate.services.keys import KeyRing, Limits
from faceplate.services.local_recognizer import LocalRecognizer
from faceplate.services.migration import Migration
from faceplate.services.people import People
from faceplate.services.secrets import AccessSecrets, Pseudonyms, Signer
from faceplate.services.text import Text
from faceplate.services.text_parts import TextParts, assemble_text
from faceplate.services.uploads import Uploads

if TYPE_CHECKING:
    from faceplate.adapters.onnx.weights import EmbeddingChoice, Weights

RECORDS_FILE = "faceplate.db"
KEYS_FILE = "keys.db"


def build(settings: Settings) -> Application:
    """Wire the application that the settings describe; the caller closes it.

    Raises:
        DataFolderInUse: Another process owns the data folder.
        StorageCorrupt: The database is damaged, or gone while pictures are there; nothing was
            changed.
        Misconfigured: A setting does not fit.
    """
    if settings.mode == "aws":
        from faceplate.bootstrap.aws import build_aws

        return build_aws(settings)
    with contextlib.ExitStack() as stack:
        folder = settings.data_dir
        stack.enter_context(contextlib.closing(DataFolderLock(folder)))
        _require_records_of_pictures(folder)
        # Keys lie apart, so that restoring a backup never revives a revoked one.
        records = stack.enter_context(contextlib.closing(Database(folder / RECORDS_FILE)))
        keys = stack.enter_context(contextlib.closing(Database(folder / KEYS_FILE)))
        parts = Adapters(
            records=SqliteRecords(records),
            keys=SqliteKeys(keys),
            text=text_parts(settings, SqliteUsage(keys)),
            blobs=FileBlobs(folder / "blobs"),
            vectors=ExactVectors(),
            pictures=PillowPictures(
                max_bytes=settings.max_image_bytes, max_pixels=settings.max_image_pixels
            ),
            engine=_engine(settings),
            runtime=SystemRuntime(),
        )
        application = assemble(
            parts,
            secret=installation_secret(folder),
            default_collection=settings.collection,
            limits=_limits(settings),
            protocol=protocol_options(settings),
            describe=lambda: _describe(settings),
            on_close=stack.pop_all().close,
        )
    if settings.api_key is not None:
        application.keys.accept("env", settings.api_key.get_secret_value(), limited=True)
    _accept_access_key(application, settings)
    return application


def _accept_access_key(application: Application, settings: Settings) -> None:
    given = settings.rekognition
    if given.access_key_id is None or given.secret_access_key is None:
        return
    token = given.session_token
    application.access_keys.accept(
        "env",
        given.access_key_id,
        given.secret_access_key.get_secret_value(),
        None if token is None else token.get_secret_value(),
    )


def _require_records_of_pictures(folder: Path) -> None:
    # With a new database in place of a lost one, every picture would be swept as a leftover.
    if not (folder / RECORDS_FILE).exists() and any((folder / "blobs").glob(f"{PREFIX}*")):
        raise StorageCorrupt(
            f"The data folder holds pictures and no {RECORDS_FILE}. Put that file back, or move "
            "the folder away and restore a backup."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapters:
    """One adapter for every port."""

    records: Records
    keys: Keys
    text: TextParts
    blobs: Blobs
    vectors: Vectors
    pictures: Pictures
    engine: Engine
    runtime: Runtime


def assemble(
    parts: Adapters,
    *,
    secret: bytes,
    default_collection: str = "faceplate",
    limits: Limits | None = None,
    protocol: ProtocolOptions | None = None,
    describe: Callable[[], Mapping[str, object]] = dict,
    on_close: Callable[[], None] = lambda: None,
) -> Application:
    """Wire an application from adapters; tests pass the ``memory`` ones."""
    records, runtime, pictures = parts.records, parts.runtime, parts.pictures
    keeper = BlobKeeper(blobs=parts.blobs, records=records)
    recognizer = _recognizer(parts)
    faces = Faces(
        recognizer=recognizer,
        records=records,
        pictures=pictures,
        runtime=runtime,
        keeper=keeper,
        default_collection=default_collection,
    )
    images = _images(parts, recognizer, keeper, default_collection)
    people = People(
        recognizer=recognizer,
        records=records,
        runtime=runtime,
        faces=faces,
        images=images,
        pseudonyms=Pseudonyms(secret),
    )
    collections = Collections(recognizer=recognizer, records=records, keeper=keeper)
    ring, access_keys = _key_services(parts, secret, limits or Limits())
    return Application(
        faces=faces,
        text=(text := assemble_text(parts.text, ring=ring, keys=parts.keys, runtime=runtime)),
        images=images,
        people=people,
        uploads=Uploads(records=records, runtime=runtime, faces=faces, signer=Signer(secret)),
        keys=ring,
        access_keys=access_keys,
        health=_health(parts, recognizer, text),
        backups=Backups(records=records, blobs=parts.blobs, keeper=keeper, recognizer=recognizer),
        keeper=keeper,
        collections=collections,
        recognizer=recognizer,
        migration=_migration(parts, recognizer),
        rekognition=assemble_rekognition(
            parts,
            protocol or ProtocolOptions(),
            secret=secret,
            recognizer=recognizer,
            collections=collections,
            images=images,
            people=people,
        ),
        info=lambda: _info(parts, recognizer, default_collection) | dict(describe()),
        warm_up=parts.engine.warm_up,
        close=on_close,
    )


def _recognizer(parts: Adapters) -> LocalRecognizer:
    return LocalRecognizer(
        engine=parts.engine,
        pictures=parts.pictures,
        vectors=parts.vectors,
        records=parts.records,
        runtime=parts.runtime,
    )


def _images(
    parts: Adapters, recognizer: LocalRecognizer, keeper: BlobKeeper, default_collection: str
) -> Images:
    return Images(
        recognizer=recognizer,
        records=parts.records,
        blobs=parts.blobs,
        pictures=parts.pictures,
        keeper=keeper,
        default_collection=default_collection,
    )


def _key_services(parts: Adapters, secret: bytes, limits: Limits) -> tuple[KeyRing, AccessKeys]:
    keys, runtime, access_secrets = parts.keys, parts.runtime, AccessSecrets(secret)
    ring = KeyRing(keys=keys, runtime=runtime, limits=limits, access_secrets=access_secrets)
    return ring, AccessKeys(ring=ring, keys=keys, runtime=runtime, access_secrets=access_secrets)


def _health(parts: Adapters, recognizer: LocalRecognizer, text: Text) -> Health:
    return Health(
        {
            "records": parts.records.ping,
            "blobs": parts.blobs.ping,
            "keys": parts.keys.ping,
            "recognizer": recognizer.ping,
            "chat": text.ping,
            "usage": text.meter.ping,
        }
    )


def _migration(parts: Adapters, recognizer: LocalRecognizer) -> Migration:
    return Migration(
        engine=parts.engine,
        pictures=parts.pictures,
        records=parts.records,
        blobs=parts.blobs,
        recognizer=recognizer,
        runtime=parts.runtime,
    )


def _info(parts: Adapters, recognizer: LocalRecognizer, collection_id: str) -> dict[str, object]:
    size = parts.records.size(collection_id)
    return {
        "name": "faceplate",
        "version": __version__,
        "model": parts.engine.model,
        "capabilities": sorted(recognizer.capabilities),
        "presets": {
            preset.value: {"min_similarity": floor, "meaning": PRESET_MEANING[preset]}
            for preset, floor in PRESET_MIN_SIMILARITY_PCT.items()
        },
        "collection": {"collection_id": collection_id, **asdict(size)},
    }


def http_options(settings: Settings) -> HttpOptions:
    """Return what the HTTP edge needs to know."""
    return HttpOptions(
        max_image_bytes=settings.max_image_bytes,
        worker_threads=settings.worker_threads,
        cors_origins=settings.cors_origins,
        metrics_public=settings.metrics_public,
        debug_mode=settings.debug_mode,
        mode=settings.mode,
        keep_alive_s=settings.chat.keep_alive_s,
        aws_region=settings.rekognition.region,
    )


def weights(settings: Settings) -> Weights:
    """Return the store of model weights, which can pull what is missing."""
    from faceplate.adapters.onnx.weights import Weights
    from faceplate.adapters.packages.artifacts import PackageArtifacts

    return Weights(settings.models_dir, settings.engine.files, PackageArtifacts())


def choose_embedding(settings: Settings) -> EmbeddingChoice:
    """Return the embedding the settings name, or for ``auto`` the best whose weights are here.

    Raises:
        ModelUnavailable: No embedding of the manifest has this name.
    """
    from faceplate.adapters.onnx.manifest import load_manifest

    wanted = None if settings.engine.model == "auto" else settings.engine.model
    return weights(settings).choose_embedding(load_manifest(settings.engine.manifest), wanted)


def _engine(settings: Settings) -> Engine:
    from faceplate.adapters.onnx.engine import OnnxEngine
    from faceplate.adapters.onnx.manifest import load_manifest

    return OnnxEngine.from_manifest(
        load_manifest(settings.engine.manifest),
        weights(settings),
        embedding=settings.engine.model,
        accurate=settings.engine.accuracy == "accurate",
        attributes=settings.engine.attributes,
    )


def _limits(settings: Settings) -> Limits:
    limits = settings.limits
    if not limits.enabled:
        return Limits()
    return Limits(rate_rps=limits.rate_rps, burst=limits.burst, daily_quota=limits.daily_quota)


def _describe(settings: Settings) -> Mapping[str, object]:
    return {
        "mode": settings.mode,
        "accuracy": settings.engine.accuracy,
        "settings": describe_settings(settings),
    }
