"""Amazon Rekognition's face operations over the use cases, a module for each noun.

A handler gets members that fit the service model and returns plain values. It raises
`FaceplateError`; `exceptions.EXCEPTIONS` says what each code is called there.
"""

from __future__ import annotations

from collections.abc import Mapping

from faceplate.http.rekognition.operations import collections, tags
from faceplate.http.rekognition.operations.call import Operation

OPERATIONS: Mapping[str, Operation] = {
    "CreateCollection": Operation(collections.create_collection, "write", "plain"),
    "ListCollections": Operation(collections.list_collections, "read", "plain"),
    "DescribeCollection": Operation(collections.describe_collection, "read", "plain"),
    "DeleteCollection": Operation(collections.delete_collection, "write", "plain"),
    "TagResource": Operation(tags.tag_resource, "write", "plain"),
    "UntagResource": Operation(tags.untag_resource, "write", "plain"),
    "ListTagsForResource": Operation(tags.list_tags_for_resource, "read", "plain"),
}
