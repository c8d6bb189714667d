"""CreateCollection, ListCollections, DescribeCollection, DeleteCollection."""

from __future__ import annotations

from functools import partial
from operator import attrgetter

from faceplate.domain.faces import model_version
from faceplate.http.rekognition.operations.call import Answer, Call, Request
from faceplate.http.rekognition.operations.pages import list_page

MAX_COLLECTIONS_A_PAGE = 4096
"""Source: the greatest MaxResults in the service model."""


def create_collection(call: Call, request: Request) -> Answer:
    """Create an empty collection with its tags."""
    collection = call.application.collections.create(
        call.collection_of(request), tags=request.get("Tags")
    )
    return {
        "StatusCode": 200,
        "CollectionArn": call.arn_of(collection.collection_id),
        "FaceModelVersion": model_version(collection.model),
    }


def list_collections(call: Call, request: Request) -> Answer:
    """List the collections the key may use, by id."""
    found, next_token = list_page(
        call,
        request,
        scope="collections",
        most=MAX_COLLECTIONS_A_PAGE,
        fetch=partial(call.application.collections.list, prefix=call.key.collection_prefix),
        key_of=attrgetter("collection_id"),
    )
    return {
        "CollectionIds": [one.collection_id for one in found],
        "FaceModelVersions": [model_version(one.model) for one in found],
        "NextToken": next_token,
    }


def describe_collection(call: Call, request: Request) -> Answer:
    """Describe one collection: what it holds, and since when."""
    collection, size = call.application.collections.describe(call.collection_of(request))
    return {
        "FaceCount": size.faces,
        "UserCount": size.people,
        "FaceModelVersion": model_version(collection.model),
        "CollectionARN": call.arn_of(collection.collection_id),
        "CreationTimestamp": collection.created_at,
    }


def delete_collection(call: Call, request: Request) -> Answer:
    """Delete a collection with all that is in it."""
    call.application.collections.delete(call.collection_of(request))
    return {"StatusCode": 200}
