"""Planting: exact counts, and a copy in which nothing gives the answer away."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.errors import UsageError
from core.schema import Labeller, SignalInputs, TextValues, VoteValues
from core.schema.trials import FLIP_KINDS
from core.signals.compute import compute_one
from core.signals.inputs import make_inputs
from core.signals.planting import flip_rows, plant, take_rows
from tests.planted import N, people, scored

# --- planting ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FLIP_KINDS)
@pytest.mark.parametrize("rate", [0.01, 0.123, 0.2, 0.45])
def test_exactly_the_share_of_the_labelled_rows_is_flipped(kind: str, rate: float) -> None:
    tie = np.arange(N) % 10 == 0
    given = replace(people(N, (100, 50, 7, 3)), tie=tie)
    flips = plant(given, kind, rate, 5)
    assert flips.sum() == round(rate * (~tie).sum())
    assert not flips[tie].any()
    assert (flips == plant(given, kind, rate, 5)).all()
    assert (flips != plant(given, kind, rate, 6)).any()


def test_symmetric_flips_do_not_look_at_the_rows() -> None:
    shares = np.mean([plant(scored(), "symmetric", 0.2, seed) for seed in range(200)], axis=0)
    assert 0.05 < shares.min() < shares.max() < 0.35


def test_flips_by_length_are_likelier_where_the_rejected_answer_is_longer() -> None:
    given = scored()
    shares = np.mean([plant(given, "length", 0.2, seed) for seed in range(50)], axis=0)
    longer = given.rejected_chars > given.chosen_chars
    assert shares[longer].mean() > 2 * shares[~longer].mean() > 0


def test_flips_by_length_take_unknown_and_empty_texts() -> None:
    given = scored(100, chosen_chars=[np.nan, 0.0] * 50, rejected_chars=[1.0, 0.0] * 50)
    assert plant(given, "length", 0.3, 0).sum() == 30


def test_annotators_differ_far_and_the_whole_rate_is_kept() -> None:
    given = people(N, (90, 90, 90, 90))
    flips = plant(given, "annotator", 0.2, 1)
    shares = [flips[given.labeller == i].mean() for i in range(4)]
    assert flips.sum() == 80
    assert max(shares) > 5 * min(shares) > 0
    assert max(shares) <= 0.81
    assert 0 < flips[given.labeller < 0].mean() < max(shares)


def test_annotators_of_few_labels_are_flipped_too() -> None:
    given = people(N, tuple([1] * 200 + [150]))
    assert plant(given, "annotator", 0.45, 2).sum() == 180


@pytest.mark.parametrize(
    "given",
    [scored(), people(N, (N,)), replace(scored(), labellers=(Labeller("set", None),) * 2)],
)
def test_flips_by_annotator_need_two_named_ones(given: SignalInputs) -> None:
    with pytest.raises(UsageError, match="two named annotators"):
        plant(given, "annotator", 0.2, 0)


@pytest.mark.parametrize("rate", [0.0, 0.009, 0.46, 1.0, np.nan, -0.2])
def test_a_rate_out_of_bounds_is_refused(rate: float) -> None:
    with pytest.raises(UsageError, match="cannot be planted"):
        plant(scored(), "symmetric", rate, 0)


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="no 'odd' flips") as caught:
        plant(scored(), "odd", 0.2, 0)
    assert "symmetric, length, annotator" in caught.value.hint


# --- the copy ----------------------------------------------------------------------------------


def whole() -> SignalInputs:
    """Four rows with everything that has two sides, and everything that gives the answer away."""
    two = {"a": ([1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], False)}
    logps = {
        f"{name}_{side}": [i * 10.0 + k for k in range(4)]
        for i, name in enumerate(("policy", "ref", "klsum", "policy_mixp", "policy_mixm"))
        for side in ("chosen", "rejected")
    }
    made = make_inputs(
        {
            "rewards": two,
            "logps": {"p": {**logps, "chosen_tokens": [1, 2, 3, 4], "rejected_tokens": [5] * 4}},
            "passes": {"d": ([[1, 2], [3, 4], [5, 6], [7, 8]], [[0, 0], [1, 1], [2, 2], [3, 3]])},
            "chosen_chars": [1, 2, 3, 4],
            "rejected_chars": [5, 6, 7, 8],
            "gold": [1, 0, 1, 0],
            "votes_chosen": [1, 2, 3, 4],
            "votes_rejected": [0, 0, 1, 1],
            "votes_tie": [0, 0, 0, 0],
            "rating_chosen": [5, 5, 5, 5],
            "rating_rejected": [1, 1, 1, 1],
            "pair_id": [7, 7, 8, 9],
            "chosen_id": [1, 2, 3, 5],
        }
    )
    texts = TextValues(
        {"lists": np.float32([1, 2, 3, 4])}, {"lists": np.float32([5, 6, 7, 8])},
        np.array([0.1, 0.2, 0.3, 0.4]), np.zeros(4), np.zeros(4),
    )  # fmt: skip
    votes = VoteValues(np.array([0, 3]), np.array([0, 0]), np.array([1.0, -1.0]))
    who = {"labeller": np.array([0, 0, 1, 1]), "labellers": (Labeller("s", "x"),) * 2}
    return replace(made, texts=texts, votes=votes, **who)


def test_a_flip_swaps_every_side_and_hides_what_gives_it_away() -> None:
    given = whole()
    copy = flip_rows(given, np.array([True, False, False, True]))
    assert copy.rewards["a"].chosen.tolist() == [5, 2, 3, 8]
    assert copy.rewards["a"].rejected.tolist() == [1, 6, 7, 4]
    assert copy.chosen_chars.tolist() == [5, 2, 3, 8]
    assert copy.passes["d"].chosen[0].tolist() == [0, 0]
    assert copy.passes["d"].rejected[3].tolist() == [7, 8]
    assert copy.texts is not None
    assert copy.texts.chosen["lists"].tolist() == [5, 2, 3, 8]
    assert copy.texts.similarity.tolist() == [0.1, 0.2, 0.3, 0.4]
    assert copy.logps["p"].chosen_tokens.tolist() == [5, 2, 3, 5]
    for name in ("gold", "votes_chosen", "votes_rejected", "votes_tie", "rating_chosen"):
        assert np.isnan(getattr(copy, name)).all(), name
    assert copy.votes is None
    assert copy.labeller.tolist() == [0, 0, 1, 1]
    assert np.isnan(compute_one("vote_share", copy, {})).all()


def test_a_flipped_row_names_the_other_response_of_its_pair() -> None:
    copy = flip_rows(whole(), np.array([True, False, True, False]))
    assert copy.chosen_id.tolist() == [2, 2, ~3, 5]
    assert compute_one("duplicate_rows", copy, {}).tolist() == [1, 1, 0, 0]
    assert compute_one("contradicting_rows", copy, {}).tolist() == [0, 0, 0, 0]


def test_duplicates_of_which_one_is_flipped_contradict_each_other() -> None:
    given = make_inputs({"pair_id": [4, 4, 4], "chosen_id": [6, 6, 6]})
    copy = flip_rows(given, np.array([True, False, True]))
    assert compute_one("contradicting_rows", copy, {}).tolist() == [1, 2, 1]


def test_rows_are_taken_with_all_that_belongs_to_them() -> None:
    few = take_rows(whole(), np.array([1, 3]))
    assert few.row_id.tolist() == [0, 1]
    assert few.rewards["a"].chosen.tolist() == [2, 4]
    assert few.passes["d"].chosen.tolist() == [[3, 4], [7, 8]]
    assert few.logps["p"].kl is not None
    assert few.logps["p"].kl.klsum_chosen.tolist() == [21, 23]
    assert few.votes is not None
    assert (few.votes.row_id.tolist(), few.votes.side.tolist()) == ([1], [-1.0])
    assert few.labellers == whole().labellers
