"""Collections and tags, with the answers' exact members."""

from __future__ import annotations

from datetime import timedelta

from build import ANA, MemoryParts, draw
from rekognition_calls import (
    BAD_TOKEN,
    DENIED,
    EXISTS,
    MISSING,
    QUOTA,
    Invoke,
    refusal,
)


def test_a_collection_lives_and_dies(invoke: Invoke, parts: MemoryParts) -> None:
    made = invoke("CreateCollection", CollectionId="c", Tags={"a": "b"})
    arn = "arn:aws:rekognition:eu-west-1:000000000000:collection/c"
    assert made == {"StatusCode": 200, "CollectionArn": arn, "FaceModelVersion": "1.0"}
    parts.application.faces.index("x.png", draw(ANA), collection_id="c")
    parts.application.people.create("Ana", collection_id="c")
    described = invoke("DescribeCollection", CollectionId="c")
    created_at = parts.application.collections.get("c").created_at
    assert abs(described.pop("CreationTimestamp") - created_at) < timedelta(milliseconds=2)
    assert described == {
        "FaceCount": 1,
        "UserCount": 1,
        "FaceModelVersion": "1.0",
        "CollectionARN": arn,
    }
    assert refusal(invoke, "CreateCollection", CollectionId="c") == EXISTS
    assert invoke("DeleteCollection", CollectionId="c") == {"StatusCode": 200}
    for name in ("DescribeCollection", "DeleteCollection"):
        assert refusal(invoke, name, CollectionId="c") == MISSING


def test_collections_are_listed_in_pages(invoke: Invoke) -> None:
    names = [f"c{number}" for number in range(5)]
    for name in reversed(names):
        invoke("CreateCollection", CollectionId=name)
    found: list[str] = []
    page = invoke("ListCollections", MaxResults=2)
    while True:
        assert page["FaceModelVersions"] == ["1.0"] * len(page["CollectionIds"])
        found += page["CollectionIds"]
        if "NextToken" not in page:
            break
        page = invoke("ListCollections", MaxResults=2, NextToken=page["NextToken"])
    assert found == names
    assert invoke("ListCollections", MaxResults=0)["CollectionIds"] == names


def test_ids_too_long_for_a_token_are_paged_too(invoke: Invoke) -> None:
    names = sorted(f"{'a' * 250}{number}" for number in range(4))
    for name in names:
        invoke("CreateCollection", CollectionId=name)
    first = invoke("ListCollections", MaxResults=2)
    assert len(first["NextToken"]) <= 255
    second = invoke("ListCollections", MaxResults=2, NextToken=first["NextToken"])
    assert first["CollectionIds"] + second["CollectionIds"] == names
    invoke("DeleteCollection", CollectionId=names[1])
    refused = refusal(invoke, "ListCollections", NextToken=first["NextToken"])
    assert refused == BAD_TOKEN


def test_a_long_id_is_found_among_thousands_that_begin_like_it(invoke: Invoke) -> None:
    names = [f"{'a' * 250}{number:04}" for number in range(1004)]
    for name in names:
        invoke("CreateCollection", CollectionId=name)
    first = invoke("ListCollections", MaxResults=1002)
    rest = invoke("ListCollections", NextToken=first["NextToken"])
    assert first["CollectionIds"] + rest["CollectionIds"] == names


def test_wrong_tokens_are_refused(invoke: Invoke) -> None:
    for name in ("a", "b"):
        invoke("CreateCollection", CollectionId=name)
    token = invoke("ListCollections", MaxResults=1)["NextToken"]
    assert refusal(invoke, "ListCollections", NextToken="nonsense") == BAD_TOKEN
    theirs = refusal(invoke, "ListCollections", NextToken=token, prefix="a")
    assert theirs == BAD_TOKEN


def test_a_key_sees_the_collections_of_its_prefix_alone(invoke: Invoke) -> None:
    invoke("CreateCollection", CollectionId="mine.a", prefix="mine.")
    invoke("CreateCollection", CollectionId="other")
    assert invoke("ListCollections", prefix="mine.")["CollectionIds"] == ["mine.a"]
    for name in ("CreateCollection", "DescribeCollection", "DeleteCollection"):
        for theirs in ("other", "nothing"):
            refused = refusal(invoke, name, CollectionId=theirs, prefix="mine.")
            assert refused == DENIED
    arn = "arn:aws:rekognition:eu-west-1:000000000000:collection/other"
    assert refusal(invoke, "ListTagsForResource", ResourceArn=arn, prefix="mine.") == (DENIED)


def test_tags_are_kept(invoke: Invoke) -> None:
    arn = invoke("CreateCollection", CollectionId="c", Tags={"a": "1"})["CollectionArn"]
    assert invoke("TagResource", ResourceArn=arn, Tags={"b": "2", "a": "3"}) == {}
    assert invoke("ListTagsForResource", ResourceArn=arn) == {"Tags": {"a": "3", "b": "2"}}
    assert invoke("UntagResource", ResourceArn=arn, TagKeys=["a", "x"]) == {}
    assert invoke("ListTagsForResource", ResourceArn=arn) == {"Tags": {"b": "2"}}
    many = {f"k{number}": "" for number in range(200)}
    assert refusal(invoke, "TagResource", ResourceArn=arn, Tags=many) == QUOTA
    elsewhere = arn.replace("000000000000", "111111111111")
    assert refusal(invoke, "ListTagsForResource", ResourceArn=elsewhere) == MISSING
    gone = f"{arn}-gone"
    assert refusal(invoke, "ListTagsForResource", ResourceArn=gone) == MISSING
