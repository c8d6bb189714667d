"""CompareFaces."""

from __future__ import annotations

from faceplate.domain.faces import QualityFilter
from faceplate.http.rekognition.operations.call import Answer, Call, Request
from faceplate.http.rekognition.operations.images import (
    box_and_confidence,
    min_similarity_of,
    picture_of,
    quality_filter_of,
)
from faceplate.http.views import compared_face


def compare_faces(call: Call, request: Request) -> Answer:
    """Compare the largest face of the source with up to 100 of the target, best match first."""
    outcome = call.application.faces.compare(
        picture_of(call, request, "SourceImage"),
        picture_of(call, request, "TargetImage"),
        min_similarity=min_similarity_of(request, "SimilarityThreshold"),
        quality_filter=quality_filter_of(request, QualityFilter.NONE),
    )
    return {
        "SourceImageFace": box_and_confidence(outcome.source),
        "FaceMatches": [
            {"Similarity": similarity, "Face": compared_face(detail)}
            for detail, similarity in outcome.matches
        ],
        "UnmatchedFaces": [compared_face(detail) for detail in outcome.unmatched],
    }
