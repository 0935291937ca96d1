"""Noise rates over sources, what they leave of a set, and intervals of shares."""

from __future__ import annotations

import pytest

from core.schema import NoiseRow
from core.views.noise import clean_equivalent, mean_rate, noise_range
from core.views.wilson import share


def test_noise_of_several_sources_is_weighted_by_rows() -> None:
    rows = [
        NoiseRow("alpha", "one", 300, 0.1, 0.05, 0.15, None, ""),
        NoiseRow("alpha", "two", 100, 0.3, 0.2, 0.4, None, ""),
        NoiseRow("alpha", "three", 900, None, None, None, 0.4, "too few"),
    ]
    assert mean_rate(rows, "alpha") == pytest.approx(0.15)
    assert mean_rate(rows, "beta") is None
    assert mean_rate(rows[2:], "alpha") is None
    assert noise_range(rows) == (0.05, 0.4)
    assert noise_range(rows[2:]) is None


@pytest.mark.parametrize(
    ("noise", "worth"),
    [((0.2, 0.2), (3600, 3600)), ((0.1, 0.3), (1600, 6400)), ((0.0, 0.5), (0, 10_000))],
)
def test_clean_equivalent(noise: tuple[float, float], worth: tuple[int, int]) -> None:
    assert clean_equivalent(10_000, noise) == worth


def test_wilson_interval_of_a_known_case() -> None:
    found = share(8, 10)
    assert (found.value, found.low, found.high) == pytest.approx((0.8, 0.49016, 0.94331), abs=1e-5)


# --- browse ------------------------------------------------------------------------------------
