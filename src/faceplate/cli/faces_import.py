"""Take in what `faces_export` wrote: index again, keep the same faces, name the same people."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from faceplate.cli.api import Api, encode_id, encode_key
from faceplate.cli.export_file import (
    Box,
    ExportedImage,
    ExportedPerson,
    ExportFile,
    open_export,
)
from faceplate.cli.progress import meter
from faceplate.domain.errors import Conflict, InvalidInput, NotFound
from faceplate.domain.faces import BoundingBox

_MIN_OVERLAP = 0.5
"""Boxes of the same face by two detectors overlap by more; those of two faces by less."""
_FACES_A_CALL = 100


async def read_export(api: Api, path: Path) -> dict[str, Any]:
    """Index every picture of an export and return a report.

    Faces are found again by the model that runs now. One that the export does not know (it had
    been left out or deleted) is deleted again; one it knows is given back to its person.
    ``refused`` counts pictures by code, and as ``person_not_found`` faces of people who are not
    there.

    Raises:
        InvalidInput: Not an export of ours, or damaged (code ``export_invalid``); nothing was sent.
    """
    with open_export(path) as export:
        return await _Import(api, export).run()


class _Import:
    def __init__(self, api: Api, export: ExportFile) -> None:
        self._api = api
        self._export = export
        self._faces_of: defaultdict[str, list[str]] = defaultdict(list)
        self._refused: Counter[str] = Counter()
        self._counts = {"images": 0, "people": 0, "faces": 0, "faces_not_found": 0}

    async def run(self) -> dict[str, Any]:
        for person in self._export.people():
            await self._make_person(person)
        total = self._export.images_count
        with meter("Importing", total) as progress:
            for done, image in enumerate(self._export.images(), 1):
                try:
                    await self._index(image)
                except InvalidInput as exc:
                    self._refused[exc.code] += 1
                progress.at(done, total)
        for person_id, face_ids in self._faces_of.items():
            for start in range(0, len(face_ids), _FACES_A_CALL):
                await self._give(person_id, face_ids[start : start + _FACES_A_CALL])
        return {**self._counts, "refused": dict(self._refused)}

    async def _give(self, person_id: str, face_ids: Sequence[str]) -> None:
        body = {"face_ids": face_ids, "reassign": True}
        try:
            await self._api.send_json("PUT", f"/v1/people/{encode_id(person_id)}/faces", body)
        except NotFound as exc:
            self._refused[exc.code] += len(face_ids)

    async def _make_person(self, person: ExportedPerson) -> None:
        try:
            await self._api.post("/v1/people", person.model_dump(exclude_none=True))
        except Conflict:
            return  # somebody with this id is there: the faces go to them
        self._counts["people"] += 1

    async def _index(self, image: ExportedImage) -> None:
        answer = await self._api.send_picture(
            "PUT",
            f"/v1/index/{encode_key(image.key)}",
            self._export.picture(image),
            metadata=image.metadata,
            query={"quality_filter": "NONE"},
        )
        self._counts["images"] += 1
        found = [record["Face"] for record in answer["FaceRecords"]]
        for known in image.faces:
            face = _same_face(known.box, found)
            if face is None:
                self._counts["faces_not_found"] += 1
                continue
            found.remove(face)
            self._counts["faces"] += 1
            if known.person_id is not None:
                self._faces_of[known.person_id].append(face["FaceId"])
        for face in found:
            await self._api.delete(f"/v1/faces/{encode_id(face['FaceId'])}")


def _same_face(box: Box, faces: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    wanted = BoundingBox(left=box.left, top=box.top, width=box.width, height=box.height)

    def overlap(face: Mapping[str, Any]) -> float:
        there = face["BoundingBox"]
        return wanted.overlap(
            BoundingBox(
                left=there["Left"], top=there["Top"], width=there["Width"], height=there["Height"]
            )
        )

    best = max(faces, key=overlap, default=None)
    return None if best is None or overlap(best) < _MIN_OVERLAP else best
