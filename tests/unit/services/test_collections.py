import threading
import time

import pytest

from build import ANA, BEN, MemoryParts, draw
from faceplate.domain.collections import MAX_TAGS, collection_arn, collection_of_arn
from faceplate.domain.errors import Conflict, InvalidParameter, NotFound

MANY = {f"k{number}": "v" for number in range(MAX_TAGS)}


def test_a_collection_is_made_listed_and_described(parts: MemoryParts) -> None:
    collections = parts.application.collections
    made = collections.create("a.one", tags={"team": "x"})
    collections.create("b.two")
    assert collections.get("a.one") == made
    assert [one.collection_id for one in collections.list(limit=5).items] == ["a.one", "b.two"]
    assert [one.collection_id for one in collections.list(limit=5, prefix="a.").items] == ["a.one"]
    parts.application.faces.index("x.png", draw(ANA, BEN), collection_id="a.one")
    assert collections.describe("a.one")[1].faces == 2
    with pytest.raises(Conflict):
        collections.create("a.one")


def test_deleting_takes_pictures_and_memory(parts: MemoryParts) -> None:
    parts.application.faces.index("x.png", draw(ANA), collection_id="c")
    parts.application.faces.index("x.png", draw(ANA), collection_id="d")
    parts.application.people.create("Ana", collection_id="c", person_id="ana")
    parts.application.collections.delete("c")
    assert len(list(parts.blobs.names())) == 1
    assert parts.vectors.count("c/faces") == 0
    assert parts.vectors.count("d/faces") == 1
    with pytest.raises(NotFound) as caught:
        parts.application.collections.delete("c")
    assert caught.value.code == "collection_not_found"


def test_a_picture_stored_anew_while_its_collection_was_deleted_keeps_its_bytes(
    parts: MemoryParts,
) -> None:
    image = parts.application.faces.index("x.png", draw(ANA), collection_id="c").image
    collection = parts.application.collections.get("c")
    deletion = threading.Thread(target=parts.application.collections.delete, args=("c",))
    with parts.application.keeper.changing("c", "x.png"):
        deletion.start()
        while parts.records.get_collection("c") is not None:
            time.sleep(0.001)
        parts.records.put_collection(collection)
        parts.records.put_image(image)
    deletion.join()
    assert parts.application.images.read("x.png", collection_id="c")[1] == draw(ANA)


def test_more_pictures_than_one_page_are_removed(parts: MemoryParts) -> None:
    for number in range(3):
        parts.application.faces.index(f"{number}.png", draw(ANA), collection_id="c")
    parts.application.collections._page = 2
    parts.application.collections.delete("c")
    assert list(parts.blobs.names()) == []


def test_tags_are_merged_and_taken_away(parts: MemoryParts) -> None:
    collections = parts.application.collections
    collections.create("c", tags={"a": "1", "b": "2"})
    assert collections.tag("c", {"b": "3", "c": ""}).tags == {"a": "1", "b": "3", "c": ""}
    assert collections.untag("c", ["a", "nothing"]).tags == {"b": "3", "c": ""}
    assert collections.get("c").tags == {"b": "3", "c": ""}
    for change in (lambda: collections.tag("x", {}), lambda: collections.untag("x", [])):
        with pytest.raises(NotFound):
            change()


def test_a_collection_has_at_most_200_tags(parts: MemoryParts) -> None:
    collections = parts.application.collections
    collections.create("full", tags=MANY)
    with pytest.raises(InvalidParameter) as caught:
        collections.tag("full", {"one": "more"})
    assert caught.value.code == "too_many_tags"
    assert len(collections.get("full").tags) == MAX_TAGS
    with pytest.raises(InvalidParameter):
        collections.create("fuller", tags={**MANY, "one": "more"})
    with pytest.raises(NotFound):
        collections.get("fuller")


def test_an_arn_names_its_collection() -> None:
    arn = collection_arn("a_b.c-d", region="eu-west-1", account_id="123456789012")
    assert arn == "arn:aws:rekognition:eu-west-1:123456789012:collection/a_b.c-d"
    assert collection_of_arn(arn, account_id="123456789012") == "a_b.c-d"
    assert collection_of_arn(arn.removeprefix("arn:"), account_id="123456789012") == "a_b.c-d"


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:rekognition:eu-west-1:123456789013:collection/c",
        "arn:aws:rekognition:eu-west-1:123456789012:streamprocessor/c",
        "arn:aws:s3:eu-west-1:123456789012:collection/c",
        "arn:aws:rekognition:eu-west-1:123456789012:collection/",
        "arn:aws:rekognition:eu-west-1:123456789012:collection/c/d",
        "collection/c",
    ],
)
def test_another_arn_names_none(arn: str) -> None:
    assert collection_of_arn(arn, account_id="123456789012") is None
