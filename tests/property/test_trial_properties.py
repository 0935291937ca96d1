"""What holds for every trial, whatever the numbers."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import core.signals  # noqa: F401
from core.schema import SignalInputs
from core.signals.compute import compute_one
from core.signals.detection_metrics import bootstrap, probabilities, ranking
from core.signals.planting import flip_rows, plant, take_rows
from core.signals.spec import SIGNALS
from tests.property.test_signals_properties import inputs

TWO_SIDED = ("chosen_chars", "rejected_chars", "rewards", "logps", "passes", "texts", "labeller")
SCORES = st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0, -3.0, np.nan]), min_size=2, max_size=40)


def same(one: object, other: object) -> bool:
    """Compare values, mappings and frozen values, NaN equal to NaN."""
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if hasattr(one, "__dataclass_fields__"):
        return all(same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    return one == other


def drawn(data: st.DataObject, n: int) -> np.ndarray:
    return np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)), np.bool_)


@given(inputs(), st.data())
@settings(max_examples=50)
def test_two_flips_are_none(given_: SignalInputs, data: st.DataObject) -> None:
    flips = drawn(data, len(given_.row_id))
    twice = flip_rows(flip_rows(given_, flips), flips)
    for name in TWO_SIDED:
        assert same(getattr(given_, name), getattr(twice, name)), name


@given(inputs(), st.data())
@settings(max_examples=50)
def test_rows_agree_or_contradict_as_before_after_two_flips(given_, data) -> None:
    flips = drawn(data, len(given_.row_id))
    twice = flip_rows(flip_rows(given_, flips), flips)
    for name in ("duplicate_rows", "contradicting_rows"):
        before, after = (compute_one(name, one, {}) for one in (given_, twice))
        assert np.array_equal(before, after, equal_nan=True)


@given(inputs())
@settings(max_examples=50)
def test_every_signed_signal_is_negated_by_a_flip_of_all_rows(given_: SignalInputs) -> None:
    """Runs and texts stay; what was hidden beforehand cannot be negated."""
    all_rows = np.ones(len(given_.row_id), np.bool_)
    hidden = flip_rows(given_, ~all_rows)
    copy = flip_rows(given_, all_rows)
    for spec in SIGNALS:
        if spec.signed:
            for run in [*given_.rewards, *given_.logps] if spec.per_run else [None]:
                one, other = (compute_one(spec.name, which, {}, run) for which in (hidden, copy))
                # `controlled_margin` and the like take means, which rounding moves.
                assert np.allclose(one, -other, rtol=1e-4, atol=1e-6, equal_nan=True), spec.name


@given(inputs(), st.data())
@settings(max_examples=50)
def test_a_flip_negates_the_margins_of_its_rows_alone(given_, data) -> None:
    flips = drawn(data, len(given_.row_id))
    sign = np.where(flips, -1.0, 1.0)
    copy = flip_rows(given_, flips)
    for signal, runs in (("explicit_margin", given_.rewards), ("implicit_margin", given_.logps)):
        for run in runs:
            one, other = (compute_one(signal, which, {}, run) for which in (given_, copy))
            assert np.array_equal(sign * one, other, equal_nan=True)


@given(inputs(), st.data())
@settings(max_examples=30)
def test_taking_all_rows_changes_nothing(given_: SignalInputs, data: st.DataObject) -> None:
    assert same(take_rows(given_, given_.row_id), given_)
    flips = drawn(data, len(given_.row_id))
    rows = np.flatnonzero(drawn(data, len(given_.row_id)))
    one = take_rows(flip_rows(given_, flips), rows)
    other = flip_rows(take_rows(given_, rows), flips[rows])
    for name in TWO_SIDED:
        assert same(getattr(one, name), getattr(other, name)), name


@given(SCORES, st.data())
def test_ranks_stay_under_any_growing_map(scores: list[float], data: st.DataObject) -> None:
    score, truth = np.array(scores), drawn(data, len(scores))
    weights = bootstrap(len(scores), 3)
    for grown in (3 * score - 7, np.exp(score), score**3):
        one, other = ranking(score, truth, weights), ranking(grown, truth, weights)
        for name in one:
            assert np.array_equal(one[name], other[name], equal_nan=True), name


@given(SCORES, st.data())
def test_measures_stay_in_bounds_and_turn_round(scores: list[float], data: st.DataObject) -> None:
    score, truth = np.array(scores), drawn(data, len(scores))
    one, other = ranking(score, truth), ranking(-score, truth)
    for name, values in one.items():
        assert ((values >= -1e-12) & (values <= 1 + 1e-12) | np.isnan(values)).all(), name
    assert np.allclose(one["auroc"], 1 - other["auroc"], equal_nan=True)
    p = 1 / (1 + np.exp(-score))
    for values in probabilities(p, truth).values():
        assert ((values >= 0) & (values <= 1) | np.isnan(values)).all()


@given(SCORES, st.data())
def test_auroc_is_the_share_of_pairs_in_order(scores: list[float], data: st.DataObject) -> None:
    score, truth = np.array(scores), drawn(data, len(scores))
    known = np.isfinite(score)
    right, wrong = score[known & truth], score[known & ~truth]
    assume(len(right) and len(wrong))
    pairs = [(r > w) + 0.5 * (r == w) for r in right for w in wrong]
    assert ranking(score, truth)["auroc"][0] == pytest.approx(np.mean(pairs))


@given(
    st.integers(1, 300),
    st.sampled_from(["symmetric", "length"]),
    st.floats(0.01, 0.45),
    st.integers(0, 99),
)
def test_the_number_of_flips_is_exact(n: int, kind: str, rate: float, seed: int) -> None:
    draw = np.random.default_rng(seed)
    tie = draw.random(n) < 0.2
    given_ = replace(_plain(n), tie=tie, rejected_chars=draw.integers(0, 50, n).astype(np.float64))
    flips = plant(given_, kind, rate, seed)
    assert flips.sum() == round(rate * (~tie).sum())
    assert not (flips & tie).any()


def _plain(n: int) -> SignalInputs:
    from core.signals.inputs import make_inputs

    return make_inputs({"chosen_chars": np.full(n, 20.0)})
