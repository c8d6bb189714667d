"""Operations called in process, over an application in memory."""

from __future__ import annotations

import pytest

from build import MemoryParts, build_memory_application
from rekognition_calls import Invoke, invoking


@pytest.fixture
def parts() -> MemoryParts:
    return build_memory_application()


@pytest.fixture
def invoke(parts: MemoryParts) -> Invoke:
    return invoking(parts.application)
