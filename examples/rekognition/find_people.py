"""Learn who is who from a folder of pictures, then say who is in another picture.

The pictures of the folder are named after whom they show: `ana-1.jpg`, `ana-2.jpg`, `ben.png`.

    python find_people.py COLLECTION FOLDER PICTURE [--delete]

It is written for Amazon Rekognition and knows nothing of any other service. What boto3 reads from
its environment decides whom it asks: your AWS account, or another service by
AWS_ENDPOINT_URL_REKOGNITION.
"""

from __future__ import annotations

import argparse
import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3

SUFFIXES = {".jpg", ".jpeg", ".png"}


def main() -> None:
    """Index, associate, search, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("collection")
    parser.add_argument("folder", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--delete", action="store_true", help="delete the collection at the end")
    arguments = parser.parse_args()

    rekognition = boto3.client("rekognition")
    create_collection(rekognition, arguments.collection)
    for path in sorted(arguments.folder.iterdir()):
        if path.suffix.lower() in SUFFIXES:
            learn(rekognition, arguments.collection, path)
    for face, answer in recognise(rekognition, arguments.collection, arguments.picture):
        print(f"{face}: {answer}")
    for face_id, user in list_faces(rekognition, arguments.collection):
        print(f"kept: {face_id} {user}")
    if arguments.delete:
        rekognition.delete_collection(CollectionId=arguments.collection)
        print(f"deleted: {arguments.collection}")


def create_collection(rekognition: Any, collection: str) -> None:
    """Create the collection unless it is there."""
    try:
        answer = rekognition.create_collection(CollectionId=collection)
        print(f"created: {answer['CollectionArn']}")
    except rekognition.exceptions.ResourceAlreadyExistsException:
        print(f"there already: {collection}")


def learn(rekognition: Any, collection: str, path: Path) -> None:
    """Index the best face of a picture and give it to the user the file is named after."""
    answer = rekognition.index_faces(
        CollectionId=collection,
        Image={"Bytes": path.read_bytes()},
        ExternalImageId=re.sub(r"[^a-zA-Z0-9_.\-:]", "_", path.name),
        MaxFaces=1,
        QualityFilter="AUTO",
    )
    for left_out in answer["UnindexedFaces"]:
        print(f"left out of {path.name}: {', '.join(left_out['Reasons'])}")
    face_ids = [record["Face"]["FaceId"] for record in answer["FaceRecords"]]
    if not face_ids:
        print(f"no face in {path.name}")
        return
    user = re.sub(r"[^a-zA-Z0-9_.\-:]", "_", path.stem.split("-")[0])
    with contextlib.suppress(rekognition.exceptions.ConflictException):  # there already
        rekognition.create_user(CollectionId=collection, UserId=user)
    change = rekognition.associate_faces(CollectionId=collection, UserId=user, FaceIds=face_ids)
    for problem in change["UnsuccessfulFaceAssociations"]:
        print(f"{path.name} is not {user}: {', '.join(problem['Reasons'])}")
    print(f"learned {user} from {path.name}")


def recognise(rekognition: Any, collection: str, path: Path) -> Iterator[tuple[str, str]]:
    """Say who the largest face of a picture is, by user and by face."""
    image = {"Bytes": path.read_bytes()}
    answer = rekognition.search_users_by_image(CollectionId=collection, Image=image, MaxUsers=3)
    if "SearchedFace" not in answer:
        yield "nobody", "there is no face in the picture"
        return
    matches = answer["UserMatches"]
    if not matches:
        yield "largest face", "unknown"
    for match in matches:
        yield "largest face", f"{match['User']['UserId']} ({match['Similarity']:.1f})"
    found = rekognition.search_faces_by_image(
        CollectionId=collection, Image=image, MaxFaces=5, FaceMatchThreshold=80
    )
    for match in found["FaceMatches"]:
        face = match["Face"]
        yield "looks like", f"{face.get('ExternalImageId')} ({match['Similarity']:.1f})"


def list_faces(rekognition: Any, collection: str) -> Iterator[tuple[str, str]]:
    """List every face of the collection, page by page."""
    for page in rekognition.get_paginator("list_faces").paginate(CollectionId=collection):
        for face in page["Faces"]:
            yield face["FaceId"], face.get("UserId", "nobody's")


if __name__ == "__main__":
    main()
