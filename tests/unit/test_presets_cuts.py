"""Cuts: the same rows as the plain rule, whatever the ties; every row is accounted for."""

import numpy as np
import pytest

from core.curate.presets.cuts import CUT, NOT_SCORED, count, filtered, lowest, ranked
from core.signals import keeping, potential
from tests.presets import given


@pytest.mark.parametrize("values", [1, 3, 50, 10**6], ids=lambda n: f"{n} values")
@pytest.mark.parametrize("share", [0.0, 0.1, 0.29, 0.5, 1.0])
def test_lowest_is_the_plain_sort(values: int, share: float) -> None:
    random = np.random.default_rng(values)
    column = random.integers(0, values, 400) / 7
    column[random.random(400) < 0.1] = np.nan
    ids = random.integers(0, 90, 400)
    n = count(share, int(np.isfinite(column).sum()))
    assert lowest(column, ids, n).tolist() == keeping.lowest(column, share, ids).tolist()
    assert lowest(-column, ids, n).tolist() == potential.top_share(column, ids, share).tolist()


@pytest.mark.parametrize(("share", "n", "kept"), [(0.29, 100, 29), (0.4, 5, 2), (1.0, 7, 7)])
def test_a_share_is_rounded_down_but_for_the_last_digit(share: float, n: int, kept: int) -> None:
    assert count(share, n) == kept


def test_more_than_there_are_is_all_and_infinite_is_unknown() -> None:
    values = np.array([2.0, np.inf, 1.0, np.nan, -np.inf])
    assert lowest(values, np.arange(5), 9).tolist() == [2, 0]


def test_ranked_says_why_the_others_are_left_out() -> None:
    inputs = given(margin=[3.0, None, 1.0, 2.0, None])
    kept = ranked(inputs, inputs.signals["margin"], 2, left_out={"other": 1})
    assert kept.places.tolist() == [2, 3]
    assert kept.left_out == {"other": 1, NOT_SCORED: 1, CUT: 1}
    assert kept.facts == {"scored": 3.0, "last_kept": 2.0}
    assert kept.ranked


def test_ranked_tells_the_value_as_it_is() -> None:
    inputs = given(margin=[3.0, 1.0, 2.0])
    assert ranked(inputs, inputs.signals["margin"], 2, highest=True).facts["last_kept"] == 2.0


def test_filtered_counts_a_row_at_its_first_reason() -> None:
    keep, first, second = (np.array(c, bool) for c in ([1, 0, 0, 0], [0, 1, 0, 0], [1, 1, 1, 1]))
    kept = filtered(keep, {"first": first, "second": second}, {})
    assert kept.places.tolist() == [0]
    assert kept.left_out == {"first": 1, "second": 2}
