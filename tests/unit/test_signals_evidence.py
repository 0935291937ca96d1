"""Evidence: calibrated, additive, robust to bad runs, and silent with a sentence."""

from dataclasses import replace

import numpy as np
import pytest

from core.signals.detection_metrics import ranking
from core.signals.evidence import Reader, RunMargin
from core.signals.evidence_fit import fit_evidence, hear
from core.signals.inputs import make_inputs
from core.signals.logistic import logit
from core.signals.noise_estimates import noise_estimates
from core.signals.suspicion_model import decompose, judge_labels


def auroc(score: np.ndarray, truth: np.ndarray) -> float:
    return float(ranking(score, truth)["auroc"][0])


def runs(margins: np.ndarray) -> list[RunMargin]:
    return [
        RunMargin(f"r{k}", f"explicit_margin_r{k}", column) for k, column in enumerate(margins.T)
    ]


def fitted(margins: np.ndarray, right=None, rate: float = 0.0):
    right = np.full(len(margins), np.nan) if right is None else right
    return fit_evidence(hear("set", runs(margins), margins, right), rate)


def drawn(n: int, quality, rate: float, seed: int):
    """Draw margins of runs of some quality and which labels are reversed."""
    draw = np.random.default_rng(seed)
    shared = draw.normal(0.6, 0.7, n)
    margins = shared[:, None] * np.array(quality) + draw.normal(0, 1, (n, len(quality)))
    wrong = draw.random(n) < rate
    return np.where(wrong[:, None], -margins, margins), wrong


def found(margins: np.ndarray, right=None) -> np.ndarray:
    return -Reader(fitted(margins, right)).logits(margins)


@pytest.mark.parametrize("rate", [0.1, 0.2, 0.4])
def test_never_worse_than_the_best_run_by_more_than_noise(rate: float) -> None:
    gaps = []
    for seed in range(8):
        margins, wrong = drawn(1500, (1.5, 1, 0.7, 0.2), rate, seed)
        best = max(auroc(-column, wrong) for column in margins.T)
        gaps.append(auroc(found(margins), wrong) - best)
    assert np.mean(gaps) > -0.005
    assert min(gaps) > -0.02


@pytest.mark.parametrize("rate", [0.1, 0.4])
def test_noise_and_an_inverted_run_do_not_hurt(rate: float) -> None:
    gaps = []
    for seed in range(8):
        margins, wrong = drawn(1500, (1, 1, 1, 0, -1), rate, seed)
        gaps.append(auroc(found(margins), wrong) - auroc(found(margins[:, :3]), wrong))
    assert np.mean(gaps) > -0.005


def test_bad_runs_are_named() -> None:
    margins, _ = drawn(1500, (1, 1, 1, 0, -1), 0.2, 0)
    model = fitted(np.column_stack([margins, np.ones(1500), np.full(1500, np.nan)]))
    reasons = [item.reason for item in model.weights]
    assert reasons[:3] == ["", "", ""]
    assert reasons[3] == "it agrees with the other runs no more than chance"
    assert "is it inverted?" in reasons[4]
    assert reasons[5] == "its margins are all the same here"
    assert reasons[6].startswith("fewer than 50")
    assert [item.weight for item in model.weights[4:]] == [0, 0, 0]
    assert sum(item.weight for item in model.weights) == pytest.approx(1)


def test_a_row_that_fewer_runs_cover_is_told_less_about() -> None:
    margins, wrong = drawn(6000, (1, 1, 1, 1), 0.2, 0)
    margins[:2000, 1:] = np.nan
    model = fitted(margins, rate=0.2)
    logits = Reader(model).logits(margins)
    assert np.abs(logits[:2000]).mean() < np.abs(logits[2000:]).mean()
    for part in (slice(0, 2000), slice(2000, 6000)):
        p = 1 / (1 + np.exp(logits[part] + model.prior))
        sure = p > 0.5
        assert wrong[part][sure].mean() == pytest.approx(p[sure].mean(), abs=0.12)


def test_a_run_of_three_per_cent_of_the_pairs_changes_only_those() -> None:
    margins, _ = drawn(4000, (1, 1, 1), 0.2, 0)
    alone = Reader(fitted(margins[:, :2], rate=0.2)).logits(margins[:, :2])
    margins[120:, 2] = np.nan
    logits = Reader(fitted(margins, rate=0.2)).logits(margins)
    assert np.corrcoef(alone[120:], logits[120:])[0, 1] > 0.99
    assert np.isfinite(logits).all()


def test_gold_sets_scale_and_level() -> None:
    margins, wrong = drawn(3000, (1, 1, 1), 0.2, 0)
    right = np.where(np.arange(3000) < 300, (~wrong).astype(float), np.nan)
    model = fitted(margins, right)
    assert model.calibrated == "gold"
    p = 1 / (1 + np.exp(Reader(model).logits(margins) + model.prior))
    for low in (0.0, 0.2, 0.4, 0.6):
        band = (p >= low) & (p < low + 0.2)
        assert wrong[band].mean() == pytest.approx(p[band].mean(), abs=0.08)


def test_runs_that_agree_may_rank_at_chance_and_a_lone_one_may_not() -> None:
    margins, wrong = drawn(300, (1, 1, 1), 0.49, 1)
    assert abs((margins.mean(1) > 0).mean() - 0.5) < 0.08
    model = fitted(margins)
    assert model.slope > 0
    assert "cannot be said without gold answers" in model.note
    assert auroc(-Reader(model).logits(margins), wrong) > 0.65
    assert np.abs(Reader(model).logits(margins)).max() < 1
    lone = fitted(margins[:, :1])
    assert lone.slope == 0
    assert "no suspicion, because" in lone.note


def test_labels_that_go_against_the_runs_are_not_ranked() -> None:
    margins, _ = drawn(1000, (1, 1, 1), 0.9, 0)
    model = fitted(margins)
    assert model.slope == 0
    assert "gold answers would" in model.note


def test_bars_add_up_to_the_suspicion_exactly() -> None:
    margins, _ = drawn(600, (1, 1, 1), 0.2, 0)
    margins[::3, 1] = np.nan
    margins[1::5, 2] = np.nan
    columns = {f"r{k}": (margins[:, k], np.zeros(600)) for k in range(3)}
    judged = judge_labels(make_inputs({"rewards": columns}))
    model = judged.models[0]
    for row in range(0, 600, 7):
        values = {
            f"explicit_margin_r{k}": None if np.isnan(v) else float(v)
            for k, v in enumerate(margins[row])
        }
        parts = decompose(model, values, ())
        assert sum(bar.logit for bar in parts.bars) == parts.logit
        assert parts.logit == pytest.approx(judged.evidence[row], abs=1e-12)
        spoke = [bar for bar in parts.bars if bar.kind == "run"]
        assert len(spoke) == sum(value is not None for value in values.values())
    whole = logit(1 - judged.suspicion)
    assert whole == pytest.approx(judged.evidence + judged.label, abs=1e-9)


def test_scale_of_a_run_and_order_of_runs_do_not_matter() -> None:
    margins, _ = drawn(800, (1, 1, 0.5), 0.2, 0)
    one = Reader(fitted(margins)).logits(margins)
    other = margins[:, [2, 0, 1]] * np.array([100, 0.01, 3])
    assert Reader(fitted(other)).logits(other) == pytest.approx(one, abs=1e-6)


# --- gold that people gave on pairs that somebody chose ------------------------------------------


def heavy(seed: int, n: int = 3000):
    """Draw two runs' margins with heavy tails, and which tenth of the labels is reversed."""
    draw = np.random.default_rng(seed)
    told = draw.standard_t(3, n) + 1.0
    wrong = draw.random(n) < 0.1
    margins = np.column_stack([told, told + 0.3 * draw.normal(size=n)])
    return np.where(wrong[:, None], -margins, margins), wrong


def asked(margins: np.ndarray, wrong: np.ndarray, n: int = 300, source_gold: int = 0):
    """Return inputs whose most suspicious pairs people judged, some others have gold of their own.

    The last value tells without those votes.
    """
    rows = np.argsort(margins.sum(1))[:n]
    gold = np.full(len(wrong), np.nan)
    own = np.setdiff1d(np.arange(len(wrong)), rows)[:source_gold]
    gold[own] = 1.0 - wrong[own]
    columns = {f"r{k}": (column, 0 * column) for k, column in enumerate(margins.T)}
    without = make_inputs({"rewards": columns, "gold": gold})
    voted = np.zeros(len(wrong), np.bool_)
    voted[rows] = True
    both = np.where(voted, 1.0 - wrong, gold)
    return replace(without, gold=both, gold_voted=voted), without


@pytest.mark.parametrize("seed", range(4))
def test_votes_on_suspects_set_the_slope_and_not_the_noise_rate(seed: int) -> None:
    """With heavy tails 300 votes on suspects made a prior of 20 % noise of 10 %."""
    margins, wrong = heavy(seed)
    inputs, without = asked(margins, wrong)
    (model,), (bare,) = judge_labels(inputs).models, judge_labels(without).models
    assert (model.calibrated, bare.calibrated) == ("gold", "assumption")
    assert model.prior == pytest.approx(bare.prior)
    assert model.slope != pytest.approx(bare.slope, rel=0.01)
    assert [w.weight for w in model.weights] == [w.weight for w in bare.weights]
    assert "pairs that somebody chose" in model.note
    ranks = np.argsort(judge_labels(inputs).evidence, kind="stable")
    assert np.array_equal(ranks, np.argsort(judge_labels(without).evidence, kind="stable"))


def test_votes_on_suspects_change_no_estimate_of_noise() -> None:
    inputs, without = asked(*heavy(1))
    with_votes = noise_estimates(inputs, judge_labels(inputs))
    told = {(e.slice, e.value, e.method): (e.rate, e.reason) for e in with_votes}
    for one in noise_estimates(without, judge_labels(without)):
        rate, reason = told[one.slice, one.value, one.method]
        assert rate == (None if one.rate is None else pytest.approx(one.rate, abs=1e-6))
        assert reason == one.reason


def test_gold_of_the_source_sets_the_noise_rate_beside_votes() -> None:
    margins, wrong = heavy(2)
    inputs, without = asked(margins, wrong, source_gold=400)
    (model,), (bare,) = judge_labels(inputs).models, judge_labels(without).models
    assert (model.calibrated, bare.calibrated) == ("gold", "gold")
    assert model.prior == pytest.approx(bare.prior)
    assert model.note == bare.note


def test_a_rate_that_is_set_stands_beside_votes() -> None:
    inputs, _ = asked(*heavy(3))
    (model,) = judge_labels(inputs, 0.25).models
    assert model.prior == pytest.approx(np.log(3))
    assert "was set to 25%" in model.note
