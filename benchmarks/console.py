"""Measure the console in Chromium: its first paint, and a gallery of 100,000 pictures.

The peer, in the same browser from the same server, is Swagger UI at `/docs`; the floor is a line of
JSON, which tells how busy the machine is. Bars: a first paint
under 100 ms on loopback, from an empty cache as well; the last of 100,000 pictures in view within
10 s of the key End, with fewer than 300 cells on the page. Needs the weights (`make setup`), the
development packages (`make dev`) and Chromium.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from faceplate.adapters.sqlite.connection import Database
from faceplate.adapters.sqlite.records import SqliteRecords
from faceplate.bootstrap import RECORDS_FILE
from faceplate.domain.collections import Collection
from faceplate.domain.images import StoredImage

KEY = "benchmark-key-0123456789"
PICTURES = 100_000
MAX_PAINT_MS = 100.0
MAX_END_S = 10.0
MAX_CELLS = 300
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
PAINT = """new Promise((resolve) => new PerformanceObserver((list) => {
  for (const one of list.getEntries())
    if (one.name === "first-contentful-paint") resolve(one.startTime);
}).observe({ type: "paint", buffered: true }))"""


def seed(folder: Path, count: int) -> None:
    """Write the records of pictures whose bytes were erased, in their own collection."""
    now = datetime.now(UTC)
    database = Database(folder / RECORDS_FILE)
    records = SqliteRecords(database)
    with records.unit():
        records.put_collection(Collection("faceplate", "mobilefacenet@1.0", now, {}))
        for number in range(count):
            records.put_image(
                StoredImage(
                    collection_id="faceplate",
                    key=f"picture-{number:06}.jpg",
                    sha256=f"{number:064x}",
                    size_bytes=100_000,
                    content_type="image/jpeg",
                    width_px=1280,
                    height_px=960,
                    image_id=f"image-{number}",
                    blob_name=None,
                    model="mobilefacenet@1.0",
                    created_at=now,
                )
            )
    database.close()


def start(folder: Path) -> tuple[subprocess.Popen[str], str]:
    """Start the server; return it and its address."""
    environment = {
        **os.environ,
        "FACEPLATE_DATA_DIR": str(folder),
        "FACEPLATE_API_KEY": KEY,
        "FACEPLATE_LOG_LEVEL": "warning",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "faceplate.cli.main", "serve", "--port", "0"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("Faceplate is ready at "):
            return process, line.split()[-1]
    raise SystemExit("the server did not start")


def paints(browser: Browser, url: str, runs: int) -> tuple[list[float], list[float]]:
    """Return first paints in milliseconds: with an empty cache, and with what it then holds."""
    cold, warm = [], []
    for _ in range(runs):
        context = browser.new_context()
        page = context.new_page()
        for found in (cold, warm):
            page.goto(url)
            found.append(float(page.evaluate(PAINT)))
        context.close()
    return cold, warm


def gallery(browser: Browser, url: str) -> tuple[float, float, int]:
    """Return seconds to the first pictures and, after End, to the last; and the cells there are."""
    page = browser.new_page()
    page.goto(f"{url}/#key={KEY}")
    page.locator("body[data-state=in]").wait_for()
    started = time.perf_counter()
    page.goto(f"{url}/#/faces/pictures")
    first = page.get_by_role("link", name="picture-000000.jpg")
    first.wait_for()
    shown_s = time.perf_counter() - started
    first.focus()
    started = time.perf_counter()
    page.keyboard.press("End")
    page.get_by_role("link", name=f"picture-{PICTURES - 1:06}.jpg").wait_for(timeout=120_000)
    end_s = time.perf_counter() - started
    cells = page.get_by_role("listitem").count()
    page.close()
    return shown_s, end_s, cells


def main() -> None:
    """Print the tables; with --check, fail past the bars."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--check", action="store_true")
    wanted = parser.parse_args()
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        raise SystemExit("no chromium on PATH")
    with tempfile.TemporaryDirectory() as name:
        seed(Path(name), PICTURES)
        process, url = start(Path(name))
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
                paints(browser, url, 1)
                console = paints(browser, f"{url}/", wanted.runs)
                peer = paints(browser, f"{url}/docs", wanted.runs)
                floor = paints(browser, f"{url}/v1/health", wanted.runs)
                shown_s, end_s, cells = gallery(browser, url)
                browser.close()
        finally:
            process.terminate()
            process.wait()
    print(f"first paint, median of {wanted.runs}        empty cache   warm cache")
    rows = {"console": console, "Swagger UI (/docs)": peer, "a line of JSON (floor)": floor}
    for title, (cold, warm) in rows.items():
        print(f"{title:<32}{statistics.median(cold):8.0f} ms  {statistics.median(warm):8.0f} ms")
    ratios = [
        statistics.median(a) / statistics.median(b) for a, b in zip(console, peer, strict=True)
    ]
    print(f"{'console to Swagger UI':<32}{ratios[0]:8.2f}     {ratios[1]:8.2f}")
    print(f"gallery of {PICTURES:,}: first shown in {shown_s:.2f} s; the last, after End, in")
    print(f"{end_s:.2f} s; {cells} cells on the page")
    slow = max(statistics.median(found) for found in console) >= MAX_PAINT_MS
    if wanted.check and (slow or end_s >= MAX_END_S or cells >= MAX_CELLS):
        raise SystemExit("past a bar")


if __name__ == "__main__":
    main()
