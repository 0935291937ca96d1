"""The committee: strength, votes, spread, disagreement, ambiguity and conflict with the policy."""

import numpy as np
import pytest

from core.signals.bald import (
    LN2,
    bald,
    certainty_keys,
    certainty_share,
    upo_smoothing,
)
from core.signals.committee import fused, standard_margins, strength
from core.signals.compute import compute_one, compute_signals
from core.signals.conflict import conflict
from core.signals.inputs import make_inputs

NAN = np.nan


def stored(given):
    made = compute_signals(make_inputs(given))
    return made, {c.name: (c, made.table[c.name].to_pylist()) for c in made.columns}


def runs(*margins, leak=()):
    return {
        f"r{i}": (m, [0.0] * len(m), i in leak) for i, m in enumerate(np.array(margins).tolist())
    }


def test_preference_strength_of_the_methods() -> None:
    d = np.array([(1.2, 0.8, 1.0, 1.4), (-0.9, -1.1, -0.7, -1.3), (0.3, -0.4, 0.1, -0.2)]).T
    found = strength(d)
    assert found.mean == pytest.approx([1.1, -1.0, -0.05])
    assert found.std == pytest.approx([0.224, 0.224, 0.269], abs=1e-3)
    assert found.agree.tolist() == [1.0, 0.0, 0.5]
    assert found.runs.tolist() == [4, 4, 4]


def test_strength_counts_the_runs_that_cover_a_row() -> None:
    found = strength(np.array([[1.0, NAN, 0.0, NAN], [3.0, -2.0, 0.0, NAN]]))
    assert found.mean[:3].tolist() == [2.0, -2.0, 0.0]
    assert found.agree[:2].tolist() == [1.0, 0.0]
    assert np.isnan(found.agree[2:]).all()  # a margin of 0 is no vote
    assert np.isnan(found.mean[3])
    assert found.runs.tolist() == [2, 1, 2, 0]
    assert np.isnan(strength(np.zeros((0, 3))).mean).all()


@pytest.mark.parametrize(
    ("p", "together"),
    [((0.9, 0.9), 0.988), ((0.9, 0.5), 0.9), ((0.9, 0.1), 0.5), ((0.6, 0.7), 0.7778)],
)
def test_naive_fusion(p, together: float) -> None:
    assert fused(np.array(p)[:, None]) == pytest.approx([together], abs=1e-3)


def test_two_certain_sources_that_contradict_say_nothing() -> None:
    assert np.isnan(fused(np.array([[1.0], [0.0]]))).all()


def test_leaking_and_constant_runs_are_no_members() -> None:
    given = runs([1.0, -1, 2], [1.0, 1, 1], [5.0, 6, -7], leak=(2,))
    assert standard_margins(make_inputs({"rewards": given})).shape == (1, 3)
    made, _ = stored({"rewards": given})
    for name in ("committee_mean", "committee_spread", "committee_votes"):
        assert "Two or more runs" in made.absent[name]


def test_spread_needs_two_runs_on_the_row() -> None:
    _, found = stored({"rewards": runs([1.0, -1, NAN, NAN], [NAN, NAN, 1.0, -1])})
    info, values = found["committee_spread"]
    assert values == [None] * 4
    assert info.note == "No row is covered by two runs."
    assert found["committee_mean"][1] == [1, -1, 1, -1]


@pytest.mark.parametrize(
    ("p", "nats", "tol"),
    [
        ([0.95] * 5 + [0.05] * 5, 0.4946, 1e-4),
        ([0.5] * 10, 0.0, 1e-12),
        ([0.8] * 10, 0.0, 1e-12),
        ([0.6, 0.7, 0.8, 0.7, 0.65, 0.75, 0.7, 0.72, 0.68, 0.7], 0.0062, 1e-3),
        ([1.0, 0.0], LN2, 1e-12),
    ],
)
def test_bald_of_the_methods(p: list[float], nats: float, tol: float) -> None:
    assert bald(np.array(p)[:, None]) == pytest.approx([nats], abs=tol)


def test_bald_of_too_few_is_unknown() -> None:
    found = bald(np.array([[0.9, 0.9], [0.1, NAN]]))
    assert np.isfinite(found).tolist() == [True, False]
    assert np.isnan(bald(np.array([[0.9], [0.1]]), fewest=3)).all()


def test_smoothing_and_certainty() -> None:
    b = np.array([0.0, LN2, LN2 / 2, NAN])
    assert upo_smoothing(b)[:3].tolist() == [0, 0.5, 0.25]
    share = certainty_share(b)
    assert np.nansum(share) == pytest.approx(1)
    assert share[0] / share[1] == pytest.approx(1 / (1 - LN2))
    assert np.isnan(certainty_share(np.array([NAN]))).all()


def test_certain_pairs_are_drawn_with_their_chances_and_repeatably() -> None:
    b = np.array([0.0, 0.69])
    first = sum(np.argmax(certainty_keys(b, np.array([5, 9]), seed)) == 0 for seed in range(2000))
    assert first / 2000 == pytest.approx(1 / (1 + 0.31), abs=0.03)
    once = certainty_keys(np.zeros(3), np.array([3, 1, 2]))
    assert once[[1, 2, 0]].tolist() == certainty_keys(np.zeros(3), np.array([1, 2, 3])).tolist()


def test_passes_of_a_run_and_a_leak() -> None:
    passes = {"mc": ([[3.0, -3.0], [1.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]], True)}
    _, found = stored({"passes": passes, "tie": [False, True]})
    info, values = found["bald_mc"]
    assert values[0] == pytest.approx(0.5022, abs=1e-3)
    assert values[1] is None
    assert "label under test" in info.note
    inputs = make_inputs({"passes": passes})
    assert compute_one("bald", inputs, {}, "mc")[1] == 0


def test_a_committee_of_two_has_no_disagreement() -> None:
    made, found = stored({"rewards": runs([1.0, -1], [-1.0, 1])})
    assert "Three or more runs" in made.absent["committee_bald"]
    assert "two or more votes" in made.absent["ambiguity"]
    _, found = stored({"rewards": runs([1.0, -1, NAN], [-1.0, NAN, 1], [NAN, 1.0, -1])})
    assert found["committee_bald"][0].note == "No row is covered by three runs."


def test_ambiguity_is_of_people_first_and_says_so() -> None:
    three = runs([1.0, -1, 2], [-1.0, 2, -2], [1.0, 1, -2])
    votes = {"votes_chosen": [1, 2, 1], "votes_rejected": [1, 0, 0], "votes_tie": [0, 0, 0]}
    _, found = stored({"rewards": three, **votes})
    info, values = found["ambiguity"]
    assert values[:2] == pytest.approx([LN2, 0.0])
    assert values[2] == pytest.approx(found["committee_bald"][1][2])
    assert info.note.startswith("2 rows are made of votes, 1 of the runs")
    assert stored({"rewards": three})[1]["ambiguity"][0].note.startswith("Made of the runs")
    assert stored(votes)[1]["ambiguity"][0].note == "Made of votes."


def test_conflict_is_of_signs_alone() -> None:
    found = conflict(np.array([1e-300, 5, -2, 0, NAN]), np.array([-1e-300, 2, -9, 1, 1]))
    assert found.tolist() == pytest.approx([1, 0, 0, NAN, NAN], nan_ok=True)


def policy(n, chosen=-100.0, ref=-105.0):
    columns = {"policy_chosen": chosen, "policy_rejected": -110.0}
    columns |= {"ref_chosen": ref, "ref_rejected": -110.0}
    return {"logps": {"p": {name: [value] * n for name, value in columns.items()}}}


def test_conflict_of_one_run_and_of_a_committee() -> None:
    _, found = stored({"rewards": runs([-3.0]), **policy(1)})
    assert found["margin_conflict_p"][1] == [1]
    _, found = stored({"rewards": runs([-3.0, 3], [1.0, -1]), **policy(2)})
    assert found["margin_conflict_p"][1] == [None, None]  # +1 and −1 cancel out
    _, found = stored({"rewards": runs([-3.0, NAN], [9.0, 9], leak=(1,)), **policy(2)})
    assert found["margin_conflict_p"][1] == [1, None]
    inputs = make_inputs({"rewards": runs([-3.0]), **policy(1)})
    assert compute_one("margin_conflict", inputs, {}, "p").tolist() == [1]


def test_without_rewards_there_is_no_conflict() -> None:
    made, _ = stored(policy(1))
    assert "a run of rewards" in made.absent["margin_conflict"]
