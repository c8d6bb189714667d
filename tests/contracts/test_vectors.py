"""What every searchable set of faceprints promises."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import pytest

from faceplate.domain.matching import normalise
from faceplate.ports.vectors import Vectors

Matrix = npt.NDArray[np.float32]


def make_vectors(count: int, dimensions: int = 8, seed: int = 0) -> Matrix:
    numbers = np.random.default_rng(seed).standard_normal((count, dimensions))
    return normalise(numbers.astype(np.float32))


def make_uuids(count: int) -> list[str]:
    return [str(uuid.uuid5(uuid.NAMESPACE_URL, str(number))) for number in range(count)]


def make_names(count: int) -> list[str]:
    return [f"person-{number} é" for number in range(count)]


@pytest.fixture(params=[make_uuids, make_names], ids=["uuids", "names"])
def make_ids(request: pytest.FixtureRequest) -> Callable[[int], list[str]]:
    return request.param


def ranking(ids: Sequence[str], matrix: Matrix, query: Matrix) -> list[str]:
    cosines = matrix.astype(np.float64) @ query.astype(np.float64)
    return [ids[row] for row in np.argsort(-cosines)]


def test_the_nearest_are_best_first(vectors: Vectors, make_ids: Callable[[int], list[str]]) -> None:
    ids, matrix = make_ids(500), make_vectors(500)
    vectors.replace("s", add_ids=ids, add_vectors=matrix)
    query = make_vectors(1, seed=9)[0]
    found = vectors.nearest("s", query, limit=20, min_cosine=-1.0)
    assert [one for one, _ in found] == ranking(ids, matrix, query)[:20]
    cosines = [cosine for _, cosine in found]
    assert cosines == sorted(cosines, reverse=True)
    assert cosines[0] == pytest.approx(max(matrix @ query), abs=1e-6)


def test_a_vector_is_its_own_nearest(vectors: Vectors) -> None:
    ids, matrix = make_uuids(50), make_vectors(50)
    vectors.replace("s", add_ids=ids, add_vectors=matrix)
    ((found, cosine),) = vectors.nearest("s", matrix[7], limit=1, min_cosine=0.5)
    assert found == ids[7]
    assert cosine == pytest.approx(1.0, abs=1e-6)
    assert cosine <= 1.0


def test_min_cosine_is_inclusive(vectors: Vectors) -> None:
    axes = np.eye(4, dtype=np.float32)
    vectors.replace("s", add_ids=["a", "b"], add_vectors=axes[:2])
    assert vectors.nearest("s", axes[0], limit=9, min_cosine=1.0) == [("a", 1.0)]
    assert vectors.nearest("s", axes[0], limit=9, min_cosine=0.0) == [("a", 1.0), ("b", 0.0)]
    assert vectors.nearest("s", axes[0], limit=9, min_cosine=1.01) == []


@pytest.mark.parametrize("limit", [1, 2, 3, 70, 200])
def test_ties_are_broken_by_id_wherever_the_vectors_lie(vectors: Vectors, limit: int) -> None:
    same = make_vectors(1, dimensions=192)
    ids = make_uuids(150)
    for one in ids:
        vectors.replace("s", add_ids=[one], add_vectors=same)
    found = vectors.nearest("s", make_vectors(1, 192, seed=4)[0], limit=limit, min_cosine=-1.0)
    assert [one for one, _ in found] == sorted(ids)[:limit]
    assert len({cosine for _, cosine in found}) == 1


def test_an_unknown_space_is_empty(vectors: Vectors) -> None:
    assert vectors.nearest("s", make_vectors(1)[0], limit=5, min_cosine=-1.0) == []
    assert vectors.count("s") == 0
    assert vectors.get("s", "a") is None
    vectors.drop("s")
    vectors.replace("s", remove=["a"])
    assert vectors.count("s") == 0


def test_nothing_asked_for_is_nothing_found(vectors: Vectors) -> None:
    vectors.replace("s", add_ids=["a"], add_vectors=make_vectors(1))
    assert vectors.nearest("s", make_vectors(1)[0], limit=0, min_cosine=-1.0) == []


def test_spaces_are_apart(vectors: Vectors) -> None:
    matrix = make_vectors(2)
    vectors.replace("s", add_ids=["a"], add_vectors=matrix[:1])
    vectors.replace("t", add_ids=["a"], add_vectors=matrix[1:])
    vectors.drop("s")
    assert vectors.count("s") == 0
    kept = vectors.get("t", "a")
    assert kept is not None
    assert np.array_equal(kept, matrix[1])


def test_an_id_that_is_there_gets_the_new_vector(
    vectors: Vectors, make_ids: Callable[[int], list[str]]
) -> None:
    ids, matrix = make_ids(10), make_vectors(12)
    vectors.replace("s", add_ids=ids, add_vectors=matrix[:10])
    vectors.replace("s", add_ids=[ids[3], "fresh"], add_vectors=matrix[10:])
    assert vectors.count("s") == 11
    changed = vectors.get("s", ids[3])
    assert changed is not None
    assert np.array_equal(changed, matrix[10])
    assert vectors.nearest("s", matrix[11], limit=1, min_cosine=0.9)[0][0] == "fresh"


def test_the_last_of_the_same_ids_counts(vectors: Vectors) -> None:
    matrix = make_vectors(3)
    vectors.replace("s", add_ids=["a", "b", "a"], add_vectors=matrix)
    kept = vectors.get("s", "a")
    assert kept is not None
    assert np.array_equal(kept, matrix[2])
    assert vectors.count("s") == 2


def test_what_is_removed_is_not_found(
    vectors: Vectors, make_ids: Callable[[int], list[str]]
) -> None:
    ids, matrix = make_ids(300), make_vectors(300)
    vectors.replace("s", add_ids=ids, add_vectors=matrix)
    gone = [*ids[:40], *ids[100:180], *ids[290:], "never there"]
    vectors.replace("s", remove=gone)
    kept = [one for one in ids if one not in gone]
    assert vectors.count("s") == len(kept)
    found = vectors.nearest("s", matrix[5], limit=1000, min_cosine=-1.0)
    assert {one for one, _ in found} == set(kept)
    for one in kept:
        vector = vectors.get("s", one)
        assert vector is not None
        assert np.array_equal(vector, matrix[ids.index(one)])
    assert all(vectors.get("s", one) is None for one in gone)


def test_taking_out_and_putting_in_is_one_change(vectors: Vectors) -> None:
    matrix = make_vectors(3)
    vectors.replace("s", add_ids=["a", "b"], add_vectors=matrix[:2])
    vectors.replace("s", remove=["a", "b"], add_ids=["b"], add_vectors=matrix[2:])
    assert vectors.count("s") == 1
    kept = vectors.get("s", "b")
    assert kept is not None
    assert np.array_equal(kept, matrix[2])


def test_a_space_is_forgotten_with_its_last_vector(vectors: Vectors) -> None:
    vectors.replace("s", add_ids=["a"], add_vectors=make_vectors(1, 8))
    vectors.replace("s", remove=["a"])
    vectors.replace("s", add_ids=["a"], add_vectors=make_vectors(1, 5))
    assert vectors.count("s") == 1


def test_wrong_shapes_are_refused_and_change_nothing(vectors: Vectors) -> None:
    vectors.replace("s", add_ids=["a"], add_vectors=make_vectors(1, 8))
    for ids, matrix in ((["b"], make_vectors(1, 5)), (["b", "c"], make_vectors(1, 8))):
        with pytest.raises(ValueError, match=r"length|row"):
            vectors.replace("s", remove=["a"], add_ids=ids, add_vectors=matrix)
    with pytest.raises(ValueError, match="row"):
        vectors.replace("s", remove=["a"], add_ids=["b"])
    with pytest.raises(ValueError, match="as long as"):
        vectors.nearest("s", make_vectors(1, 5)[0], limit=1, min_cosine=0)
    assert vectors.get("s", "a") is not None


def test_what_is_given_and_returned_are_copies(vectors: Vectors) -> None:
    matrix = make_vectors(1)
    original = matrix[0].copy()
    vectors.replace("s", add_ids=["a"], add_vectors=matrix)
    matrix[:] = 0
    first = vectors.get("s", "a")
    assert first is not None
    assert np.array_equal(first, original)
    first[:] = 0
    second = vectors.get("s", "a")
    assert second is not None
    assert np.array_equal(second, original)


def test_a_reader_sees_each_change_whole(vectors: Vectors) -> None:
    first, second = make_uuids(40)[:20], make_uuids(40)[20:]
    matrix = np.repeat(make_vectors(1), 20, axis=0)
    vectors.replace("s", add_ids=first, add_vectors=matrix)
    done = threading.Event()

    def swap() -> None:
        for turn in range(150):
            old, new = (first, second) if turn % 2 == 0 else (second, first)
            vectors.replace("s", remove=old, add_ids=new, add_vectors=matrix)
        done.set()

    def look(_: int) -> set[frozenset[str]]:
        seen = set()
        while True:
            last = done.is_set()
            found = vectors.nearest("s", matrix[0], limit=100, min_cosine=0.9)
            seen.add(frozenset(one for one, _ in found))
            if last:
                return seen

    with ThreadPoolExecutor(8) as pool:
        swapping = pool.submit(swap)
        seen = set().union(*pool.map(look, range(7)))
        swapping.result()
    assert seen <= {frozenset(first), frozenset(second)}
    assert vectors.count("s") == 20
