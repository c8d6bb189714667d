import numpy as np
import pytest

from faceplate.adapters.onnx.attributes import LEAST_AGE_SPAN, age_range


def ages(**shares: float) -> np.ndarray:
    table = np.zeros(81, np.float32)
    for age, share in shares.items():
        table[int(age[1:])] = share
    return table


def test_the_range_holds_the_middle_of_the_distribution() -> None:
    flat = np.zeros(81, np.float32)
    flat[20:40] = 0.05
    low, high = age_range(flat)
    assert (low, high) == (23, 36)


@pytest.mark.parametrize("age", [0, 1, 30, 80])
def test_a_sure_network_still_gets_a_span(age: int) -> None:
    low, high = age_range(ages(**{f"a{age}": 1.0}))
    assert high - low == LEAST_AGE_SPAN
    assert low <= age <= high
    assert low >= 0


def test_rare_ages_at_the_ends_are_outside() -> None:
    low, high = age_range(ages(a5=0.1, a30=0.4, a40=0.4, a70=0.1))
    assert (low, high) == (30, 40)
