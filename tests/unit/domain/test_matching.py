import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faceplate.domain.errors import InvalidParameter
from faceplate.domain.matching import (
    PRESET_MEANING,
    PRESET_MIN_SIMILARITY_PCT,
    Calibration,
    Preset,
    normalise,
    resolve_min_similarity_pct,
)

CURVE = Calibration(midpoint=0.39, slope=21.6)


@settings(deadline=None)
@given(st.floats(-1, 1), st.floats(-1, 1))
def test_similarity_grows_with_cosine_and_stays_in_range(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0 <= CURVE.similarity_pct(low) <= CURVE.similarity_pct(high) <= 100


@settings(deadline=None)
@given(st.floats(0.001, 99.999))
def test_min_cosine_is_the_inverse(similarity_pct: float) -> None:
    cosine = CURVE.min_cosine(similarity_pct)
    assert CURVE.similarity_pct(cosine) == pytest.approx(similarity_pct, abs=1e-9)


def test_the_ends_of_the_curve() -> None:
    assert CURVE.min_cosine(0) == -1
    assert CURVE.similarity_pct(CURVE.min_cosine(100)) == 100
    assert Calibration(midpoint=0.9, slope=1000).similarity_pct(-1) == 0
    assert CURVE.similarity_pct(CURVE.midpoint) == 50


def test_presets_grow_stricter_and_have_a_meaning() -> None:
    values = [PRESET_MIN_SIMILARITY_PCT[preset] for preset in Preset]
    assert values == sorted(values) == [80, 90, 95, 99]
    assert set(PRESET_MEANING) == set(Preset)


@pytest.mark.parametrize(
    ("given_value", "expected"),
    [(None, 90), ("album", 80), ("high-risk", 99), ("85.5", 85.5), (0, 0), (100, 100)],
)
def test_thresholds_are_numbers_or_presets(
    given_value: float | str | None, expected: float
) -> None:
    assert resolve_min_similarity_pct(given_value) == expected


@pytest.mark.parametrize("bad", ["", "strict", -0.1, 100.1, math.nan, math.inf, "nan", "1e9"])
def test_other_thresholds_are_refused(bad: float | str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        resolve_min_similarity_pct(bad)
    assert caught.value.details["parameter"] == "min_similarity"


def test_normalise_gives_length_one_and_leaves_zero() -> None:
    rows = np.array([[3, 4], [0, 0]], np.float32)
    assert normalise(rows) == pytest.approx(np.array([[0.6, 0.8], [0, 0]]))
