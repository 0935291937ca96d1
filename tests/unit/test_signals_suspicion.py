"""Suspicion: what counts as evidence, where it is silent, and that the planted flips are found."""

import numpy as np
import pytest

from core.signals.compute import compute_one, compute_signals
from core.signals.inputs import make_inputs
from core.signals.margins import mean_standard_margin


def planted(n: int = 600, noise: float = 0.2, mu: float = 1.5, seed: int = 0):
    rng = np.random.default_rng(seed)
    flipped = rng.random(n) < noise
    return rng.normal(mu, 1, n) * np.where(flipped, -1, 1), flipped


def suspicion(**given) -> np.ndarray:
    return compute_one("suspicion", make_inputs(given), {})


def test_finds_the_planted_flips_and_is_calibrated() -> None:
    margins, flipped = planted(4000)
    found = suspicion(rewards={"rm": (margins, np.zeros(4000))})
    assert found.mean() == pytest.approx(0.2, abs=0.02)
    for low in (0.1, 0.5, 0.9):
        band = (found >= low) & (found < low + 0.4)
        assert flipped[band].mean() == pytest.approx(found[band].mean(), abs=0.12)


def test_falls_as_the_margin_rises() -> None:
    margins, _ = planted()
    found = suspicion(rewards={"rm": (margins, np.zeros(600))})
    assert (np.diff(found[np.argsort(margins)]) <= 0).all()


def test_runs_are_weighted_alike_whatever_their_scale() -> None:
    margins, _ = planted()
    zeros = np.zeros(600)
    other = planted(seed=1)[0]
    small = suspicion(rewards={"a": (margins, zeros), "b": (other, zeros)})
    large = suspicion(rewards={"a": (margins * 1000, zeros), "b": (other, zeros)})
    assert large == pytest.approx(small)


def test_constant_and_leaking_runs_say_nothing() -> None:
    margins, _ = planted()
    zeros = np.zeros(600)
    alone = make_inputs({"rewards": {"rm": (margins, zeros)}})
    more = make_inputs(
        {
            "rewards": {
                "rm": (margins, zeros),
                "one": (zeros + 0.1, zeros),
                "gpt": (-margins, zeros, True),
            }
        }
    )
    assert np.array_equal(mean_standard_margin(more), mean_standard_margin(alone))
    leaking = {"rewards": {"gpt": (margins, zeros, True)}}
    assert "suspicion" in compute_signals(make_inputs(leaking)).absent


def test_a_row_is_judged_by_the_runs_that_cover_it() -> None:
    inputs = make_inputs(
        {
            "rewards": {
                "a": ([1, 3, np.nan, np.nan], [0] * 4),
                "b": ([10, np.nan, 30, np.nan], [0] * 4),
            }
        }
    )
    assert mean_standard_margin(inputs)[:3] == pytest.approx([1, 3, 3])
    assert np.isnan(mean_standard_margin(inputs)[3])


def test_each_source_is_fitted_alone_and_silence_has_a_sentence() -> None:
    good, chance = planted()[0], planted(noise=0.5, seed=3)[0]
    few = planted(40)[0]
    margins = np.concatenate([good, chance, few])
    given = {
        "source": [0] * 600 + [1] * 600 + [2] * 40,
        "source_names": ("good", "chance", "few"),
        "rewards": {"rm": (margins, np.zeros(1240))},
    }
    made = compute_signals(make_inputs(given))
    column = next(column for column in made.columns if column.name == "suspicion")
    values = made.table["suspicion"].to_numpy(zero_copy_only=False)
    alone = suspicion(rewards={"rm": (good, np.zeros(600))})
    assert values[:600] == pytest.approx(alone, abs=1e-6)
    assert np.isnan(values[600:]).all()
    assert column.n == 600
    assert "chance: no suspicion, because an agreement of" in column.note
    assert "few: no suspicion, because fewer than 50" in column.note
    assert "good: by the shape of the margins" in column.note


def test_an_assumed_rate_is_noted_and_keeps_the_order() -> None:
    margins = planted(500, mu=0.3)[0]
    given = {"rewards": {"rm": (margins, np.zeros(500))}}
    column = next(c for c in compute_signals(make_inputs(given)).columns if c.name == "suspicion")
    assert "is assumed" in column.note
    found, other = (
        compute_one("suspicion", make_inputs(given), {"noise_rate": r}) for r in (0, 0.05)
    )
    assert np.array_equal(np.argsort(found), np.argsort(other))
    assert found.mean() > other.mean()


def test_a_rate_that_is_set_is_noted() -> None:
    inputs = make_inputs({"rewards": {"rm": (planted()[0], np.zeros(600))}})
    made = compute_signals(inputs, {"suspicion": {"noise_rate": 0.1}})
    column = next(column for column in made.columns if column.name == "suspicion")
    assert column.note == "set: the noise rate was set to 10%."
    assert column.params == {"noise_rate": 0.1}
