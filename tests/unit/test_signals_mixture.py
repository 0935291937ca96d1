"""The mirrored Gaussians recover what was planted and say so when they cannot tell."""

import numpy as np
import pytest

from core.signals.mixture import A_HIGH, A_LOW, MirroredFit, fit_mirrored, noise_interval
from core.signals.noise import noise_of
from core.signals.wilson import wilson_low


def planted(a: float, mu: float, s: float, n: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(mu, s, n) * np.where(rng.random(n) < a, 1, -1)


def test_posterior_and_threshold_of_the_methods() -> None:
    fit = MirroredFit(0.8, 0.5, 1.0, 0, 0, True, 0.0)
    assert fit.flipped(np.array([-0.5, -1, -2])) == pytest.approx([0.292, 0.405, 0.649], abs=5e-4)
    assert fit.threshold == pytest.approx(-1.3863, abs=1e-4)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_recovers_planted_parameters_at_any_scale(scale: float) -> None:
    fit = fit_mirrored(scale * planted(0.8, 1, 1, 20_000))
    assert (fit.a, fit.mu / scale, fit.s / scale) == pytest.approx((0.8, 1, 1), abs=0.03)
    assert fit.converged
    assert fit.n == 20_000


def test_a_fixed_share_stays_fixed() -> None:
    assert fit_mirrored(planted(0.8, 1, 1, 500), a=0.9).a == 0.9


def test_unknown_margins_are_left_out_and_order_does_not_matter() -> None:
    margins = planted(0.8, 1, 1, 3000)
    with_gaps = np.concatenate([[np.nan, np.inf], margins[::-1], [-np.inf]])
    assert fit_mirrored(with_gaps) == fit_mirrored(margins)


@pytest.mark.parametrize("a", [0.55, 0.8, 0.97])
@pytest.mark.parametrize("mu", [0.0, 0.2, 3.0])
def test_stays_within_bounds(a: float, mu: float) -> None:
    for sign in (1, -1):
        fit = fit_mirrored(sign * planted(a, mu, 1, 400))
        assert A_LOW <= fit.a <= A_HIGH
        assert fit.mu >= 0
        assert fit.s > 0


def test_equal_margins_do_not_break_it() -> None:
    fit = fit_mirrored(np.array([2.0, -2.0, 2.0, 2.0]))
    assert fit.mu == pytest.approx(2, abs=1e-3)
    assert fit.a == pytest.approx(0.75, abs=1e-3)


@pytest.mark.parametrize("margins", [[], [1.0], [0.0, 0.0, np.nan]])
def test_too_few_margins_are_refused(margins: list[float]) -> None:
    with pytest.raises(ValueError, match="at least two"):
        fit_mirrored(np.array(margins))


@pytest.mark.parametrize("a", [0.0, 1.0, np.nan])
def test_a_share_outside_of_zero_and_one_is_refused(a: float) -> None:
    with pytest.raises(ValueError, match="share"):
        fit_mirrored(np.array([1.0, 2.0]), a=a)


def test_interval_covers_the_planted_rate_and_is_wide_where_nothing_tells() -> None:
    good, weak = planted(0.8, 1, 1, 2000), planted(0.8, 0.3, 1, 500)
    tight = noise_interval(good, fit_mirrored(good))
    loose = noise_interval(weak, fit_mirrored(weak))
    assert tight.low <= 0.2 <= tight.high
    assert tight.high - tight.low < 0.1
    assert loose.high - loose.low > 0.3


@pytest.mark.parametrize("noise", [0.01, 0.05, 0.2, 0.35])
def test_a_good_scorer_tells_the_noise_rate(noise: float) -> None:
    found = noise_of(planted(1 - noise, 1.2, 1, 5000))
    assert found.rate == pytest.approx(noise, abs=0.03)
    assert found.assumed == found.rate
    assert found.reason == ""
    assert found.at_most is not None
    assert noise < found.at_most


@pytest.mark.parametrize(
    ("margins", "usable", "words"),
    [
        (planted(0.8, 1, 1, 49), False, "fewer than 50"),
        (np.zeros(100), False, "fewer than 50"),
        (planted(0.5, 1, 1, 400), False, "not above chance"),
        (-planted(0.9, 1, 1, 400), False, "not above chance"),
        (planted(0.8, 0.5, 1, 500), True, "0.5 of their spread"),
        (planted(0.8, 1, 1, 120), True, "any noise rate from"),
        (np.random.default_rng(0).exponential(1, 3000) - 0.3, True, "two mirrored bells"),
    ],
)
def test_says_why_it_cannot_tell(margins: np.ndarray, usable: bool, words: str) -> None:
    found = noise_of(margins)
    assert found.rate is None
    assert found.above_chance is usable
    assert words in found.reason


def test_without_a_rate_the_middle_of_the_possible_is_assumed() -> None:
    found = noise_of(planted(0.8, 0.5, 1, 500))
    assert found.assumed == pytest.approx((1 - found.agreement) / 2)


def test_wilson_lower_end() -> None:
    assert wilson_low(0.5, 100) == pytest.approx(0.4038, abs=1e-4)
