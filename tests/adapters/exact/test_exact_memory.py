"""Chunks, and the memory they take and give back."""

from __future__ import annotations

import threading
import tracemalloc
import uuid
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from faceplate.adapters.exact import matrix
from faceplate.adapters.exact.locks import ReadersWriterLock
from faceplate.adapters.exact.vectors import ExactVectors
from faceplate.domain.matching import normalise


def make_index(rows: int, dimensions: int = 16) -> tuple[ExactVectors, list[str]]:
    index = ExactVectors()
    ids = [str(uuid.UUID(int=number)) for number in range(rows)]
    numbers = np.random.default_rng(1).standard_normal((rows, dimensions))
    index.replace("s", add_ids=ids, add_vectors=normalise(numbers.astype(np.float32)))
    return index, ids


def held_rows(index: ExactVectors) -> int:
    return sum(len(chunk) for chunk in index._spaces["s"]._matrix._chunks)


def test_a_small_space_takes_little_memory() -> None:
    index, _ = make_index(3)
    assert held_rows(index) <= 64


def test_chunks_are_given_back_as_rows_go() -> None:
    index, ids = make_index(2 * matrix.CHUNK_ROWS + 10, dimensions=2)
    assert held_rows(index) == 3 * matrix.CHUNK_ROWS
    index.replace("s", remove=ids[:20])
    assert held_rows(index) == 2 * matrix.CHUNK_ROWS
    index.replace("s", remove=ids[: matrix.CHUNK_ROWS + 10])
    assert held_rows(index) == matrix.CHUNK_ROWS
    assert index.count("s") == matrix.CHUNK_ROWS
    assert index.get("s", ids[-1]) is not None
    assert index.get("s", ids[0]) is None


def test_growing_step_by_step_keeps_every_row() -> None:
    index = ExactVectors()
    rows = np.random.default_rng(1).standard_normal((400, 4)).astype(np.float32)
    for start in range(0, 400, 7):
        part = rows[start : start + 7]
        ids = [str(start + number) for number in range(len(part))]
        index.replace("s", add_ids=ids, add_vectors=part)
    for number in (0, 6, 7, 63, 64, 65, 399):
        kept = index.get("s", str(number))
        assert kept is not None
        assert np.array_equal(kept, rows[number])


@pytest.mark.parametrize("how", ["drop", "remove"])
def test_forgetting_a_space_frees_its_memory(how: str) -> None:

    tracemalloc.start()
    try:
        index, ids = make_index(20_000, dimensions=64)
        before, _ = tracemalloc.get_traced_memory()
        if how == "drop":
            index.drop("s")
        else:
            index.replace("s", remove=ids)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert before - after >= 20_000 * 64 * 4


def test_a_waiting_writer_goes_before_new_readers() -> None:
    lock = ReadersWriterLock()
    order: list[str] = []
    writer_waits = threading.Event()

    def write() -> None:
        writer_waits.set()
        with lock.writing():
            order.append("writer")

    def read() -> None:
        with lock.reading():
            order.append("reader")

    with ThreadPoolExecutor(2) as pool:
        with lock.reading():
            writing = pool.submit(write)
            writer_waits.wait()
            while not lock._writers_waiting:
                pass
            reading = pool.submit(read)
            assert order == []
        writing.result()
        reading.result()
    assert order == ["writer", "reader"]


def test_readers_are_in_together() -> None:
    lock, barrier = ReadersWriterLock(), threading.Barrier(4, timeout=30)

    def read(_: int) -> None:
        with lock.reading():
            barrier.wait()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(read, range(4)))


def test_the_lock_is_free_after_an_error() -> None:
    lock = ReadersWriterLock()
    with pytest.raises(KeyError), lock.writing():
        raise KeyError
    with pytest.raises(KeyError), lock.reading():
        raise KeyError
    with lock.writing():
        pass
