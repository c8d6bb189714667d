import pytest

from build import MemoryParts, build_memory_application


@pytest.fixture
def parts() -> MemoryParts:
    return build_memory_application()
