"""Evidence where runs, labels and gold are odd: nobody throws labels away on thin grounds."""

import numpy as np
import pytest

from core.signals.compute import compute_one
from core.signals.detection_metrics import ranking
from core.signals.inputs import make_inputs
from core.signals.noise_estimates import noise_estimates
from core.signals.suspicion_model import judge_labels


def auroc(score: np.ndarray, truth: np.ndarray) -> float:
    return float(ranking(score, truth)["auroc"][0])


def given(*columns: np.ndarray, **over):
    rewards = {f"r{k}": (column, np.zeros(len(column))) for k, column in enumerate(columns)}
    return make_inputs({"rewards": rewards, **over})


def suspicion(*columns: np.ndarray, **over) -> np.ndarray:
    return compute_one("suspicion", given(*columns, **over), {})


def flipped(toward: np.ndarray, rate: float, seed: int = 0):
    wrong = np.random.default_rng(100 + seed).random(len(toward)) < rate
    return np.where(wrong, -toward, toward), wrong


def test_a_judge_that_says_yes_or_no_is_not_endlessly_sure() -> None:
    draw = np.random.default_rng(0)
    margins, wrong = flipped(np.where(draw.random(2000) < 0.85, 1.0, -1.0), 0.1)
    found = suspicion(margins)
    against = margins < 0
    assert (found > 0.9).sum() == 0
    assert found[against].mean() == pytest.approx(wrong[against].mean(), abs=0.15)


def test_margins_around_one_value_do_not_clear_every_label() -> None:
    margins = 1 + 0.001 * np.random.default_rng(0).normal(size=200)
    found = suspicion(margins, np.random.default_rng(1).normal(0.5, 1, 200))
    assert found.max() > 1e-9


def test_a_weak_run_that_speaks_alone_is_no_louder_than_its_weight() -> None:
    draw = np.random.default_rng(0)
    strong, wrong = flipped(draw.normal(1.5, 1, 3000), 0.15)
    weak = np.where(wrong, -1, 1) * draw.normal(0.3, 1, 3000)
    strong[1800:] = np.nan
    found = suspicion(strong, weak)
    alone = found[1800:] > 0.9
    assert alone.sum() < 0.05 * 1200
    assert auroc(found, wrong) > 0.85


def test_the_order_of_rows_does_not_matter() -> None:
    draw = np.random.default_rng(0)
    n = 110_000
    toward = draw.normal(1.5, 1, n)
    wrong = draw.random(n) < np.where(np.arange(n) % 2, 0.05, 0.35)
    margins = np.where(wrong, -toward, toward)
    shuffled = draw.permutation(n)
    one, other = suspicion(margins), suspicion(margins[shuffled])
    assert other == pytest.approx(one[shuffled], abs=1e-6)
    assert one.mean() == pytest.approx(0.2, abs=0.02)


def test_a_run_of_noise_on_all_rows_does_not_silence_three_good_ones_on_half() -> None:
    for seed in range(6):
        draw = np.random.default_rng(seed)
        shared = draw.normal(1, 0.7, 1000)
        good = [shared + draw.normal(0, 0.7, 1000) for _ in range(3)]
        margins, wrong = zip(*(flipped(column, 0.15, seed) for column in good), strict=True)
        for column in margins:
            column[500:] = np.nan
        found = suspicion(*margins, draw.normal(size=1000))
        assert auroc(found[:500], wrong[0][:500]) > 0.9
        assert (found[:500] > 0.9).sum() > 10


def test_a_run_that_was_trained_on_the_labels_is_left_out_and_named() -> None:
    draw = np.random.default_rng(0)
    shared = draw.normal(0.9, 1, 1500)
    columns = [shared + draw.normal(0, 0.8, 1500) for _ in range(4)]
    margins, wrong = zip(*(flipped(column, 0.2) for column in columns), strict=True)
    knows = 1 + 0.3 * draw.normal(size=1500)
    judged = judge_labels(given(*margins, knows))
    last = judged.models[0].weights[-1]
    assert last.weight == 0
    assert "was it trained on them?" in last.reason
    without = judge_labels(given(*margins))
    assert auroc(judged.suspicion, wrong[0]) > auroc(without.suspicion, wrong[0]) - 1e-6


@pytest.mark.parametrize("size", [1e3, -1e3, 1e12, -1e12])
def test_one_outlier_does_not_ruin_a_run(size: float) -> None:
    draw = np.random.default_rng(0)
    margins, wrong = flipped(draw.normal(1.5, 1, 800), 0.2)
    weak, _ = flipped(draw.normal(0.4, 1, 800), 0.2)
    before = auroc(suspicion(margins, weak), wrong)
    margins[7] = size
    assert auroc(suspicion(margins, weak), wrong) > before - 0.01


def test_repeated_rows_are_no_further_gold() -> None:
    draw = np.random.default_rng(0)
    margins, wrong = flipped(draw.normal(1, 1, 1000), 0.2)
    gold = np.full(1000, np.nan)
    gold[:30] = ~wrong[:30]
    pair = np.tile(np.arange(1000), 5)
    again = given(np.tile(margins, 5), gold=np.tile(gold, 5), pair_id=pair, chosen_id=2 * pair)
    assert judge_labels(again).models[0].calibrated != "gold"
    told = [row for row in noise_estimates(again, judge_labels(again)) if row.method == "repo"]
    assert all("fewer than 100 gold answers" in row.reason for row in told)


def test_gold_counts_in_a_large_source_and_so_do_all_its_rows() -> None:
    draw = np.random.default_rng(0)
    n = 60_000
    margins, wrong = flipped(draw.normal(1, 1, n), 0.2)
    gold = np.full(n, np.nan)
    rows = draw.permutation(n)[:300]
    gold[rows] = ~wrong[rows]
    inputs = given(margins, gold=gold)
    told = {row.method: row for row in noise_estimates(inputs, judge_labels(inputs))}
    assert told["repo"].n == n
    assert told["repo"].low <= 0.2 <= told["repo"].high


def test_gold_that_runs_have_no_margin_beside_does_not_set_weights() -> None:
    draw = np.random.default_rng(0)
    margins, wrong = flipped(draw.normal(1, 1, 1500), 0.2)
    noise = draw.normal(size=1500)
    gold = np.full(1500, np.nan)
    gold[:250] = ~wrong[:250]
    margins[:250] = noise[:250] = np.nan
    with_gold = judge_labels(given(margins, noise, gold=gold)).models[0]
    without = judge_labels(given(margins, noise)).models[0]
    assert [item.weight for item in with_gold.weights] == [item.weight for item in without.weights]
