"""Two shares against each other, and many comparisons at once, against published values."""

from __future__ import annotations

import numpy as np
import pytest

from core.signals.multiple import benjamini_hochberg, two_shares

# Benjamini and Hochberg 1995, section 4.1: fifteen p of which four hold at 0.05.
PUBLISHED = np.array(
    [
        *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
        *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000),
    ]
)


def _p(k: int, n: int, other_k: int, other_n: int) -> float:
    cells = (np.array([float(value)]) for value in (k, n, other_k, other_n))
    return float(two_shares(*cells)[0])


def test_the_published_example_keeps_its_four() -> None:
    adjusted = benjamini_hochberg(PUBLISHED)
    assert (adjusted <= 0.05).sum() == 4
    assert adjusted[:4] == pytest.approx([0.0015, 0.0030, 0.0095, 0.035625])


def test_order_of_the_comparisons_does_not_matter() -> None:
    turned = np.random.default_rng(3).permutation(PUBLISHED.size)
    expected = benjamini_hochberg(PUBLISHED)[turned]
    assert benjamini_hochberg(PUBLISHED[turned]) == pytest.approx(expected)


def test_adjusted_values_are_those_of_r() -> None:
    """`p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "BH")` is 0.05 five times."""
    assert benjamini_hochberg(np.array([0.05, 0.03, 0.01, 0.02, 0.04])) == pytest.approx([0.05] * 5)
    assert benjamini_hochberg(np.array([0.9, 1.0])) == pytest.approx([1.0, 1.0])


def test_what_was_not_compared_is_not_counted() -> None:
    adjusted = benjamini_hochberg(np.array([np.nan, 0.04, np.nan]))
    assert np.isnan(adjusted).tolist() == [True, False, True]
    assert adjusted[1] == pytest.approx(0.04)
    assert benjamini_hochberg(np.array([])).size == 0


def test_two_shares_of_a_textbook() -> None:
    """30 of 100 against 45 of 100: p = 0.375, z = 2.19089, two-sided 0.02846."""
    assert _p(30, 100, 45, 100) == pytest.approx(0.02846, abs=2e-5)
    assert _p(45, 100, 30, 100) == pytest.approx(_p(30, 100, 45, 100))
    assert _p(50, 100, 500, 1000) == 1.0


@pytest.mark.parametrize("cells", [(0, 0, 3, 9), (3, 9, 0, 0), (0, 5, 0, 9), (5, 5, 9, 9)])
def test_nothing_to_compare_is_nan(cells: tuple[int, int, int, int]) -> None:
    assert np.isnan(_p(*cells))
