"""Free queries on AWS: PartiQL over the faces of one collection, and nothing else."""

from __future__ import annotations

import json
import re

import pytest

from faceplate.adapters.aws.query import run_query
from faceplate.adapters.aws.query_words import COLUMNS, read_question
from faceplate.adapters.aws.records import DynamoRecords
from faceplate.adapters.aws.table import DynamoTable
from faceplate.domain.errors import InvalidQuery
from record_samples import make_collection, make_face, make_image, make_person
from scripted_aws import Script, refusal, scripted
from task import ROOT


@pytest.fixture
def records(dynamo_table: DynamoTable) -> DynamoRecords:
    records = DynamoRecords(dynamo_table, bucket="pictures")
    for name in ("c", "d"):
        records.put_collection(make_collection(name))
    faces = [
        make_face("f1", person_id="ana", metadata={"album": "it's"}),
        make_face("f2", image_key="b.jpg", metadata={}),
        make_face("f3", external_image_id=None, image_key=None, person_id="ben"),
    ]
    records.put_faces([*faces, make_face("f4", "d", person_id="ana")])
    records.put_image(make_image())
    records.put_person(make_person())
    return records


def rows(records: DynamoRecords, statement: str, limit: int = 10) -> list[list[object]]:
    return [list(row) for row in records.query("c", statement, limit=limit).rows]


@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        ("", ["f1", "f2", "f3"]),
        ("WHERE UserId = 'ana'", ["f1"]),
        ("WHERE userid = 'ana' OR UserId = 'ben' ORDER BY FaceId", ["f1", "f3"]),
        ("WHERE UserId IS NULL", ["f2"]),
        ("WHERE UserId IS NOT MISSING AND NOT UserId = 'ana'", ["f3"]),
        ("WHERE image_key IN ('b.jpg', 'x')", ["f2"]),
        ("WHERE image_key NOT IN ('b.jpg', 'x') AND image_key IS NOT NULL", ["f1"]),
        ("WHERE Confidence > 99.5 AND Confidence BETWEEN 1 AND 1e2", ["f1", "f2", "f3"]),
        ("WHERE NOT (Confidence >= 99.5 OR UserId = 'x')", []),
        ("WHERE begins_with(image_key, 'a ')", ["f1"]),
        ("WHERE contains(image_key, '.jpg') AND metadata.album = 'it''s'", ["f1"]),
        ("WHERE size(image_key) = 5", ["f2"]),
        ("WHERE Pose.Yaw > 20 AND BoundingBox.Top < 0 AND AgeRange.Low <> 21", ["f1", "f2", "f3"]),
        ("WHERE Landmarks[1].Type = 'nose'", ["f1", "f2", "f3"]),
        ("WHERE created_at < '2031' AND bucket = 'pictures'", ["f1", "f2", "f3"]),
    ],
)
def test_conditions(records: DynamoRecords, condition: str, ids: list[str]) -> None:
    assert rows(records, f"SELECT FaceId FROM faces {condition}") == [[one] for one in ids]


def test_the_statements_of_the_documentation_work(records: DynamoRecords) -> None:
    part = (ROOT / "docs/how-to/query-records.md").read_text().partition("## On AWS")[2]
    statements = re.findall(r'faceplate faces query "([^"]+)"', part)
    assert "SELECT FaceId, Confidence FROM faces WHERE Confidence > 90" in statements
    records.put_faces([make_face("f5", image_key="door/a.jpg", metadata={"place": "garden"})])
    for statement in statements:
        assert rows(records, statement), statement


def test_columns_and_parts_of_them(records: DynamoRecords) -> None:
    result = records.query(
        "c", 'select "FaceId", Pose.Yaw, Landmarks[0].X, UserId, Pose from "faces"', limit=1
    )
    assert list(result.columns) == ["FaceId", "Pose.Yaw", "Landmarks[0].X", "UserId", "Pose"]
    (row,) = result.rows
    assert row[:4] == ["f1", 20.25, 0.123456789012345, "ana"]
    assert json.loads(str(row[4])) == {"Roll": -1.5, "Yaw": 20.25, "Pitch": 0}
    assert result.truncated
    everything = records.query("c", "SELECT * FROM faces", limit=10)
    assert tuple(everything.columns) == COLUMNS
    assert len(everything.rows) == 3
    assert not everything.truncated
    assert rows(records, "SELECT FaceId.x, Landmarks[9].X FROM faces", 1) == [[None, None]]


@pytest.mark.parametrize(
    "statement",
    [
        "",
        "SELECT",
        "DELETE FROM faces WHERE FaceId = 'f1'",
        "UPDATE faces SET UserId = 'x' WHERE FaceId = 'f1'",
        "INSERT INTO faces VALUE {'FaceId': 'x'}",
        "SELECT FaceId FROM faces; DELETE FROM faces",
        "SELECT FaceId FROM faces -- all",
        "SELECT FaceId FROM faces /* all */",
        'SELECT FaceId FROM "faces"."faces-by-image"',
        "SELECT FaceId FROM records",
        "SELECT FaceId FROM (SELECT FaceId FROM faces)",
        "SELECT FaceId FROM faces WHERE EXISTS (SELECT * FROM faces)",
        "SELECT FaceId FROM faces WHERE CollectionId = 'd'",
        "SELECT CollectionId FROM faces",
        "SELECT ItemKey, Embedding FROM faces",
        "SELECT FaceId FROM faces WHERE UserId = 'a' OR 1 = 1",
        "SELECT FaceId FROM faces WHERE UserId = UserId",
        "SELECT FaceId FROM faces WHERE UserId = ?",
        "SELECT FaceId FROM faces WHERE UserId = 'a",
        "SELECT FaceId FROM faces WHERE UserId = 'a') OR ('a' = 'a'",
        'SELECT "FaceId"" FROM x" FROM faces',
        "SELECT count(*) FROM faces",
        "SELECT FaceId FROM faces GROUP BY UserId",
        "SELECT FaceId FROM faces LIMIT 5",
        "SELECT FaceId FROM faces ORDER BY Confidence",
        "SELECT FaceId FROM faces ORDER BY FaceId DESC",
        "SELECT FaceId FROM faces WHERE UserId LIKE 'a%'",
        "SELECT FaceId FROM faces WHERE UserId NOT 'a'",
        "SELECT FaceId FROM faces WHERE system('x')",
        "SELECT FaceId FROM faces WHERE Landmarks[x] = 1",
        "SELECT FaceId FROM faces WHERE Landmarks[99999] = 1",
        "SELECT FaceId FROM faces WHERE Confidence > 1e999",
        "SELECT FaceId FROM faces WHERE Confidence > " + "9" * 60,
        "SELECT FaceId FROM faces WHERE " + "(" * 50 + "UserId = 'a'" + ")" * 50,
        "SELECT FaceId FROM faces WHERE " + "NOT " * 50 + "UserId = 'a'",
        "SELECT FaceId FROM faces WHERE Pose" + ".Yaw" * 50 + " = 1",
        "SELECT FaceId FROM faces WHERE UserId = '" + "a" * 9000 + "'",
        "SELECT FaceId FROM faces WHERE UserId = 'a'\0",
    ],
)
def test_everything_else_is_refused(records: DynamoRecords, statement: str) -> None:
    with pytest.raises(InvalidQuery):
        records.query("c", statement, limit=10)
    assert len(rows(records, "SELECT FaceId FROM faces")) == 3


def test_nothing_a_caller_writes_reaches_the_statement() -> None:
    question = read_question(
        "SELECT FaceId FROM faces WHERE UserId = 'x'' OR ''1''=''1' AND Confidence > -1.5"
    )
    assert question.condition == '"UserId" = ? AND "Confidence" > ?'
    assert list(question.parameters) == [{"S": "x' OR '1'='1"}, {"N": "-1.5"}]


def test_other_collections_and_kinds_are_out_of_reach(records: DynamoRecords) -> None:
    assert rows(records, "SELECT FaceId FROM faces WHERE FaceId = 'f4'") == []
    assert rows(records, "SELECT FaceId FROM faces WHERE begins_with(FaceId, '#')") == []
    for name in ("", "nowhere", "#image/c", "x" * 5000, "d' OR 'a'='a"):
        assert list(records.query(name, "SELECT FaceId FROM faces", limit=5).rows) == []


@pytest.mark.usefixtures("records")
def test_a_query_that_takes_too_long_is_given_up(dynamo_table: DynamoTable) -> None:
    moments = iter([0.0, 2.5])
    with pytest.raises(InvalidQuery) as caught:
        run_query(
            dynamo_table, "c", "SELECT FaceId FROM faces", limit=9, clock=lambda: next(moments)
        )
    assert caught.value.code == "query_too_slow"


def test_a_large_answer_is_cut(records: DynamoRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("faceplate.adapters.aws.query.MAX_RESULT_BYTES", 5)
    result = records.query("c", "SELECT FaceId FROM faces", limit=10)
    assert (len(result.rows), result.truncated) == (2, True)


def test_what_dynamodb_finds_fault_with_is_the_callers_fault() -> None:
    script = Script([refusal("ValidationException")])
    with scripted(script) as clients, pytest.raises(InvalidQuery):
        DynamoRecords(DynamoTable(clients, "t")).query("c", "SELECT FaceId FROM faces", limit=1)
    (call,) = script.calls
    assert call[1]["Statement"] == (
        'SELECT "FaceId" FROM "t"."faces-by-collection" WHERE "CollectionId" = ?'
    )


def test_pages_follow_one_another() -> None:
    pages = [
        (200, {"Items": [{"FaceId": {"S": "1"}}], "NextToken": "more"}),
        (200, {"Items": [], "NextToken": "and more"}),
        (200, {"Items": [{"FaceId": {"S": "2"}}]}),
    ]
    script = Script([*pages])
    with scripted(script) as clients:
        found = DynamoRecords(DynamoTable(clients, "t")).query(
            "c", "SELECT FaceId FROM faces", limit=5
        )
    assert [list(row) for row in found.rows] == [["1"], ["2"]]
    assert [call[1].get("NextToken") for call in script.calls] == [None, "more", "and more"]
