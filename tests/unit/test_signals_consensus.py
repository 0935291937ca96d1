"""Weights of runs: who stands together, who is left out, and when labels overrule the runs."""

import numpy as np
import pytest

from core.signals.consensus import against_others, consensus, moments, moved_by_labels


def committee(n: int = 2000, quality=(1.0, 1.0, 1.0), seed: int = 0) -> np.ndarray:
    """Return margins of runs that share one judgement, each with noise of its own."""
    draw = np.random.default_rng(seed)
    shared = draw.normal(0.5, 1, n)
    own = draw.normal(0, 1, (n, len(quality)))
    margins = shared[:, None] * np.array(quality) + own
    return margins / margins.std(0)


def weights(margins: np.ndarray) -> np.ndarray:
    return consensus(moments(margins), np.isfinite(margins).sum(0))


def test_equals_weigh_alike_and_sum_to_one() -> None:
    found = weights(committee())
    assert found.sum() == pytest.approx(1)
    assert found == pytest.approx([1 / 3] * 3, abs=0.03)


def test_an_inverted_run_and_noise_get_nothing_and_the_better_one_more() -> None:
    margins = committee(quality=(2, 1, 0.5, 0, -1))
    found = weights(margins)
    assert found[0] > found[1] > found[2] > 0.05
    assert found[3] < 0.03
    assert found[4] == 0


def test_reversed_labels_change_nothing() -> None:
    margins = committee(quality=(2, 1, 0.5, -1))
    flips = np.where(np.random.default_rng(1).random(2000) < 0.4, -1, 1)[:, None]
    assert weights(margins * flips) == pytest.approx(weights(margins), abs=1e-9)


def test_copies_share_one_weight() -> None:
    margins = committee(quality=(1, 1, 1))
    copies = margins[:, [0, 0, 0, 1, 2]]
    found = weights(copies)
    assert found[:3].sum() == pytest.approx(weights(margins)[0], abs=0.02)


def test_runs_without_common_rows_weigh_alike() -> None:
    margins = committee(quality=(1, 1))
    margins[:1000, 0] = np.nan
    margins[1000:, 1] = np.nan
    assert moments(margins)[0, 1] == 0
    assert weights(margins) == pytest.approx([0.5, 0.5])


def test_labels_find_the_one_good_run_among_copies_of_a_bias() -> None:
    draw = np.random.default_rng(0)
    bias = draw.normal(0, 1, 1000)
    margins = np.column_stack(
        [0.15 + 0.9 * bias + 0.3 * draw.normal(size=1000) for _ in range(4)]
        + [1.2 + draw.normal(size=1000)]
    )
    labels = np.where(draw.random(1000) < 0.2, -1, 1)[:, None]
    margins = margins * labels / margins.std(0)
    before = weights(margins)
    after = moved_by_labels(margins, before)
    assert before[4] < 0.2
    assert after[4] > 0.5


def test_labels_that_say_little_leave_the_consensus() -> None:
    margins = committee(300)
    turned = margins * np.where(np.random.default_rng(2).random(300) < 0.45, -1, 1)[:, None]
    found = weights(turned)
    assert np.array_equal(moved_by_labels(turned, found), found)


def test_a_lone_run_has_all_the_weight_and_nobody_beside_it() -> None:
    margins = committee(quality=(1,))
    assert weights(margins) == pytest.approx([1.0])
    assert moved_by_labels(margins, np.ones(1)) == pytest.approx([1.0])
    assert np.isnan(against_others(moments(margins), np.ones(1))).all()


def test_correlation_with_the_others_is_that_of_uncentred_margins() -> None:
    margins = committee()
    found = against_others(moments(margins), np.full(3, 1 / 3))
    others = margins[:, 1] + margins[:, 2]
    first = margins[:, 0]
    expected = (first @ others) / np.sqrt((first @ first) * (others @ others))
    assert found[0] == pytest.approx(expected)
