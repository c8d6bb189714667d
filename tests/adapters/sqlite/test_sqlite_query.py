"""Queries by people we do not trust."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from faceplate.adapters.sqlite import query
from faceplate.adapters.sqlite.connection import Database
from faceplate.adapters.sqlite.keys import SqliteKeys
from faceplate.adapters.sqlite.records import SqliteRecords
from faceplate.domain.errors import InvalidQuery, StorageFailed
from record_samples import dump, make_collection, make_face, make_vector

COUNTING = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c"


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteRecords]:
    kept = SqliteRecords(Database(tmp_path_factory.mktemp("data") / "faceplate.db"))
    for name in ("mine", "theirs"):
        kept.put_collection(make_collection(name))
        kept.put_faces(
            [
                make_face(f"{name}-{n:02}", name, person_id="zoë" if n < 3 else None)
                for n in range(40)
            ]
        )
    yield kept
    kept.close()


def test_the_view_has_rekognitions_names(records: SqliteRecords) -> None:
    result = records.query("mine", "SELECT * FROM faces WHERE FaceId = 'mine-01'", limit=10)
    (row,) = (dict(zip(result.columns, values, strict=True)) for values in result.rows)
    assert list(row) == [
        *("FaceId", "ImageId", "ExternalImageId", "Confidence", "UserId", "BoundingBox"),
        *("IndexFacesModelVersion", "Landmarks", "Pose", "Quality", "AgeRange", "Gender"),
        *("image_key", "metadata", "created_at"),
    ]
    assert row["Confidence"] == 99.87654321
    assert row["UserId"] == "zoë"
    assert row["IndexFacesModelVersion"] == "1.0"
    assert json.loads(row["BoundingBox"])["Top"] == -0.02
    assert json.loads(row["Gender"]) == {"Value": "Female", "Confidence": 98.5}
    assert row["created_at"].startswith("2030-03-01T12:30:15")


@pytest.mark.parametrize(
    ("statement", "first"),
    [
        ("select count(*) from faces", 40),
        ("  \n SELECT count(*) FROM faces WHERE UserId = 'zoë'", 3),
        ("select BoundingBox->>'$.Width' > 0.3 from faces", 1),
        ("select count(*) from faces a join faces b on a.FaceId = b.FaceId", 40),
        ("with n as (select * from faces where UserId is not null) select count(*) from n", 3),
        ("with faces as (select 5 as x) select x from faces", 5),
        ("select sum(n) from (select 1 as n from faces)", 40),
        ("select row_number() over (order by FaceId desc) from faces", 1),
        (f"{COUNTING} where x < 1000) select max(x) from c", 1000),
        (f"{COUNTING} where x < 1000) select count(*) from c", 1000),
        ("select count(*) from (select FaceId from faces union select ImageId from faces)", 41),
        ("select upper(UserId) from faces group by UserId having count(*) = 3", "ZOë"),
        ("select 1", 1),
    ],
)  # fmt: skip
def test_useful_queries_are_answered(records: SqliteRecords, statement: str, first: object) -> None:
    assert records.query("mine", statement, limit=100).rows[0][0] == first


@pytest.mark.parametrize(("limit", "rows", "truncated"), [(39, 39, True), (40, 40, False)])
def test_rows_are_limited(records: SqliteRecords, limit: int, rows: int, truncated: bool) -> None:
    result = records.query("mine", "SELECT FaceId FROM faces", limit=limit)
    assert (len(result.rows), result.truncated) == (rows, truncated)


def test_large_answers_are_cut(records: SqliteRecords) -> None:
    big = "replace(replace(FaceId, '-', 'aaaaaaaaaaaaaaaaaaaaaaaaa'), 'a', '" + "b" * 3000 + "')"
    statement = f"SELECT {big} FROM faces a, (SELECT 1 FROM faces)"
    result = records.query("mine", statement, limit=5000)
    assert result.truncated
    assert 0 < sum(len(str(row[0])) for row in result.rows) <= query.MAX_RESULT_BYTES


@pytest.mark.parametrize("collection_id", ["nobody", "x' OR '1'='1", "", "é"])
def test_a_collection_that_is_not_there_has_no_faces(
    records: SqliteRecords, collection_id: str
) -> None:
    assert records.query(collection_id, "SELECT * FROM faces", limit=5).rows == []


def test_an_unknown_column_is_named(records: SqliteRecords) -> None:
    with pytest.raises(InvalidQuery, match="no column nosuch in faces"):
        records.query("mine", "SELECT nosuch FROM faces", limit=5)


WRITES = [
    "DELETE FROM faces",
    "INSERT INTO collections VALUES ('x', 'x', 'x', '{}')",
    "UPDATE faces SET UserId = 'x'",
    "DROP TABLE faces",
    "CREATE TABLE x (y)",
    "CREATE TEMP TABLE x AS SELECT 1",
    "WITH x AS (SELECT 1) DELETE FROM main.faces",
    "REPLACE INTO main.people SELECT * FROM main.people",
    "VACUUM",
    "BEGIN IMMEDIATE",
    "PRAGMA journal_mode = DELETE",
    "PRAGMA query_only = OFF",
    "ATTACH 'x.db' AS y",
    "DETACH temp",
    "EXPLAIN SELECT 1",
    "VALUES (1)",
    "SELECT 1; DELETE FROM faces",
    "SELECT 1; SELECT 2",
]
OTHER_DATA = [
    "SELECT face_id FROM main.faces",
    "SELECT * FROM main.faces",
    "SELECT 1 FROM main.faces",
    "SELECT count(*) FROM main.faces",
    "WITH faces AS (SELECT face_id FROM main.faces) SELECT * FROM faces",
    "WITH faces AS (SELECT 1 FROM main.faces) SELECT count(*) FROM faces",
    "SELECT * FROM (SELECT face_id FROM main.faces) AS faces",
    "SELECT (SELECT face_id FROM main.faces WHERE collection_id = 'theirs')",
    "SELECT 1 FROM faces WHERE EXISTS (SELECT 1 FROM main.faces WHERE collection_id = 'theirs')",
    "SELECT FaceId FROM faces UNION SELECT face_id FROM main.faces",
    "SELECT collection_id FROM faces",
    "SELECT pk FROM faces",
    "SELECT main.faces.face_id FROM faces",
    "SELECT vector FROM vectors",
    "SELECT * FROM vectors",
    "SELECT count(*) FROM api_keys",
    *(
        f"SELECT count(*) FROM {name}"
        for name in ("vectors", "main.people", "Images", "migrations")
    ),
    *(
        f"SELECT 1 FROM {name}"
        for name in ("sqlite_master", "sqlite_sequence", "temp.sqlite_master")
    ),
    *(
        f"SELECT count(*) FROM {name}"
        for name in ("pragma_database_list", "dbstat", "sqlite_schema")
    ),
    "SELECT count(*) FROM json_each('[1]')",
    "SELECT secret_sha256 FROM api_keys",
    "SELECT * FROM people",
    "SELECT * FROM audit",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM sqlite_schema",
    "SELECT name FROM temp.sqlite_master",
    "SELECT sql FROM sqlite_temp_schema",
    "SELECT * FROM sqlite_sequence",
    "SELECT * FROM pragma_table_info('faces')",
    "SELECT * FROM pragma_database_list",
    "SELECT * FROM json_each('[1]')",
    "SELECT * FROM dbstat",
]
FUNCTIONS = [
    "SELECT randomblob(1000000000)",
    "SELECT zeroblob(1000000000)",
    "SELECT printf('%1000000000d', 1)",
    "SELECT format('%.1000000000f', 1)",
    "SELECT hex(FaceId) FROM faces",
    "SELECT load_extension('x')",
    "SELECT readfile('/etc/passwd')",
    "SELECT writefile('x', 'y')",
    "SELECT fts3_tokenizer('x')",
    "SELECT sqlite_version()",
    "SELECT json_group_array(FaceId) FROM faces",
]
NONSENSE = [
    "",
    " ",
    "SELECT",
    "SELECT ?",
    "SELECT :name",
    "SELECT 'a\x00b'",
    "SELECT '\ud800'",
    "SELECT 1 +",
    "SELECT abs(-9223372036854775808)",
    "SELECT " + "(" * 200 + "1" + ")" * 200,
    "SELECT " + ", ".join(["1"] * 500),
    "SELECT '" + "x" * 20_000 + "'",
    "SELECT like('" + "%a" * 200 + "', FaceId) FROM faces",
]


@pytest.mark.parametrize("statement", [*WRITES, *OTHER_DATA, *FUNCTIONS, *NONSENSE])
def test_everything_else_is_refused(records: SqliteRecords, statement: str) -> None:
    before = dump(records)
    with pytest.raises(InvalidQuery) as caught:
        records.query("mine", statement, limit=10)
    assert "theirs" not in caught.value.message
    assert "sqlite" not in caught.value.message.lower()
    assert dump(records) == before


@pytest.mark.parametrize(
    "statement",
    [
        f"{COUNTING}) SELECT x FROM c WHERE x < 0",
        "SELECT count(*) FROM faces a, faces b, faces c, faces d, faces e, faces f",
        f"{COUNTING}) SELECT x FROM c ORDER BY x",
    ],
)
def test_endless_queries_end(
    records: SqliteRecords, statement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query, "DEADLINE_S", 0.05)
    with pytest.raises(InvalidQuery) as caught:
        records.query("mine", statement, limit=10)
    assert caught.value.code == "query_too_slow"


@pytest.mark.parametrize(
    "statement",
    [
        "WITH RECURSIVE c(x) AS (SELECT 'a' UNION ALL SELECT x || x FROM c) SELECT 1 FROM c",
        "SELECT group_concat(a.Pose || b.Landmarks) FROM faces a, faces b, faces c",
        f"SELECT replace('{'a' * 1000}', 'a', '{'b' * 1000}')",
    ],
)
def test_huge_values_are_refused(records: SqliteRecords, statement: str) -> None:
    with pytest.raises(InvalidQuery, match="more than 100,000 bytes"):
        records.query("mine", statement, limit=1000)


def test_a_query_leaves_nothing_open(tmp_path: Path) -> None:
    database = Database(tmp_path / "faceplate.db")
    records = SqliteRecords(database)
    records.put_collection(make_collection())
    records.put_faces([make_face(embedding=make_vector(1))])
    for _ in range(30):
        records.query("c", "SELECT FaceId FROM faces", limit=1)
    SqliteKeys(database).ping()
    records.close()
    assert [one.name for one in tmp_path.iterdir()] == ["faceplate.db"]
    with pytest.raises(StorageFailed):
        records.query("c", "SELECT FaceId FROM faces", limit=1)
