"""Search speed and memory of the exact index, beside a bare faiss flat scan of the same vectors.

Run: python benchmarks/search.py [--counts 10000 100000 1000000] [--stored 100000] [--check]

Bars, for 100,000 and 1,000,000 faces: at most 1.5 times faiss's time, and at most 900 MB for the
whole process that holds a million. ``--check`` ends with status 1 when one is missed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from faceplate.adapters.exact.vectors import ExactVectors

DIMENSIONS = 192
BATCH = 8192
QUERIES = 31
LIMIT = 10
MIN_COSINE = 0.3
MAX_RATIO = 1.5
MAX_MEMORY_MB = 900
BAR_FROM = 100_000

Matrix = npt.NDArray[np.float32]


def make_batches(count: int) -> Iterator[tuple[list[str], Matrix]]:
    """Yield ids and random faceprints of length 1."""
    random = np.random.default_rng(20300101)
    for start in range(0, count, BATCH):
        size = min(BATCH, count - start)
        vectors = random.standard_normal((size, DIMENSIONS), dtype=np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        names = (f"face:{number}" for number in range(start, start + size))
        yield [str(uuid.uuid5(uuid.NAMESPACE_URL, name)) for name in names], vectors


def make_queries(vectors: Matrix) -> Matrix:
    """Make faceprints near some of those there are."""
    random = np.random.default_rng(7)
    rows = random.integers(0, len(vectors), QUERIES)
    queries = vectors[rows] + 0.03 * random.standard_normal((QUERIES, DIMENSIONS))
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    return queries.astype(np.float32)


def median_ms(search: Callable[[Matrix], object], queries: Matrix) -> float:
    """Return the median time of a search, after one that is not counted."""
    search(queries[0])
    times = []
    for query in queries:
        start = time.perf_counter()
        search(query)
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def memory_mb() -> float:
    """Return this process's resident memory."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise SystemExit("no VmRSS in /proc/self/status")


def fill(count: int) -> tuple[ExactVectors, float]:
    """Return an index and the seconds it took to fill, without making the vectors."""
    index, seconds = ExactVectors(), 0.0
    for ids, vectors in make_batches(count):
        start = time.perf_counter()
        index.replace("s", add_ids=ids, add_vectors=vectors)
        seconds += time.perf_counter() - start
    return index, seconds


def measure_memory(count: int) -> None:
    """Print the resident memory of a process that holds and searches an index."""
    index, _ = fill(count)
    index.nearest("s", next(make_batches(1))[1][0], limit=LIMIT, min_cosine=MIN_COSINE)
    print(memory_mb())


def measure_search(count: int) -> bool:
    """Print one line of the table; tell whether the bars hold."""
    import faiss  # noqa: PLC0415 - not in the process whose memory is measured

    faiss.omp_set_num_threads(1)
    flat = faiss.IndexFlatIP(DIMENSIONS)
    for _, vectors in make_batches(count):
        flat.add(vectors)
    index, seconds = fill(count)
    queries = make_queries(next(make_batches(min(count, BATCH)))[1])
    theirs = median_ms(lambda query: flat.search(query[None], LIMIT), queries)
    ours = median_ms(
        lambda query: index.nearest("s", query, limit=LIMIT, min_cosine=MIN_COSINE), queries
    )
    every = median_ms(
        lambda query: index.nearest("s", query, limit=LIMIT, min_cosine=-1.0), queries
    )
    child = [sys.executable, __file__, "--memory", str(count)]
    held = float(subprocess.run(child, check=True, capture_output=True, text=True).stdout)
    print(
        f"{count:>9,} | {theirs:8.2f} | {ours:8.2f} | {ours / theirs:5.2f} | {every:11.2f} | "
        f"{held:6.0f} | {count / seconds:11,.0f}"
    )
    fast_enough = max(ours, every) <= MAX_RATIO * theirs or count < BAR_FROM
    return fast_enough and held <= MAX_MEMORY_MB


def measure_stored(count: int) -> None:
    """Print how long a start takes to load an index from SQLite."""
    from faceplate.adapters.sqlite.connection import Database  # noqa: PLC0415 - as above
    from faceplate.adapters.sqlite.records import SqliteRecords  # noqa: PLC0415
    from faceplate.domain.collections import Collection  # noqa: PLC0415
    from faceplate.domain.faces import (  # noqa: PLC0415
        BoundingBox,
        FaceDetail,
        FaceRecord,
        Pose,
        Quality,
    )

    now = datetime.now(UTC)
    detail = FaceDetail(BoundingBox(0.1, 0.1, 0.2, 0.2), 99.0, (), Pose(0, 0, 0), Quality(50, 50))
    with tempfile.TemporaryDirectory() as folder:
        records = SqliteRecords(Database(Path(folder) / "faceplate.db"))
        records.put_collection(Collection("c", "m@1", now))
        start = time.perf_counter()
        for ids, vectors in make_batches(count):
            records.put_faces(
                [
                    FaceRecord("c", one, "i", None, None, detail, "m@1", now, embedding=vector)
                    for one, vector in zip(ids, vectors, strict=True)
                ]
            )
        written = time.perf_counter() - start
        index = ExactVectors()
        start = time.perf_counter()
        for stored_ids, matrix in records.vectors("c"):
            index.replace("c", add_ids=stored_ids, add_vectors=matrix)
        loaded = time.perf_counter() - start
        start = time.perf_counter()
        for number in range(100):
            with records.unit():
                records.put_collection(Collection(f"c{number}", "m@1", now))
        commit_ms = (time.perf_counter() - start) * 10
        records.close()
        start = time.perf_counter()
        Database(Path(folder) / "faceplate.db").close()
        opened_ms = (time.perf_counter() - start) * 1000
    print(
        f"SQLite, {count:,} faces: written in {written:.2f} s, loaded into the index in "
        f"{loaded:.2f} s ({count / loaded:,.0f} a second), opened in {opened_ms:.0f} ms, "
        f"a small commit {commit_ms:.2f} ms"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--counts", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--stored", type=int, default=100_000)
    parser.add_argument("--check", action="store_true", help="fail when a bar is missed")
    parser.add_argument("--memory", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    if arguments.memory:
        measure_memory(arguments.memory)
        return
    print(f"{DIMENSIONS} dimensions, {QUERIES} queries, {LIMIT} results, one core; times in ms")
    print("    faces | faiss IP | Faceplate | ratio | no min. cos | MB held | added a second")
    good = [measure_search(count) for count in arguments.counts]
    measure_stored(arguments.stored)
    if arguments.check and not all(good):
        raise SystemExit("a bar was missed")


if __name__ == "__main__":
    main()
