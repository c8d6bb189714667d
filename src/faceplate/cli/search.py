"""`faceplate search`, `compare`, `detect`: who is in a picture, and what is seen of them."""

from __future__ import annotations

import math
import secrets
from pathlib import Path
from typing import Annotated, Any

import typer

from faceplate.cli.options import PictureArgument, QualityOption, SimilarityOption, read_picture
from faceplate.cli.output import note, print_table
from faceplate.cli.verb import Session, verb

LimitOption = Annotated[
    int, typer.Option("--limit", min=1, max=4096, help="At most so many matches a face.")
]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    verb(app, "search", collection=True)(search)
    verb(app, "compare")(compare)
    verb(app, "detect")(detect)


async def search(
    session: Session,
    *,
    image: PictureArgument,
    all_faces: Annotated[
        bool, typer.Option("--all-faces", help="Every face rather than the largest.")
    ] = False,
    min_similarity: SimilarityOption = None,
    limit: LimitOption = 10,
    quality_filter: QualityOption = None,
) -> None:
    """Say who is in a picture; a face nobody knows is answered with "unknown"."""
    query = {
        "all_faces": all_faces or None,
        "min_similarity": min_similarity,
        "limit": limit,
        "quality_filter": quality_filter,
    }
    found = await session.api.send_picture("PUT", "/v1/search", read_picture(image), query=query)
    session.show(found, print_search)


async def compare(
    session: Session,
    source: PictureArgument,
    target: PictureArgument,
    min_similarity: SimilarityOption = None,
    quality_filter: QualityOption = None,
) -> None:
    """Compare the largest face of one picture with every face of another; nothing is kept."""
    boundary = secrets.token_hex(16)
    body = _multipart(
        {"source": read_picture(source), "target": read_picture(target)}, boundary.encode()
    )
    answer = await session.api.read(
        "POST",
        "/v1/compare",
        query={"min_similarity": min_similarity, "quality_filter": quality_filter},
        headers={"content-type": f"multipart/form-data; boundary={boundary}"},
        body=body,
    )
    session.show(answer, _print_comparison)


async def detect(
    session: Session,
    image: PictureArgument,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write the picture with boxes to this new .jpg or .png file."),
    ] = None,
    attributes: Annotated[
        str | None,
        typer.Option("--attributes", help="AGE_RANGE,GENDER or ALL; needs their models."),
    ] = None,
) -> None:
    """Describe every face of a picture; nothing is kept."""
    data = read_picture(image)
    query = {"attributes": attributes}
    found = await session.api.send_picture("POST", "/v1/detect", data, query=query)
    if out is not None:
        from faceplate.cli.drawing import write_boxes

        write_boxes(data, found["FaceDetails"], out)
        note(f"Wrote {out}.")
    session.show(found, _print_details)


def print_search(found: dict[str, Any]) -> None:
    """Print one row a face: where it is, who it is, how alike."""
    faces = found.get("allFaces")
    if faces is None:
        box = found["faces"].get("SearchedFaceBoundingBox")
        best = max(_similarities(found), default=None)
        faces = [{**found, "BoundingBox": box, "Similarity": found.get("Similarity", best)}]
    rows = []
    for number, face in enumerate(faces, 1):
        name = face.get("name") if face["status"] == "matched" else face["status"].replace("_", " ")
        why = ", ".join(face.get("Reasons") or ())
        alike = _rounded_down(face["Similarity"])
        rows.append([number, describe_place(face["BoundingBox"]), name, alike, why])
    columns = ["face", "where", "name", "similarity", "why not searched"]
    if not any(row[-1] for row in rows):
        columns, rows = columns[:-1], [row[:-1] for row in rows]
    print_table(columns, rows)
    note(f"A match needs a similarity of at least {found['min_similarity']:g}.")


def describe_place(box: dict[str, float] | None) -> str:
    """Say where in the picture the middle of a box lies, and how wide the box is."""
    if not box:
        return ""
    middle = 100 * (box["Left"] + box["Width"] / 2), 100 * (box["Top"] + box["Height"] / 2)
    return f"{middle[0]:.0f} % right, {middle[1]:.0f} % down, {100 * box['Width']:.0f} % wide"


def _rounded_down(similarity_pct: float | None) -> float | None:
    """Cut to two decimals: 99.998 must not be shown as certainty."""
    return None if similarity_pct is None else math.floor(similarity_pct * 100) / 100


def _similarities(found: dict[str, Any]) -> list[float]:
    matches = [match["Similarity"] for match in found["faces"]["FaceMatches"]]
    return matches + [person["Similarity"] for person in found.get("people", ())]


def _print_comparison(found: dict[str, Any]) -> None:
    rows = [
        [
            describe_place(match["Face"]["BoundingBox"]),
            "match",
            _rounded_down(match["Similarity"]),
        ]
        for match in found["FaceMatches"]
    ]
    rows += [
        [describe_place(face["BoundingBox"]), "no match", None] for face in found["UnmatchedFaces"]
    ]
    print_table(["where", "answer", "similarity"], rows)
    note(f"A match needs a similarity of at least {found['min_similarity']:g}.")


def _print_details(found: dict[str, Any]) -> None:
    if not found["FaceDetails"]:
        note("There is no face in the picture.")
        return
    rows = []
    for number, face in enumerate(found["FaceDetails"], 1):
        pose, quality = face["Pose"], face["Quality"]
        turned = f"{pose['Yaw']:.0f} / {pose['Pitch']:.0f} / {pose['Roll']:.0f}"
        rows.append(
            [
                number,
                describe_place(face["BoundingBox"]),
                face["Confidence"],
                turned,
                quality["Brightness"],
                quality["Sharpness"],
            ]
        )
    columns = ["face", "where", "confidence", "yaw / pitch / roll", "brightness", "sharpness"]
    print_table(columns, rows)


def _multipart(parts: dict[str, bytes], boundary: bytes) -> bytes:
    body = b""
    for name, data in parts.items():
        body += b"--" + boundary + b"\r\n"
        body += f'Content-Disposition: form-data; name="{name}"; filename="{name}"\r\n'.encode()
        body += b"Content-Type: application/octet-stream\r\n\r\n" + data + b"\r\n"
    return body + b"--" + boundary + b"--\r\n"
