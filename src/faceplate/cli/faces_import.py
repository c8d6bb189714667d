"""Take in what `faces_export` wrote: index again, keep the same faces, name the same people."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from faceplate.cli.api import Api, encode_id, encode_key
from faceplate.cli.faces_export import FORMAT, VERSION
from faceplate.cli.progress import meter
from faceplate.domain.errors import Conflict, InvalidInput

_MIN_OVERLAP = 0.5
"""Boxes of the same face by two detectors overlap by more; those of two faces by less."""
_FACES_A_CALL = 100


async def read_export(api: Api, path: Path) -> dict[str, Any]:
    """Index every picture of an export and return a report.

    Faces are found again by the model that runs now. One that the export does not know (it had
    been left out or deleted) is deleted again; one it knows is given back to its person.

    Raises:
        InvalidInput: Not an export of ours, or damaged (code ``export_invalid``).
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _require_format(archive)
            people = _lines(archive, "people.jsonl")
            images = _lines(archive, "images.jsonl")
            return await _Import(api, archive).run(people, images)
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError) as exc:
        raise InvalidInput("This is not a file of `faces export`.", code="export_invalid") from exc


class _Import:
    def __init__(self, api: Api, archive: zipfile.ZipFile) -> None:
        self._api = api
        self._archive = archive
        self._faces_of: defaultdict[str, list[str]] = defaultdict(list)
        self._refused: Counter[str] = Counter()
        self._counts = {"images": 0, "people": 0, "faces": 0, "faces_not_found": 0}

    async def run(
        self, people: Sequence[Mapping[str, Any]], images: Sequence[Mapping[str, Any]]
    ) -> dict[str, Any]:
        for person in people:
            await self._make_person(person)
        with meter("Importing", len(images)) as progress:
            for done, image in enumerate(images, 1):
                try:
                    await self._index(image)
                except InvalidInput as exc:
                    self._refused[exc.code] += 1
                progress.at(done, len(images))
        for person_id, face_ids in self._faces_of.items():
            for start in range(0, len(face_ids), _FACES_A_CALL):
                body = {"face_ids": face_ids[start : start + _FACES_A_CALL], "reassign": True}
                await self._api.send_json("PUT", f"/v1/people/{encode_id(person_id)}/faces", body)
        return {**self._counts, "refused": dict(self._refused)}

    async def _make_person(self, person: Mapping[str, Any]) -> None:
        try:
            await self._api.post("/v1/people", {k: v for k, v in person.items() if v is not None})
        except Conflict:
            return  # somebody with this id is there: the faces go to them
        self._counts["people"] += 1

    async def _index(self, image: Mapping[str, Any]) -> None:
        data = self._archive.read(f"images/{image['sha256']}")
        if hashlib.sha256(data).hexdigest() != image["sha256"]:
            raise InvalidInput("A picture of the export is damaged.", code="export_damaged")
        answer = await self._api.send_picture(
            "PUT",
            f"/v1/index/{encode_key(image['key'])}",
            data,
            metadata=image["metadata"],
            query={"quality_filter": "NONE"},
        )
        self._counts["images"] += 1
        found = [record["Face"] for record in answer["FaceRecords"]]
        for known in image["faces"]:
            face = _same_face(known["BoundingBox"], found)
            if face is None:
                self._counts["faces_not_found"] += 1
                continue
            found.remove(face)
            self._counts["faces"] += 1
            if known["person_id"] is not None:
                self._faces_of[known["person_id"]].append(face["FaceId"])
        for face in found:
            await self._api.delete(f"/v1/faces/{encode_id(face['FaceId'])}")


def _same_face(
    box: Mapping[str, float], faces: Sequence[Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    best = max(faces, key=lambda face: _overlap(box, face["BoundingBox"]), default=None)
    if best is None or _overlap(box, best["BoundingBox"]) < _MIN_OVERLAP:
        return None
    return best


def _overlap(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    from faceplate.domain.faces import BoundingBox

    first, second = (
        BoundingBox(left=box["Left"], top=box["Top"], width=box["Width"], height=box["Height"])
        for box in (one, other)
    )
    return first.overlap(second)


def _require_format(archive: zipfile.ZipFile) -> None:
    manifest = json.loads(archive.read("manifest.json"))
    if manifest["format"] != FORMAT or manifest["version"] != VERSION:
        raise InvalidInput(
            "This export has a format that this version does not read.", code="export_invalid"
        )


def _lines(archive: zipfile.ZipFile, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in archive.read(name).splitlines() if line]
