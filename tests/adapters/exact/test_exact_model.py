"""Whatever is done, the fast index answers what the plain one answers."""

from __future__ import annotations

import uuid

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from faceplate.adapters.exact import matrix, uuids
from faceplate.adapters.exact.vectors import ExactVectors
from faceplate.adapters.memory.vectors import MemoryVectors
from faceplate.domain.matching import normalise

DIMENSIONS = 16
UUIDS = [str(uuid.uuid5(uuid.NAMESPACE_URL, str(number))) for number in range(60)]
NAMES = ["anna", "Zoë", "", "a" * 36, UUIDS[0].upper(), UUIDS[1].replace("-", "_")]

_random = np.random.default_rng(7)
# Few different vectors, so that ties are common.
PALETTE = normalise(_random.standard_normal((9, DIMENSIONS)).astype(np.float32))

few_uuids = st.lists(st.sampled_from(UUIDS), max_size=30)
few_ids = st.one_of(few_uuids, st.lists(st.sampled_from([*UUIDS[:10], *NAMES]), max_size=12))
spaces = st.sampled_from(["s", "t"])


def pick_vectors(count: int, seed: int) -> npt.NDArray[np.float32]:
    return PALETTE[np.random.default_rng(seed).integers(0, len(PALETTE), count)]


class BothIndexes(RuleBasedStateMachine):
    """Do the same to both and compare."""

    def __init__(self) -> None:
        super().__init__()
        self.exact, self.plain = ExactVectors(), MemoryVectors()

    @rule(space=spaces, remove=few_uuids, add=few_uuids, seed=st.integers(0, 1000))
    def replace(self, space: str, remove: list[str], add: list[str], seed: int) -> None:
        vectors = pick_vectors(len(add), seed)
        for index in (self.exact, self.plain):
            index.replace(space, remove=remove, add_ids=add, add_vectors=vectors)

    @rule(space=spaces, remove=few_ids, add=few_ids, seed=st.integers(0, 1000))
    def replace_any(self, space: str, remove: list[str], add: list[str], seed: int) -> None:
        self.replace(space, remove, add, seed)

    @rule(space=spaces, remove=few_ids)
    def remove(self, space: str, remove: list[str]) -> None:
        for index in (self.exact, self.plain):
            index.replace(space, remove=remove)

    @rule(space=spaces)
    def drop(self, space: str) -> None:
        for index in (self.exact, self.plain):
            index.drop(space)

    @precondition(lambda self: self.plain.count("s"))
    @rule(
        seed=st.integers(0, 1000),
        limit=st.integers(1, 70),
        min_cosine=st.sampled_from([-1.0, 0.0, 0.3, 0.999999, 1.0]),
    )
    def search(self, seed: int, limit: int, min_cosine: float) -> None:
        query = pick_vectors(1, seed)[0]
        exact, plain = (
            index.nearest("s", query, limit=limit, min_cosine=min_cosine)
            for index in (self.exact, self.plain)
        )
        assert exact == plain

    @invariant()
    def hold_the_same(self) -> None:
        for space in ("s", "t"):
            assert self.exact.count(space) == self.plain.count(space)
            for one in (*UUIDS[::7], *NAMES):
                exact, plain = self.exact.get(space, one), self.plain.get(space, one)
                assert (exact is None) == (plain is None)
                if exact is not None and plain is not None:
                    assert np.array_equal(exact, plain)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrix, "CHUNK_ROWS", 8)
    monkeypatch.setattr(matrix, "_FIRST_ROWS", 2)


class TestBothIndexes(BothIndexes.TestCase):
    settings = settings(deadline=None, max_examples=60, stateful_step_count=30)


def test_a_full_table_of_removed_ids_still_finds_and_misses() -> None:
    table = uuids.UuidRows()
    many = [str(uuid.uuid5(uuid.NAMESPACE_DNS, str(number))) for number in range(3000)]
    for start in range(0, 3000, 10):
        part = many[start : start + 10]
        table.append(part)
        assert table.find(part).tolist() == list(range(10))
        rows = np.arange(10)
        table.remove(rows, holes=rows[:0], movers=rows[:0])
        assert table.find(part).tolist() == [-1] * 10
    assert len(table._table) <= 512


def test_only_the_usual_form_of_a_uuid_is_packed() -> None:
    good = UUIDS[5]
    packed = uuids.pack_uuids([good])
    assert packed is not None
    assert packed.tobytes() == uuid.UUID(good).bytes
    for bad in ("", good.upper(), good[:-1], good + "0", good.replace("-", ""), "g" + good[1:]):
        assert uuids.pack_uuids([bad]) is None
        assert uuids.pack_uuids([good, bad]) is None
    assert uuids.pack_uuids([good[:35], good + "0"]) is None
    assert uuids.pack_uuids(["é" + good[1:]]) is None


def test_names_cannot_be_added_to_packed_rows() -> None:
    with pytest.raises(ValueError, match="UUID"):
        uuids.UuidRows().append(["anna"])
