"""The one DynamoDB table: its keys, its indexes, and how its items are named.

The hash key is called ``FaceId`` because faces are what the table is for: a face is the item
(its FaceId, its collection). Everything else is kept in partitions whose name starts with ``#``,
which no FaceId does:

    FaceId                     ItemKey                 one item for
    a FaceId                   collection              a face
    #collection                collection              a collection
    #image/<collection>        image key               a picture's record
    #image-faces/<collection>  image key               the FaceIds of a picture
    #image-bytes/<collection>  sha256                  the keys of pictures with these bytes
    #person/<collection>       person_id               a person
    #person-faces/<collection> person_id               the FaceIds of a person
    #upload                    upload_id               an upload
    #upload-age                moment/upload_id        the same, by age
    #upload-of/<collection>    digest of key/upload_id the same, by picture
    #request-token             caller/token            an answer that was given already
    #request-token-age         moment/caller/token     the same, by age
    #audit                     number, 12 digits       a line of the audit log
    #audit-number              -                       the number of its last line
    #usage/<day>               key_id/app              what a key used of an application
    #lease                     collection/image key    who is changing a picture
    #doomed                    a token                 faces that must still leave Rekognition
    #journal                   a token/part            a large step that is being written
    #installation              secret                  what only this installation knows
"""

from __future__ import annotations

from typing import Any

HASH_KEY = "FaceId"
RANGE_KEY = "ItemKey"

BY_COLLECTION = "faces-by-collection"
BY_IMAGE = "faces-by-image"
BY_PERSON = "faces-by-person"

INDEXES: dict[str, tuple[str, str]] = {
    BY_COLLECTION: ("CollectionId", HASH_KEY),
    BY_IMAGE: ("image_key", "CollectionId"),
    BY_PERSON: ("UserId", "CollectionId"),
}
"""Name: (hash key, range key). Only faces carry these attributes, so only faces are in them."""


def table_definition(name: str) -> dict[str, Any]:
    """Return the parameters of CreateTable, as the tests and the Terraform stack have them."""
    attributes = [HASH_KEY, RANGE_KEY, "CollectionId", "image_key", "UserId"]
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": attribute, "AttributeType": "S"} for attribute in attributes
        ],
        "KeySchema": _key_schema(HASH_KEY, RANGE_KEY),
        "GlobalSecondaryIndexes": [
            {
                "IndexName": index,
                "KeySchema": _key_schema(*keys),
                "Projection": {"ProjectionType": "ALL"},
            }
            for index, keys in INDEXES.items()
        ],
    }


def _key_schema(hash_key: str, range_key: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": hash_key, "KeyType": "HASH"},
        {"AttributeName": range_key, "KeyType": "RANGE"},
    ]
