"""The application of mode aws, over emulators and over Faceplate as its Rekognition."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore import xform_name
from botocore.exceptions import BotoCoreError

from build import MAX_IMAGE_BYTES, MAX_PIXELS
from faceplate.adapters.aws.clients import AwsClients
from faceplate.adapters.memory.runtime import FixedRuntime
from faceplate.bootstrap.aws import AwsParts, build_aws
from faceplate.config import AwsSettings, ChatSettings, Settings
from faceplate.services.application import Application

SERVICES = ("dynamodb", "s3", "rekognition")


def aws_settings(bucket: str, table: str, **changes: Any) -> Settings:
    """Return settings of mode aws; its language model is nowhere."""
    wanted: dict[str, Any] = {
        "_env_file": None,
        "mode": "aws",
        "aws": AwsSettings(bucket=bucket, table=table),
        "chat": ChatSettings(base_url="http://127.0.0.1:9/v1"),
        "max_image_bytes": MAX_IMAGE_BYTES,
        "max_image_pixels": MAX_PIXELS,
        **changes,
    }
    return Settings(**wanted)


def joined(store: AwsClients, recognition: AwsClients) -> AwsClients:
    """Return clients of both emulators as one; whoever made them closes them."""
    clients = AwsClients()
    made = {name: getattr(store, name) for name in ("dynamodb", "s3", "ssm")}
    clients._made = {**made, "rekognition": recognition.rekognition}
    return clients


class Cut(BotoCoreError):
    """The line is cut; the SDK does not try again."""

    fmt = "the line was cut"


@dataclass
class Line:
    """The line to AWS. It is cut at the ``at``-th request, before or after that is carried out.

    ``dead``: nothing gets through afterwards either, as for a process that was killed.
    """

    at: int = 0
    after: bool = False
    dead: bool = False
    sent: int = 0
    log: list[str] = field(default_factory=list)
    calls: set[tuple[str, str]] = field(default_factory=set)
    """Service and method of boto3, of everything that was asked."""

    def before_send(self, request: Any, **_: Any) -> None:
        self.sent += 1
        if not self.at:
            return
        if (self.sent == self.at and not self.after) or (self.dead and self.sent > self.at):
            raise Cut

    def after_call(self, model: Any, **_: Any) -> None:
        self.log.append(model.name)
        self.calls.add((model.service_model.service_name, xform_name(model.name)))
        if self.at and self.after and self.sent == self.at:
            raise Cut


@dataclass
class Installation:
    """A table, a bucket and a Rekognition; ``start`` is a process that uses them."""

    clients: AwsClients
    table: str
    bucket: str
    runtime: FixedRuntime = field(default_factory=lambda: FixedRuntime(datetime.now(UTC)))

    def start(self) -> tuple[Application, AwsParts]:
        settings = aws_settings(self.bucket, self.table)
        parts = AwsParts(settings, self.clients, self.runtime)
        return build_aws(settings, parts), parts

    @contextlib.contextmanager
    def line(self, **how: Any) -> Iterator[Line]:
        """Cut the line as told, for the length of the block."""
        line = Line(**how)
        for service in SERVICES:
            events = getattr(self.clients, service).meta.events
            events.register(f"before-send.{service}", line.before_send)
            events.register(f"after-call.{service}", line.after_call)
        try:
            yield line
        finally:
            for service in SERVICES:
                events = getattr(self.clients, service).meta.events
                events.unregister(f"before-send.{service}", line.before_send)
                events.unregister(f"after-call.{service}", line.after_call)

    def later(self) -> None:
        """Let the leases of the dead run out."""
        self.runtime.advance(600)

    def repair(self) -> None:
        """Do what `faceplate doctor --repair` does, as if an hour had passed."""
        application, parts = self.start()
        parts.reconciliation.run()
        application.keeper.sweep(kept_before=datetime.now(UTC) + timedelta(minutes=1))

    def orphans(self) -> list[str]:
        """List everything that one of the three stores has and another one misses."""
        _, parts = self.start()
        found: list[str] = []
        for collection in parts.records.list_collections(limit=100).items:
            found += _orphans_of(parts, collection.collection_id)
        names, named = set(parts.blobs.names("images/")), set(parts.records.blob_names())
        found += [f"bytes without a record: {name}" for name in names - named]
        found += [f"a record without bytes: {name}" for name in named - names]
        for place in ("#doomed", "#journal"):
            found += [f"left in {place}: {item}" for item in parts.table.query(place)]
        return found


def _orphans_of(parts: AwsParts, name: str) -> list[str]:
    faces = {face.face_id: face for face in parts.records.list_faces(name, limit=1000).items}
    remote = {str(face["FaceId"]) for face in parts.calls.faces(name)}
    found = [f"only Rekognition has face {one}" for one in remote - faces.keys()]
    found += [f"only the records have face {one}" for one in faces.keys() - remote]
    keys = {image.key for image in parts.records.list_images(name, limit=1000).items}
    for face in faces.values():
        if face.image_key not in keys:
            found.append(f"a face of no picture: {face.face_id}")
        of_image = parts.records.faces_of_image(name, face.image_key or "")
        if face.face_id not in {one.face_id for one in of_image}:
            found.append(f"a face its picture does not know: {face.face_id}")
    people = {person.person_id for person in parts.records.list_people(name, limit=1000).items}
    found += [f"a user of no person: {one}" for one in set(parts.calls.users(name)) - people]
    return found
