"""Losses and weights: the methods' numbers, gradients by differences, and refused shares."""

import numpy as np
import pytest

from core.signals.losses import (
    cdpo_loss,
    cdpo_weight,
    clean_equivalent,
    dpo_loss,
    dpo_weight,
    drdpo_weights,
    fadpo_weight,
    gaussian_keep,
    rdpo_loss,
    rdpo_weight,
    stationary_margin,
)


@pytest.mark.parametrize(
    ("h", "e", "losses", "weights"),
    [
        (1.5, 0.1, (0.2014, 0.3514, 0.0139), (0.1824, 0.0824, 0.3074)),
        (-1.5, 0.1, (1.7014, 1.5514, 1.8889), (0.8176, 0.7176, 0.9426)),
        (1.5, 0.2, (0.2014, None, -0.2986), (0.1824, -0.0176, None)),
    ],
)
def test_the_calculator_of_the_methods(h: float, e: float, losses, weights) -> None:
    at = np.array([h])
    found = (dpo_loss(at)[0], cdpo_loss(at, e)[0], rdpo_loss(at, e)[0])
    pull = (dpo_weight(at)[0], cdpo_weight(at, e)[0], rdpo_weight(at, e)[0])
    for value, wanted in zip(found + pull, losses + weights, strict=True):
        assert wanted is None or value == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize("e", [0.0, 0.1, 0.4])
def test_weights_are_minus_the_slope_of_their_losses(e: float) -> None:
    h, step = np.linspace(-8, 8, 33), 1e-6
    pairs = [
        (dpo_loss, dpo_weight),
        (lambda x: cdpo_loss(x, e), lambda x: cdpo_weight(x, e)),
        (lambda x: rdpo_loss(x, e), lambda x: rdpo_weight(x, e)),
    ]
    for loss, weight in pairs:
        slope = (loss(h + step) - loss(h - step)) / (2 * step)
        assert weight(h) == pytest.approx(-slope, abs=1e-8)


@pytest.mark.parametrize(("e", "margin"), [(0.1, 2.1972), (0.2, 1.3863), (0.5, 0.0)])
def test_where_cdpo_stops(e: float, margin: float) -> None:
    found = stationary_margin(e)
    assert found == pytest.approx(margin, abs=1e-4)
    assert cdpo_weight(np.array([found]), e) == pytest.approx([0], abs=1e-12)


def test_plain_dpo_never_stops() -> None:
    assert stationary_margin(0.0) is None


@pytest.mark.parametrize(
    ("e", "share"), [(0.05, 0.81), (0.1, 0.64), (0.2, 0.36), (0.3, 0.16), (0.4, 0.04), (0.5, 0.0)]
)
def test_noisy_pairs_in_clean_ones(e: float, share: float) -> None:
    assert clean_equivalent(10_000, e) == pytest.approx(10_000 * share)


def test_rdpo_pulls_on_every_pair() -> None:
    assert rdpo_weight(np.array([40.0]), 0.1) == pytest.approx([0.1 / 0.8])


@pytest.mark.parametrize(
    "refused",
    [
        lambda: rdpo_loss(np.zeros(1), 0.5),
        lambda: rdpo_weight(np.zeros(1), -0.1),
        lambda: cdpo_loss(np.zeros(1), 0.6),
        lambda: clean_equivalent(10, np.nan),
        lambda: gaussian_keep(np.zeros(1), 0.0, 0.0),
    ],
)
def test_impossible_shares_are_refused(refused) -> None:
    with pytest.raises(ValueError, match=r"share|spread"):
        refused()


def test_dr_dpo() -> None:
    assert drdpo_weights(np.array([0.2, 0.7, 3.0])) == pytest.approx([0.6, 0.364, 0.036], abs=1e-3)
    gaps = drdpo_weights(np.array([0.2, np.nan, 1e6, 0.2]))
    assert gaps.tolist() == pytest.approx([0.5, np.nan, 0, 0.5], nan_ok=True)
    assert np.isnan(drdpo_weights(np.array([np.nan]))).all()


def test_fa_dpo() -> None:
    p = np.array([0.9, 0.5, 0.1])
    assert fadpo_weight(p, 0.2) == pytest.approx([0.0730, 0.3000, 0.2077], abs=1e-4)
    assert fadpo_weight(p, 0.5) == pytest.approx([0, 0, 0])
    assert (fadpo_weight(p, 0.8) < 0).all()
    assert fadpo_weight(p, np.array([0.2, 0.5, 0.8]))[1] == 0
    assert np.isnan(fadpo_weight(np.array([0.0]), 0.0)).all()


def test_gaussian_keep() -> None:
    found = gaussian_keep(np.array([1.0, 3, 5, -3]), 1.0, 2.0)
    assert found == pytest.approx([1, 0.6065, 0.1353, 0.1353], abs=1e-4)


def test_huge_margins_stay_finite() -> None:
    h = np.array([-1e6, 1e6])
    for made in (dpo_loss(h), cdpo_loss(h, 0.1), rdpo_loss(h, 0.1), rdpo_weight(h, 0.1)):
        assert np.isfinite(made).all()
