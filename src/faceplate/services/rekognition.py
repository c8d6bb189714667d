"""The use cases that only Amazon Rekognition's own protocol has."""

from __future__ import annotations

from dataclasses import dataclass

from faceplate.services.intake import BareIndex
from faceplate.services.largest_face import LargestFace
from faceplate.services.page_tokens import PageTokens
from faceplate.services.picture_objects import PictureObjects
from faceplate.services.requests import Requests
from faceplate.services.users import Users


@dataclass(frozen=True)
class Rekognition:
    """What the protocol's operations work with. ``account_id`` is the one that stands in ARNs."""

    users: Users
    largest_face: LargestFace
    bare_index: BareIndex
    objects: PictureObjects
    requests: Requests
    page_tokens: PageTokens
    account_id: str
