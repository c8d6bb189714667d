"""An application in memory, and pictures to feed it with; shared by the tests of every edge."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageDraw

from faceplate.adapters.memory.blobs import MemoryBlobs
from faceplate.adapters.memory.engine import MemoryEngine
from faceplate.adapters.memory.keys import MemoryKeys
from faceplate.adapters.memory.records import MemoryRecords
from faceplate.adapters.memory.runtime import FixedRuntime
from faceplate.adapters.memory.vectors import MemoryVectors
from faceplate.adapters.pillow.pictures import PillowPictures
from faceplate.bootstrap import Adapters, assemble
from faceplate.ports.runtime import Runtime
from faceplate.services.application import Application
from faceplate.services.keys import Limits
from faceplate.services.text_parts import TextParts
from text_build import text_parts

MAX_IMAGE_BYTES = 300_000
MAX_PIXELS = 2_000_000

ANA = (200, 40, 40)
ANA_AGAIN = (196, 44, 42)
BEN = (40, 60, 200)
CAM = (30, 160, 60)
DIM = (12, 10, 12)
"""Colours of people; `ANA_AGAIN` is another picture of Ana, `DIM` is too dark for any filter."""

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class MemoryParts:
    """An application and the adapters under it, for looking behind its back."""

    application: Application
    records: MemoryRecords
    blobs: MemoryBlobs
    keys: MemoryKeys
    vectors: MemoryVectors
    runtime: FixedRuntime
    engine: MemoryEngine


def build_memory_application(
    *,
    limits: Limits | None = None,
    attributes: Collection[str] = (),
    engine: MemoryEngine | None = None,
    records: MemoryRecords | None = None,
    blobs: MemoryBlobs | None = None,
    vectors: MemoryVectors | None = None,
    describe: Callable[[], Mapping[str, object]] = dict,
    text: TextParts | None = None,
    runtime: Runtime | None = None,
) -> MemoryParts:
    """Wire an application from the shipped memory adapters and real picture reading.

    Tests of faults pass ``records`` or ``blobs`` of their own that fail when told to; tests of
    several engines on the same data pass those of another application.
    """
    records, blobs, keys = records or MemoryRecords(), blobs or MemoryBlobs(), MemoryKeys()
    vectors, runtime = vectors or MemoryVectors(), runtime or FixedRuntime()
    engine = engine or MemoryEngine(attributes=attributes)
    adapters = Adapters(
        records=records,
        keys=keys,
        text=text or text_parts(),
        blobs=blobs,
        vectors=vectors,
        pictures=PillowPictures(max_bytes=MAX_IMAGE_BYTES, max_pixels=MAX_PIXELS),
        engine=engine,
        runtime=runtime,
    )
    application = assemble(adapters, secret=b"only for tests", limits=limits, describe=describe)
    return MemoryParts(application, records, blobs, keys, vectors, runtime, engine)


def draw(
    *colours: Colour,
    size: tuple[int, int] = (400, 200),
    sides: Sequence[int] | None = None,
    width_ratio: float = 1.0,
    form: str = "PNG",
) -> bytes:
    """Draw a face of each colour, side by side on white, largest first, as a picture file.

    ``sides`` are the patches' heights in pixels; ``width_ratio`` below 1 makes them look away.
    """
    picture = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(picture)
    heights = sides or [100 - 16 * position for position in range(len(colours))]
    left = 10
    for colour, height in zip(colours, heights, strict=True):
        width = round(height * width_ratio)
        pen.rectangle((left, 20, left + width - 1, 20 + height - 1), fill=colour)
        left += width + 20
    out = BytesIO()
    picture.save(out, form, **({"quality": 95} if form == "JPEG" else {}))
    return out.getvalue()
