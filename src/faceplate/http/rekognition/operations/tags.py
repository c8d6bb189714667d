"""TagResource, UntagResource, ListTagsForResource: collections are the only resources here."""

from __future__ import annotations

from faceplate.domain.collections import collection_of_arn
from faceplate.domain.errors import NotFound
from faceplate.http.rekognition.operations.call import Answer, Call, Request


def tag_resource(call: Call, request: Request) -> Answer:
    """Add tags to a collection, or change their values."""
    call.application.collections.tag(_collection_of(call, request), request["Tags"])
    return {}


def untag_resource(call: Call, request: Request) -> Answer:
    """Take tags away from a collection; those that are not there are ignored."""
    call.application.collections.untag(_collection_of(call, request), request["TagKeys"])
    return {}


def list_tags_for_resource(call: Call, request: Request) -> Answer:
    """List the tags of a collection."""
    collection = call.application.collections.get(_collection_of(call, request))
    return {"Tags": dict(collection.tags)}


def _collection_of(call: Call, request: Request) -> str:
    collection_id = collection_of_arn(request["ResourceArn"], account_id=call.protocol.account_id)
    if collection_id is None:
        raise NotFound("ResourceArn names no collection of this server.", code="resource_not_found")
    call.require_in_scope(collection_id)
    return collection_id
