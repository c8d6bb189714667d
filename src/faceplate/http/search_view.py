"""The answer of a search: who it is, said in names as well as in matches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from faceplate.domain.faces import FaceMatch, box_to_json, model_version
from faceplate.http.views import Json, face_match
from faceplate.ports.recognizer import FaceAnswer
from faceplate.services.faces import SearchAnswer


def search_answer(
    answer: SearchAnswer, names: Mapping[str, str], *, model: str, all_faces: bool
) -> Json:
    """Render a search; ``names`` are those of the people that matched faces belong to."""
    largest = answer.answers[0]
    body: Json = {
        "faces": {
            "SearchedFaceBoundingBox": box_to_json(largest.detail.box),
            "SearchedFaceConfidence": largest.detail.confidence,
            "FaceMatches": [face_match(match) for match in largest.faces],
            "FaceModelVersion": model_version(model),
        },
        "matchedFaces": _unique(
            name
            for each in (answer.answers if all_faces else [largest])
            for name in _names(each, names)
        ),
        "people": _people(largest),
        "status": _status(largest),
        "name": _name(largest, names),
        "min_similarity": answer.min_similarity_pct,
    }
    if all_faces:
        body["allFaces"] = [_face(each, names) for each in answer.answers]
    return body


def matched_people(answer: SearchAnswer) -> list[FaceMatch]:
    """Return every match, for looking up the names of their people."""
    return [match for each in answer.answers for match in each.faces]


def _face(answer: FaceAnswer, names: Mapping[str, str]) -> Json:
    scores = [match.similarity_pct for match in answer.people]
    scores += [match.similarity_pct for match in answer.faces]
    return {
        "BoundingBox": box_to_json(answer.detail.box),
        "Confidence": answer.detail.confidence,
        "status": _status(answer),
        "name": _name(answer, names),
        "Similarity": max(scores, default=None),
        "FaceMatches": [face_match(match) for match in answer.faces],
        "people": _people(answer),
        "Reasons": [reason.value for reason in answer.reasons],
    }


def _status(answer: FaceAnswer) -> str:
    if answer.reasons:
        return "not_searched"
    return "matched" if answer.faces or answer.people else "unknown"


def _people(answer: FaceAnswer) -> list[dict[str, Any]]:
    return [
        {
            "person_id": match.person.person_id,
            "name": match.person.name,
            "Similarity": match.similarity_pct,
        }
        for match in answer.people
    ]


def _name(answer: FaceAnswer, names: Mapping[str, str]) -> str | None:
    return next(iter(_names(answer, names)), None)


def _names(answer: FaceAnswer, names: Mapping[str, str]) -> list[str]:
    """Name everybody a face may be: people first, then single pictures, each best first."""
    found = [match.person.name for match in answer.people]
    for match in answer.faces:
        face = match.face
        name = names.get(face.person_id or "") or face.image_key or face.external_image_id
        if name is not None:
            found.append(name)
    return found


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
