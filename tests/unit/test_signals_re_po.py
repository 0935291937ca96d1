"""RE-PO: the E-step's numbers, the fixed point, what bad calibration does, and intervals."""

import numpy as np
import pytest

from core.signals.logistic import logit, sigmoid
from core.signals.re_po import START, posterior, reliability, reliability_interval


def calibrated(n: int = 20_000, noise: float = 0.2, seed: int = 0, spread: float = 2.0):
    """Draw p of the stored label: the true probability, turned where the label was reversed."""
    draw = np.random.default_rng(seed)
    clean = sigmoid(draw.normal(0, spread, n))
    best = draw.random(n) < clean
    oriented = np.where(best, clean, 1 - clean)
    flipped = draw.random(n) < noise
    return np.where(flipped, 1 - oriented, oriented), flipped


def plain_em(p: np.ndarray, rounds: int) -> float:
    eta = START
    for _ in range(rounds):
        eta = float(np.mean(p * eta / (p * eta + (1 - p) * (1 - eta))))
    return eta


@pytest.mark.parametrize(
    ("eta", "p", "q"),
    [
        (0.9, 0.9, 0.9878),
        (0.9, 0.6, 0.9310),
        (0.9, 0.5, 0.9),
        (0.9, 0.2, 0.6923),
        (0.9, 0.05, 0.3214),
        (0.7, 0.2, 0.3684),
        (0.7, 0.05, 0.1094),
    ],
)
def test_the_e_step(eta: float, p: float, q: float) -> None:
    assert posterior(np.array([p]), eta) == pytest.approx([q], abs=1e-4)


def test_certainty_against_certainty_is_unknown() -> None:
    assert np.isnan(posterior(np.array([0.0]), 1.0)).all()


@pytest.mark.parametrize("seed", range(3))
def test_calibrated_probabilities_tell_the_noise(seed: int) -> None:
    p, flipped = calibrated(seed=seed)
    found = reliability(p)
    assert found.eta == pytest.approx([1 - flipped.mean()], abs=0.01)
    assert found.q.mean() == pytest.approx(found.eta[0], abs=1e-9)
    suspects = found.q < 0.3
    assert flipped[suspects].mean() == pytest.approx(1 - found.q[suspects].mean(), abs=0.05)


def test_timid_probabilities_hide_the_noise_and_bold_ones_overstate_it() -> None:
    p, _ = calibrated()
    assert reliability(sigmoid(0.3 * logit(p))).eta[0] > 0.999
    assert 0.70 <= reliability(sigmoid(3 * logit(p))).eta[0] <= 0.72


def test_is_the_fixed_point_of_plain_em() -> None:
    p, _ = calibrated(3000, noise=0.3)
    assert reliability(p).eta == pytest.approx([plain_em(p, 3000)], abs=1e-6)


def test_annotators_have_their_own() -> None:
    parts = [calibrated(6000, noise, seed) for seed, noise in enumerate((0.05, 0.4, 0.2))]
    p = np.concatenate([part[0] for part in parts])
    who = np.repeat([0, 2, 3], 6000)
    found = reliability(p, who)
    assert found.eta[[0, 2, 3]] == pytest.approx([0.95, 0.6, 0.8], abs=0.03)
    assert np.isnan(found.eta[1])
    assert found.n.tolist() == [6000, 0, 6000, 6000]
    assert found.eta[2] == pytest.approx(reliability(parts[1][0]).eta[0], abs=1e-8)


def test_unknown_rows_count_for_nobody() -> None:
    p, _ = calibrated(500)
    gaps = reliability(np.append(p, [np.nan, np.nan]))
    assert gaps.eta == pytest.approx(reliability(p).eta)
    assert np.isnan(gaps.q[-2:]).all()
    assert gaps.n.tolist() == [500]


@pytest.mark.parametrize("p", [[], [np.nan], [0.5, 0.5]])
def test_where_nothing_tells_there_is_no_reliability(p: list[float]) -> None:
    found = reliability(np.array(p))
    assert np.isnan(found.eta).all()
    assert np.isnan(found.q).all()
    assert reliability_interval(np.array(p)) is None


@pytest.mark.parametrize(("p", "eta"), [([0.9] * 4, 1.0), ([0.1] * 4, 0.0), ([1.0, 0.0], 0.5)])
def test_one_sided_evidence_goes_to_the_end(p: list[float], eta: float) -> None:
    found = reliability(np.array(p))
    assert found.eta == pytest.approx([eta], abs=1e-6)
    assert np.isfinite(found.q).all()


def test_the_interval_covers_what_was_planted() -> None:
    covered = 0
    for seed in range(40):
        p, _ = calibrated(600, 0.2, seed)
        interval = reliability_interval(p, draws=200)
        assert interval
        assert 0 <= interval.low <= reliability(p).eta[0] <= interval.high <= 1
        covered += interval.low <= 0.8 <= interval.high
    assert covered >= 31  # 90 % of 40 are 36; fewer than 31 has a chance below 1 %


def test_the_interval_is_the_same_every_time() -> None:
    p, _ = calibrated(300)
    assert reliability_interval(p) == reliability_interval(p[::-1])
