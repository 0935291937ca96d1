"""Which rows presets keep: counts, order, ties and unknown values."""

import numpy as np
import pytest

from core.signals.keeping import high_and_sure, lowest, middle_bands, to_people

NAN = float("nan")


def test_the_lowest_share_with_ties_by_id() -> None:
    values = np.array([0.3, 0.1, NAN, 0.1, 0.2])
    ids = np.array([9, 8, 7, 1, 5])
    assert lowest(values, 0.5, ids).tolist() == [3, 1]
    assert lowest(values, 1.0, ids).tolist() == [3, 1, 4, 0]
    assert lowest(values, 0.2, ids).tolist() == []
    assert len(lowest(np.arange(100.0), 0.29, np.arange(100))) == 29


def test_the_middle_of_every_column() -> None:
    one, two = np.arange(101.0), np.arange(101.0)[::-1].copy()
    kept = middle_bands(np.array([one, two]), 0.6)
    assert np.flatnonzero(kept).tolist() == list(range(20, 81))
    two[50] = NAN
    assert not middle_bands(np.array([one, two]), 0.6)[50]
    assert not middle_bands(np.full((2, 3), NAN), 0.5).any()


def test_high_mean_and_low_variance() -> None:
    mean = np.array([7.75, 2.75, 5.5])
    variance = np.array([0.0625, 0.0625, 12.25])
    assert high_and_sure(mean, variance, 1 / 3, np.arange(3)).tolist() == [0]
    assert high_and_sure(mean, variance, 1.0, np.arange(3)).tolist() == [0, 1, 2]
    assert len(high_and_sure(np.full(3, NAN), variance, 1.0, np.arange(3))) == 0


def test_people_get_the_likeliest_and_a_random_tenth() -> None:
    chance = np.linspace(0, 1, 200)
    found = to_people(chance, 50, seed=0)
    assert len(set(found.tolist())) == 50
    assert set(range(155, 200)) <= set(found.tolist())
    assert (found[45:] < 155).all()
    assert to_people(chance, 50, seed=0).tolist() == found.tolist()
    others = {tuple(to_people(chance, 50, seed)[45:]) for seed in range(5)}
    assert len(others) == 5
    assert len(to_people(np.array([NAN, 0.5]), 9, seed=0)) == 1


@pytest.mark.parametrize("explore", [0.0, 1.0])
def test_exploration_from_none_to_all(explore: float) -> None:
    found = to_people(np.linspace(0, 1, 30), 10, seed=3, explore=explore)
    assert len(set(found.tolist())) == 10
    assert (set(found.tolist()) == set(range(20, 30))) == (explore == 0)
