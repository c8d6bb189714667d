"""Write everything of a collection to a zip file that any model and mode can take in again.

The format, version 1:

``manifest.json``
    ``{"format": "faceplate-export", "version": 1, "collection_id", "images", "people",
    "without_bytes", "unreadable"}``; the last two count images left out because their bytes were
    erased, or could not be had as they were stored.
``people.jsonl``
    One person a line, as the API lists them: ``person_id``, ``name``, ``metadata``, ``consent``.
``images.jsonl``
    One image a line: ``key``, ``sha256``, ``content_type``, ``metadata``, and ``faces``, each with
    ``FaceId``, ``BoundingBox`` (ratios of the upright picture) and ``person_id`` or null.
``images/<sha256>``
    The original bytes, once for every different picture.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from faceplate.cli.api import Api, encode_key
from faceplate.cli.files import new_file
from faceplate.cli.progress import meter
from faceplate.domain.errors import NotFound

FORMAT = "faceplate-export"
VERSION = 1


class _Unreadable(Exception):
    """A picture's bytes cannot be had as they were stored."""


async def write_export(api: Api, path: Path) -> dict[str, Any]:
    """Write a new export file and return counts.

    Raises:
        Conflict: The file exists.
    """
    counts = {"images": 0, "people": 0, "faces": 0, "without_bytes": 0, "unreadable": 0}
    people = [_person(person) async for person in api.pages("/v1/people", "people")]
    images = [image async for image in api.pages("/v1/images", "images")]
    lines: list[str] = []
    with new_file(path) as partial, zipfile.ZipFile(partial, "w") as archive:
        written: set[str] = set()
        with meter("Exporting", len(images)) as progress:
            for done, image in enumerate(images, 1):
                try:
                    entry = await _write_image(api, archive, image, written)
                except _Unreadable:
                    counts["unreadable"] += 1
                else:
                    if entry is None:
                        counts["without_bytes"] += 1
                    else:
                        counts["images"] += 1
                        counts["faces"] += len(entry["faces"])
                        lines.append(json.dumps(entry))
                progress.at(done, len(images))
        counts["people"] = len(people)
        archive.writestr("images.jsonl", "".join(line + "\n" for line in lines))
        archive.writestr("people.jsonl", "".join(json.dumps(one) + "\n" for one in people))
        manifest = {"format": FORMAT, "version": VERSION, **counts}
        archive.writestr("manifest.json", json.dumps(manifest, indent=2))
    return {"path": str(path), **counts}


async def _write_image(
    api: Api, archive: zipfile.ZipFile, image: Mapping[str, Any], written: set[str]
) -> dict[str, Any] | None:
    """Write one picture's bytes unless they are there; None when it is gone meanwhile.

    Raises:
        _Unreadable: It is there, and its bytes are not.
    """
    if not image["has_bytes"]:
        return None
    path = f"/v1/images/{encode_key(image['key'])}"
    try:
        faces = (await api.get(f"{path}/faces"))["faces"]
        if image["sha256"] not in written:
            answer = await api.send("GET", path)
            if hashlib.sha256(answer.body).hexdigest() != image["sha256"]:
                raise _Unreadable
            archive.writestr(f"images/{image['sha256']}", answer.body)
            written.add(image["sha256"])
    except NotFound as exc:
        now = (await api.get("/v1/images", key=image["key"]))["images"]
        if now and now[0]["has_bytes"]:
            raise _Unreadable from exc
        return None
    return {
        "key": image["key"],
        "sha256": image["sha256"],
        "content_type": image["content_type"],
        "metadata": image["metadata"],
        "faces": [
            {
                "FaceId": face["FaceId"],
                "BoundingBox": face["BoundingBox"],
                "person_id": (face.get("person") or {}).get("person_id"),
            }
            for face in faces
        ],
    }


def _person(person: Mapping[str, Any]) -> dict[str, Any]:
    return {name: person[name] for name in ("person_id", "name", "metadata", "consent")}
