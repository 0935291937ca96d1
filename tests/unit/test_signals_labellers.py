"""Labels and votes as evidence: who counts, once, and how reliable people are found to be."""

from dataclasses import replace

import numpy as np
import pytest

from core.schema import Labeller
from core.signals.inputs import make_inputs
from core.signals.labellers import (
    HIGHEST,
    judgements,
    label_logits,
    reliabilities,
    told,
    words_of,
)
from core.signals.logistic import logit, sigmoid

SKILL = np.array([1.0, 0.5, 2.0, 3.0])
"""Two sources, then Ann and Bob."""
PEOPLE = [("one", None), ("two", None), ("one", "Ann"), ("one", "Bob")]


def made(**given):
    return make_inputs({"source_names": ("one", "two"), "labellers": PEOPLE, **given})


def both(inputs) -> np.ndarray:
    """Return the labels' logits, having checked that their words add up to them."""
    said = judgements(inputs)
    total = label_logits(said, SKILL)
    parts = [
        sum(bar.logit for bar in words_of(said, SKILL, inputs.labellers, row))
        for row in range(len(total))
    ]
    assert parts == pytest.approx(total.tolist())
    return total


def test_a_label_alone_is_worth_its_source() -> None:
    inputs = made(source=[0, 1], labeller=[0, 1], pair_id=[5, 6], chosen_id=[1, 2])
    assert both(inputs) == pytest.approx([1.0, 0.5])


def test_a_copy_says_nothing_new_and_the_opposite_does() -> None:
    inputs = made(
        source=[0, 0, 1, 1], labeller=[0, 0, 1, 1], pair_id=[5] * 4, chosen_id=[1, 1, 1, 2]
    )
    assert both(inputs) == pytest.approx([0.5, 0.5, 0.5, -0.5])


def test_people_count_once_per_side_on_every_row_of_the_pair() -> None:
    inputs = made(source=[0] * 3, labeller=[2, 2, 3], pair_id=[5] * 3, chosen_id=[1, 1, 2])
    assert both(inputs) == pytest.approx([2 - 3, 2 - 3, 3 - 2])


def test_votes_stand_for_a_label_that_sums_them_up() -> None:
    inputs = made(
        source=[0, 0],
        labeller=[-1, 0],
        pair_id=[5, 6],
        chosen_id=[1, 2],
        votes=([0, 0, 0], [2, 3, 2], [1, -1, 1]),
    )
    assert both(inputs) == pytest.approx([2.0 - 3.0, 1.0])
    bars = words_of(judgements(inputs), SKILL, inputs.labellers, 0)
    assert {(bar.kind, bar.name) for bar in bars} == {("vote", "Ann"), ("vote", "Bob")}


def test_opposite_labels_of_many_sources_are_two_sides_of_one_belief() -> None:
    inputs = made(
        source=[0, 1, 1], labeller=[0, 1, 1], pair_id=[5] * 3, chosen_id=[1, 1, 2], votes=None
    )
    assert both(inputs) == pytest.approx([0.5, 0.5, -0.5])


def test_a_label_that_sums_up_known_votes_adds_nothing() -> None:
    inputs = made(
        source=[0, 1],
        labeller=[-1, 1],
        pair_id=[5, 5],
        chosen_id=[1, 1],
        votes=([0, 1, 0, 1], [2, 2, 3, 3], [1, 1, 1, 1]),
    )
    assert both(inputs) == pytest.approx([5.0, 5.0])


def test_the_same_person_of_two_sources_counts_once() -> None:
    people = [("one", None), ("two", None), ("one", "Ann"), ("two", "Ann")]
    inputs = made(source=[0, 1], labeller=[2, 3], pair_id=[5, 5], chosen_id=[1, 1])
    twice = replace(inputs, labellers=tuple(Labeller(*who) for who in people))
    assert both(twice) == pytest.approx([2.0, 2.0])


def test_ties_say_and_hear_nothing() -> None:
    inputs = made(
        source=[0, 0],
        labeller=[0, 0],
        pair_id=[5, 5],
        chosen_id=[1, 2],
        tie=[True, False],
        votes=([0, 1], [2, 3], [1, 0]),
    )
    assert both(inputs) == pytest.approx([0.0, 1.0])


def test_everybody_s_reliability_is_found_from_one_label_a_pair() -> None:
    draw = np.random.default_rng(1)
    n = 9000
    who = draw.integers(0, 3, n)
    right = draw.random(n) < np.array([0.95, 0.8, 0.6])[who]
    quality = draw.normal(0, 2, n)
    better = draw.random(n) < sigmoid(quality)
    toward = np.where(better, quality, -quality)
    evidence = np.where(right, toward, -toward)
    names = [("set", None), ("set", "a"), ("set", "b"), ("set", "c")]
    inputs = make_inputs({"labeller": who + 1, "labellers": names})
    said = judgements(inputs)
    eta = reliabilities(said, evidence, np.full(4, 0.8))
    assert eta[0] == 0.8
    assert eta[1:] == pytest.approx([0.95, 0.8, 0.6], abs=0.03)
    people = told(inputs.labellers, said, evidence, eta)
    assert [who.annotator for who in people] == ["a", "b", "c"]
    assert all(
        who.low < true < who.high for who, true in zip(people, (0.95, 0.8, 0.6), strict=True)
    )


def test_overlapping_people_are_told_apart_without_any_run() -> None:
    draw = np.random.default_rng(2)
    n = 1500
    skills = np.array([0.9, 0.75, 0.55])
    right = draw.random((n, 3)) < skills
    rows = np.repeat(np.arange(n), 3)
    side = np.where(right, 1, -1).ravel()
    names = [("set", None), ("set", "a"), ("set", "b"), ("set", "c")]
    inputs = make_inputs(
        {
            "labeller": np.full(n, -1),
            "labellers": names,
            "votes": (rows, np.tile([1, 2, 3], n), side),
        }
    )
    said = judgements(inputs)
    eta = reliabilities(said, np.full(n, np.nan), np.full(4, 0.7))
    assert eta[1:] == pytest.approx(skills, abs=0.06)
    weighed = label_logits(said, logit(eta))
    assert (weighed > 0).mean() > (side.reshape(n, 3).sum(1) > 0).mean()


def test_few_labels_stay_near_the_source_and_none_is_certain() -> None:
    inputs = make_inputs(
        {"labeller": [1, 1, 2], "labellers": [("set", None), ("set", "a"), ("set", "b")]}
    )
    eta = reliabilities(judgements(inputs), np.full(3, 50.0), np.full(3, 0.8))
    assert 0.8 < eta[1] < 0.9
    many = make_inputs({"labeller": np.ones(5000), "labellers": [("set", None), ("set", "a")]})
    sure = reliabilities(judgements(many), np.full(5000, 50.0), np.full(2, 0.8))
    assert sure[1] == HIGHEST


def test_a_label_whose_votes_are_not_known_is_its_source_s() -> None:
    inputs = made(source=[0, 1], labeller=[-1, -1], pair_id=[5, 6], chosen_id=[1, 2])
    assert both(inputs) == pytest.approx([1.0, 0.5])
