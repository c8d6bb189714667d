"""What of each operation works here: data for the reference, held complete by a test."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass


class Status(enum.StrEnum):
    """How much of a member works."""

    FULL = "full"
    PARTIAL = "partial"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Support:
    """The status of one member of an input or output, and what is to be said about it."""

    status: Status = Status.FULL
    note: str = ""


FULL = Support()
_MOST = "Default: the greatest value the service model allows; it names no default."
MAX_RESULTS = Support(note=f"{_MOST} 0 is the default.")
LIMIT = Support(note=_MOST)
TOKEN_IN = Support(note="Only a token that this list gave this key; others are refused.")
IMAGE = Support(
    Status.PARTIAL,
    "JPEG and PNG, 80 px and more a side, 5 MB of Bytes or 15 MB of S3Object. S3Object: the bucket "
    "of the stored pictures, and those that `FACEPLATE_REKOGNITION__S3_BUCKETS` allows; Version in "
    "the latter alone.",
)
ATTRIBUTES_IN = Support(
    Status.PARTIAL, "DEFAULT always; AGE_RANGE and GENDER where their models are configured."
)
ONCE = Support(note="Remembered for one hour, with its key and its collection.")
ORIENTATION = Support(note="Always null, as with Amazon: EXIF is applied first.")
MODEL_VERSION = Support(note="The version of the embedding; Amazon's are other numbers.")
TAGS = Support(note="Up to 200 a collection.")
ARN = Support(note="Collections alone; the region is not looked at.")
MIN_SIMILARITY = Support(note="Default 80. 0 to 100, calibrated by false-accept rates.")
FILTER_NONE = Support(note="Default NONE. The largest face that passes is the one searched.")
STATUS = Support(
    Status.PARTIAL, "ACTIVE or CREATED; changes are done when they are answered, so never UPDATING."
)
DETAILS = Support(Status.PARTIAL, "The members listed under FaceDetail below.")

PARAMETERS: Mapping[str, Mapping[str, Support]] = {
    "CreateCollection": {"CollectionId": FULL, "Tags": TAGS},
    "ListCollections": {"NextToken": TOKEN_IN, "MaxResults": MAX_RESULTS},
    "DescribeCollection": {"CollectionId": FULL},
    "DeleteCollection": {"CollectionId": FULL},
    "IndexFaces": {
        "CollectionId": FULL,
        "Image": IMAGE,
        "ExternalImageId": FULL,
        "DetectionAttributes": ATTRIBUTES_IN,
        "MaxFaces": Support(note="Default 100, and never more."),
        "QualityFilter": Support(note="Default AUTO, which is LOW here."),
    },
    "ListFaces": {
        "CollectionId": FULL,
        "NextToken": TOKEN_IN,
        "MaxResults": MAX_RESULTS,
        "UserId": Support(note="A user that is not there has no faces; no error."),
        "FaceIds": Support(note="Ids that are not there are left out; no error."),
    },
    "DeleteFaces": {"CollectionId": FULL, "FaceIds": FULL},
    "SearchFaces": {
        "CollectionId": FULL,
        "FaceId": FULL,
        "MaxFaces": LIMIT,
        "FaceMatchThreshold": MIN_SIMILARITY,
    },
    "SearchFacesByImage": {
        "CollectionId": FULL,
        "Image": IMAGE,
        "MaxFaces": LIMIT,
        "FaceMatchThreshold": MIN_SIMILARITY,
        "QualityFilter": FILTER_NONE,
    },
    "CompareFaces": {
        "SourceImage": IMAGE,
        "TargetImage": IMAGE,
        "SimilarityThreshold": MIN_SIMILARITY,
        "QualityFilter": Support(note="Default NONE. Applied to both pictures."),
    },
    "DetectFaces": {"Image": IMAGE, "Attributes": ATTRIBUTES_IN},
    "CreateUser": {"CollectionId": FULL, "UserId": FULL, "ClientRequestToken": ONCE},
    "DeleteUser": {"CollectionId": FULL, "UserId": FULL, "ClientRequestToken": ONCE},
    "ListUsers": {"CollectionId": FULL, "MaxResults": LIMIT, "NextToken": TOKEN_IN},
    "AssociateFaces": {
        "CollectionId": FULL,
        "UserId": FULL,
        "FaceIds": Support(note="At most 100 faces a user, as with Amazon."),
        "UserMatchThreshold": Support(note="Default 75; against the mean of the user's faces."),
        "ClientRequestToken": ONCE,
    },
    "DisassociateFaces": {
        "CollectionId": FULL,
        "UserId": FULL,
        "ClientRequestToken": ONCE,
        "FaceIds": FULL,
    },
    "SearchUsers": {
        "CollectionId": FULL,
        "UserId": Support(note="Either this or FaceId."),
        "FaceId": Support(note="Either this or UserId."),
        "UserMatchThreshold": MIN_SIMILARITY,
        "MaxUsers": LIMIT,
    },
    "SearchUsersByImage": {
        "CollectionId": FULL,
        "Image": IMAGE,
        "UserMatchThreshold": MIN_SIMILARITY,
        "MaxUsers": LIMIT,
        "QualityFilter": FILTER_NONE,
    },
    "TagResource": {"ResourceArn": ARN, "Tags": TAGS},
    "UntagResource": {"ResourceArn": ARN, "TagKeys": FULL},
    "ListTagsForResource": {"ResourceArn": ARN},
}
"""Members of the inputs."""

MATCHES = Support(note="Best first; what was indexed before the search began is found.")
OUTPUTS: Mapping[str, Mapping[str, Support]] = {
    "CreateCollection": {
        "StatusCode": FULL,
        "CollectionArn": FULL,
        "FaceModelVersion": MODEL_VERSION,
    },
    "ListCollections": {
        "CollectionIds": Support(note="By id; those the key may use."),
        "NextToken": FULL,
        "FaceModelVersions": MODEL_VERSION,
    },
    "DescribeCollection": {
        "FaceCount": FULL,
        "FaceModelVersion": MODEL_VERSION,
        "CollectionARN": FULL,
        "CreationTimestamp": FULL,
        "UserCount": FULL,
    },
    "DeleteCollection": {"StatusCode": FULL},
    "IndexFaces": {
        "FaceRecords": Support(Status.PARTIAL, f"Largest first. {DETAILS.note}"),
        "OrientationCorrection": ORIENTATION,
        "FaceModelVersion": MODEL_VERSION,
        "UnindexedFaces": Support(note="Largest first."),
    },
    "ListFaces": {
        "Faces": Support(note="By FaceId."),
        "NextToken": FULL,
        "FaceModelVersion": MODEL_VERSION,
    },
    "DeleteFaces": {
        "DeletedFaces": FULL,
        "UnsuccessfulFaceDeletions": Support(note="Faces of a user, and ids that are not there."),
    },
    "SearchFaces": {
        "SearchedFaceId": FULL,
        "FaceMatches": MATCHES,
        "FaceModelVersion": MODEL_VERSION,
    },
    "SearchFacesByImage": {
        "SearchedFaceBoundingBox": FULL,
        "SearchedFaceConfidence": FULL,
        "FaceMatches": MATCHES,
        "FaceModelVersion": MODEL_VERSION,
    },
    "CompareFaces": {
        "SourceImageFace": FULL,
        "FaceMatches": Support(Status.PARTIAL, "Best first; without Emotions and Smile."),
        "UnmatchedFaces": Support(Status.PARTIAL, "Best first; without Emotions and Smile."),
        "SourceImageOrientationCorrection": ORIENTATION,
        "TargetImageOrientationCorrection": ORIENTATION,
    },
    "DetectFaces": {
        "FaceDetails": Support(Status.PARTIAL, f"Largest first. {DETAILS.note}"),
        "OrientationCorrection": ORIENTATION,
    },
    "CreateUser": {},
    "DeleteUser": {},
    "ListUsers": {
        "Users": Support(Status.PARTIAL, f"By UserId. UserStatus: {STATUS.note}"),
        "NextToken": FULL,
    },
    "AssociateFaces": {
        "AssociatedFaces": FULL,
        "UnsuccessfulFaceAssociations": Support(
            note="Faces past the user's 100 come without a reason: the enumeration has none."
        ),
        "UserStatus": STATUS,
    },
    "DisassociateFaces": {
        "DisassociatedFaces": FULL,
        "UnsuccessfulFaceDisassociations": FULL,
        "UserStatus": STATUS,
    },
    "SearchUsers": {
        "UserMatches": MATCHES,
        "FaceModelVersion": MODEL_VERSION,
        "SearchedFace": FULL,
        "SearchedUser": FULL,
    },
    "SearchUsersByImage": {
        "UserMatches": MATCHES,
        "FaceModelVersion": MODEL_VERSION,
        "SearchedFace": DETAILS,
        "UnsearchedFaces": DETAILS,
    },
    "TagResource": {},
    "UntagResource": {},
    "ListTagsForResource": {"Tags": FULL},
}
"""Members of the outputs."""

_NO_MODEL = Support(Status.ABSENT, "No model for it whose licence allows commercial use.")
FACE_DETAIL: Mapping[str, Support] = {
    "BoundingBox": Support(note="Of the upright picture; may reach past its edges."),
    "Confidence": FULL,
    "Landmarks": Support(
        Status.PARTIAL,
        "The five of DEFAULT: eyeLeft, eyeRight, nose, mouthLeft, mouthRight; left in the picture.",
    ),
    "Pose": FULL,
    "Quality": FULL,
    "AgeRange": Support(Status.PARTIAL, "With `FACEPLATE_ENGINE__ATTRIBUTES=AGE_RANGE`."),
    "Gender": Support(
        Status.PARTIAL,
        "With `FACEPLATE_ENGINE__ATTRIBUTES=GENDER`: how a face is perceived, never who somebody "
        "is; not for decisions about people.",
    ),
    "Smile": _NO_MODEL,
    "Eyeglasses": _NO_MODEL,
    "Sunglasses": _NO_MODEL,
    "Beard": _NO_MODEL,
    "Mustache": _NO_MODEL,
    "EyesOpen": _NO_MODEL,
    "MouthOpen": _NO_MODEL,
    "Emotions": _NO_MODEL,
    "FaceOccluded": _NO_MODEL,
    "EyeDirection": _NO_MODEL,
}
"""Members of FaceDetail."""
