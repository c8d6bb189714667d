"""Index many pictures: several at a time, without sending what is indexed already."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from faceplate.cli.api import Api, encode_key
from faceplate.cli.index_report import IndexReport
from faceplate.cli.options import read_picture
from faceplate.cli.picture_files import PersonFrom, PictureFile
from faceplate.domain import errors

_MAX_TRIES = 8
_LONGEST_WAIT_S = 90.0
"""A longer wait means that the day's quota is used up; the run ends and can be resumed."""


@dataclass(frozen=True, slots=True)
class IndexWish:
    """How the pictures of a run are to be indexed."""

    person_from: PersonFrom = PersonFrom.NONE
    metadata: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, object] = field(default_factory=dict)
    again: bool = False


@dataclass(slots=True)
class Known:
    """What the server holds already: the digest of each key, and who is in it."""

    sha256: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, Mapping[str, str]] = field(default_factory=dict)
    faces: dict[str, int] = field(default_factory=dict)
    names: dict[str, set[str]] = field(default_factory=dict)
    people: set[str] = field(default_factory=set)

    @classmethod
    async def read(cls, api: Api, wish: IndexWish) -> Known:
        """Page through the listings once."""
        known = cls()
        async for image in api.pages("/v1/images", "images"):
            if image["has_bytes"]:
                known.sha256[image["key"]] = image["sha256"]
                known.metadata[image["key"]] = image["metadata"]
        if wish.person_from is not PersonFrom.NONE:
            people = {
                person["person_id"]: person["name"]
                async for person in api.pages("/v1/people", "people")
            }
            known.people.update(people.values())
            async for face in api.pages("/v1/faces", "faces"):
                key = face["image_key"]
                known.faces[key] = known.faces.get(key, 0) + 1
                if face["person_id"] in people:
                    known.names.setdefault(key, set()).add(people[face["person_id"]])
        return known

    def has(self, key: str, sha256: str, person: str | None, metadata: Mapping[str, str]) -> bool:
        """Tell whether sending the picture would change nothing."""
        if self.sha256.get(key) != sha256:
            return False
        if any(self.metadata[key].get(name.lower()) != value for name, value in metadata.items()):
            return False
        # Only a picture with one face is given to a person.
        return person is None or self.faces.get(key) != 1 or person in self.names.get(key, ())


class IndexRun:
    """One run over a list of pictures. `stop` lets what is running finish and ends it."""

    def __init__(
        self,
        api: Api,
        wish: IndexWish,
        report: IndexReport,
        progress: Callable[[int, int], None] = lambda _, __: None,
    ) -> None:
        self._api = api
        self._wish = wish
        self._report = report
        self._progress = progress
        self._known = Known()
        self._stopping = asyncio.Event()
        self._naming: dict[str, asyncio.Lock] = {}

    def stop(self) -> None:
        """Start no further picture."""
        self._report.interrupted = True
        self._stopping.set()

    async def run(self, pictures: list[PictureFile]) -> None:
        """Index the pictures and count them in the report; what is indexed stays indexed."""
        started = time.monotonic()
        try:
            if not self._wish.again:
                with contextlib.suppress(errors.NotFound):  # the collection is made by the first
                    self._known = await Known.read(self._api, self._wish)
            waiting = iter(pictures)
            workers = [self._work(waiting) for _ in range(self._api.transport.concurrency)]
            await asyncio.gather(*workers)
        finally:
            self._report.seconds = time.monotonic() - started

    async def _work(self, waiting: Iterator[PictureFile]) -> None:
        for picture in waiting:
            if self._stopping.is_set():
                return
            try:
                await self._index(picture)
            except errors.InvalidInput as exc:
                self._report.count_refused(str(picture.path), exc)
            except errors.FaceplateError as exc:
                # It concerns every picture, such as a full disk or a wrong key.
                self._report.stopped_by = self._report.stopped_by or exc
                self._stopping.set()
                return
            self._progress(self._report.done, self._report.total)

    async def _index(self, picture: PictureFile) -> None:
        path = f"/v1/index/{encode_key(picture.key)}"
        data, sha256 = await asyncio.to_thread(_read, picture)
        person = picture.person(self._wish.person_from)
        if self._known.has(picture.key, sha256, person, self._wish.metadata):
            self._report.unchanged += 1
            return
        if person is None or person in self._known.people:
            await self._send(path, data, person)
            return
        # The first picture of a person makes the person; one at a time, so that it is made once.
        async with self._naming.setdefault(person, asyncio.Lock()):
            if person not in self._known.people:
                answer = await self._send(path, data, person)
                if answer.get("person_id") is not None:
                    self._known.people.add(person)
                return
        await self._send(path, data, person)

    async def _send(self, path: str, data: bytes, person: str | None) -> Mapping[str, Any]:
        query = {**self._wish.query, "person": person}
        for attempt in range(1, _MAX_TRIES + 1):
            try:
                answer: Mapping[str, Any] = await self._api.send_picture(
                    "PUT", path, data, metadata=self._wish.metadata, query=query
                )
            except errors.Busy as exc:
                if attempt == _MAX_TRIES or exc.retry_after_s > _LONGEST_WAIT_S:
                    raise
                await asyncio.sleep(exc.retry_after_s)
            else:
                self._report.count_indexed(answer)
                return answer
        raise errors.Busy("The server stays busy.")  # pragma: no cover -- the loop always leaves


def _read(picture: PictureFile) -> tuple[bytes, str]:
    data = read_picture(picture.path)
    return data, hashlib.sha256(data).hexdigest()
