"""Amazon Rekognition's face operations over the use cases, a module for each noun.

A handler gets members that fit the service model and returns plain values. It raises
`FaceplateError`; `exceptions.EXCEPTIONS` says what each code is called there.
"""

from __future__ import annotations

from collections.abc import Mapping

from faceplate.http.rekognition.operations import (
    collections,
    compare,
    detect,
    faces,
    search,
    tags,
    users,
)
from faceplate.http.rekognition.operations.call import Operation

OPERATIONS: Mapping[str, Operation] = {
    "CreateCollection": Operation(collections.create_collection, "write", "plain"),
    "ListCollections": Operation(collections.list_collections, "read", "plain"),
    "DescribeCollection": Operation(collections.describe_collection, "read", "plain"),
    "DeleteCollection": Operation(collections.delete_collection, "write", "plain"),
    "IndexFaces": Operation(faces.index_faces, "write", "picture"),
    "ListFaces": Operation(faces.list_faces, "read", "plain"),
    "DeleteFaces": Operation(faces.delete_faces, "write", "plain"),
    "SearchFaces": Operation(search.search_faces, "read", "plain"),
    "SearchFacesByImage": Operation(search.search_faces_by_image, "read", "picture"),
    "CompareFaces": Operation(compare.compare_faces, "read", "picture"),
    "DetectFaces": Operation(detect.detect_faces, "read", "picture"),
    "CreateUser": Operation(users.create_user, "write", "plain"),
    "DeleteUser": Operation(users.delete_user, "write", "plain"),
    "ListUsers": Operation(users.list_users, "read", "plain"),
    "AssociateFaces": Operation(users.associate_faces, "write", "plain"),
    "DisassociateFaces": Operation(users.disassociate_faces, "write", "plain"),
    "SearchUsers": Operation(search.search_users, "read", "plain"),
    "SearchUsersByImage": Operation(search.search_users_by_image, "read", "picture"),
    "TagResource": Operation(tags.tag_resource, "write", "plain"),
    "UntagResource": Operation(tags.untag_resource, "write", "plain"),
    "ListTagsForResource": Operation(tags.list_tags_for_resource, "read", "plain"),
}
