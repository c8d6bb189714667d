"""Many clients at once, all over the same two collections: nothing is our fault."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError

from aws_serving import AwsServing
from build import ANA, BEN, CAM, draw

CLIENTS = 8
CALLS_EACH = 80
PICTURES = (draw(ANA), draw(BEN), draw(ANA, BEN), draw(CAM, ANA, BEN), draw())
NOBODYS_FACE = "00000000-0000-0000-0000-000000000000"


def calls(client: Any, chance: random.Random, faces: list[str]) -> list[Callable[[], Any]]:
    """Return every kind of call, on things that may be there or not."""
    collection = {"CollectionId": chance.choice(["a", "b"])}
    user = {"UserId": chance.choice(["u", "v"])}
    image = {"Image": {"Bytes": chance.choice(PICTURES)}}
    face = {"FaceId": chance.choice(faces)}
    some = {"FaceIds": [chance.choice(faces) for _ in range(2)]}
    anyone = {"UserMatchThreshold": 0}
    return [
        lambda: client.create_collection(**collection),
        lambda: client.delete_collection(**collection),
        lambda: client.describe_collection(**collection),
        lambda: client.list_collections(MaxResults=1),
        lambda: client.index_faces(**collection, **image, QualityFilter="NONE"),
        lambda: client.index_faces(**collection, **image, ExternalImageId="x"),
        lambda: client.list_faces(**collection, MaxResults=2),
        lambda: client.delete_faces(**collection, **some),
        lambda: client.search_faces(**collection, **face),
        lambda: client.search_faces_by_image(**collection, **image),
        lambda: client.create_user(**collection, **user),
        lambda: client.delete_user(**collection, **user),
        lambda: client.list_users(**collection),
        lambda: client.associate_faces(**collection, **user, **some, **anyone),
        lambda: client.disassociate_faces(**collection, **user, **some),
        lambda: client.search_users(**collection, **face),
        lambda: client.search_users_by_image(**collection, **image),
    ]


def work(client: Any, seed: int) -> set[str]:
    """Make calls at random; return the names of the exceptions that were met."""
    chance, faces, met = random.Random(seed), [NOBODYS_FACE], set()
    for _ in range(CALLS_EACH):
        call = chance.choice(calls(client, chance, faces))
        try:
            answer = call()  # held against the service model as it comes
        except ClientError as exc:
            met.add(exc.response["Error"]["Code"])
        else:
            faces += [each["Face"]["FaceId"] for each in answer.get("FaceRecords", ())]
    return met


def test_clients_at_once_meet_documented_errors_only(fresh: AwsServing) -> None:
    clients = [fresh.client() for _ in range(CLIENTS)]
    for name in ("a", "b"):
        clients[0].create_collection(CollectionId=name)
    with ThreadPoolExecutor(CLIENTS) as pool:
        met = set().union(*pool.map(work, clients, range(CLIENTS)))
    assert met <= {
        "ConflictException",
        "InvalidParameterException",
        "ResourceAlreadyExistsException",
        "ResourceNotFoundException",
    }
