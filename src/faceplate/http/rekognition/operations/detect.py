"""DetectFaces."""

from __future__ import annotations

from faceplate.domain.faces import detail_to_json
from faceplate.http.rekognition.operations.call import Answer, Call, Request
from faceplate.http.rekognition.operations.images import attributes_of, picture_of


def detect_faces(call: Call, request: Request) -> Answer:
    """Describe up to 100 faces, largest first; a picture without one has an empty list."""
    _, details = call.application.faces.detect(
        picture_of(call, request), attributes=attributes_of(call, request, "Attributes")
    )
    return {"FaceDetails": [detail_to_json(detail) for detail in details]}
