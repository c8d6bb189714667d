"""Whatever is done, SQLite holds what plain dictionaries hold."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from faceplate.adapters.memory.records import MemoryRecords
from faceplate.adapters.sqlite.connection import Database
from faceplate.adapters.sqlite.records import SqliteRecords
from faceplate.domain.errors import FaceplateError
from faceplate.ports.records import Records
from record_samples import (
    NOW,
    dump,
    make_audit,
    make_collection,
    make_face,
    make_image,
    make_person,
    make_upload,
    make_vector,
)

Step = Callable[[Records], Any]

collections = st.sampled_from(["c", "d"])
names = st.sampled_from(["a", "b", "é", "A", "a b", "😀"])
maybe_names = st.none() | names
lists_of_names = st.lists(names, max_size=4)
models = st.sampled_from(["m@1", "m@2"])
embeddings = st.none() | st.integers(0, 5).map(make_vector)

faces = st.builds(
    make_face,
    names,
    collections,
    image_key=maybe_names,
    person_id=maybe_names,
    model=models,
    embedding=embeddings,
)
images = st.builds(
    make_image, names, collections, sha256=names, blob_name=maybe_names, options=names
)
people = st.builds(make_person, names, collections, name=names)


def step(action: Callable[..., Any], *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Step]:
    """Make a step of an action and what to do it with."""
    return st.tuples(*arguments).map(lambda given: lambda records: action(records, *given))


steps = st.deferred(
    lambda: st.one_of(
        step(
            lambda records, name, model: records.put_collection(make_collection(name, model=model)),
            collections,
            models,
        ),
        step(lambda records, some: records.put_faces(some), st.lists(faces, max_size=5)),
        step(lambda records, one: records.put_image(one), images),
        step(lambda records, one: records.put_person(one), people),
        step(
            lambda records, upload_id, name: records.put_upload(make_upload(upload_id, name)),
            names,
            collections,
        ),
        step(lambda records, action: records.add_audit(make_audit(action)), names),
        step(
            lambda records, name, ids: records.delete_faces(name, ids), collections, lists_of_names
        ),
        step(
            lambda records, name, ids, person: records.assign_faces(name, ids, person),
            collections,
            lists_of_names,
            maybe_names,
        ),
        step(lambda records, name, key: records.delete_image(name, key), collections, names),
        step(lambda records, name, one: records.delete_person(name, one), collections, names),
        step(lambda records, name: records.delete_collection(name), collections),
        step(lambda records: records.delete_uploads_before(NOW)),
        step(
            lambda records, name, key, person, ids: records.list_faces(
                name, limit=3, image_key=key, person_id=person, face_ids=ids
            ),
            collections,
            maybe_names,
            maybe_names,
            st.none() | lists_of_names,
        ),
        step(lambda records, name, key: records.faces_of_image(name, key), collections, names),
        step(
            lambda records, name, sha256: records.images_with_sha256(name, sha256),
            collections,
            names,
        ),
        step(run_unit, st.lists(steps, max_size=4), st.booleans()),
    )
)


def run_unit(records: Records, inner: list[Step], fails: bool) -> list[Any]:
    """Run steps as a unit that may fail at its end."""
    answers = []
    try:
        with records.unit():
            answers = [attempt(records, one) for one in inner]
            if fails:
                raise FaceplateError("the unit fails")  # noqa: TRY301 - this is the unit
    except FaceplateError as exc:
        answers.append(exc.code)
    return answers


def attempt(records: Records, one: Step) -> Any:
    """Return a step's answer, or the code of its error."""
    try:
        answer = one(records)
    except FaceplateError as exc:
        return exc.code
    return answer


@given(st.lists(steps, max_size=25))
@settings(deadline=None, max_examples=60)
def test_sqlite_holds_what_dictionaries_hold(some: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        real = SqliteRecords(Database(Path(folder) / "faceplate.db"))
        model = MemoryRecords()
        try:
            for records in (real, model):
                records.put_collection(make_collection("c", model="m@1"))
            for one in some:
                assert attempt(real, one) == attempt(model, one)
            assert dump(real) == dump(model)
        finally:
            real.close()
