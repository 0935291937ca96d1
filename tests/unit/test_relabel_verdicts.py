"""From votes to verdicts, and from verdicts to what becomes of labels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.errors import UnknownName, UsageError
from core.relabel.ballots import BOTH_BAD, CANNOT_JUDGE, FIRST, NO_WINNER, SECOND, TIE, ballots
from core.relabel.verdicts import ACTIONS, RULES, Policy, Verdict, act, preview, verdicts
from core.schema.relabel import Answer, CastVote, Decision, Ruling

A, B = 11, 22
"""The responses of every pair here."""
SAID = {
    "A": Answer(winner_id=A),
    "B": Answer(winner_id=B),
    "T": Answer(tie="tie"),
    "X": Answer(tie="both_bad"),
    "?": Answer(tie="cannot_judge"),
}
REMOVE, FLIP = Policy(), Policy("flip", "soft")


def cast(
    person: str, pair: int, said: str, swapped: bool = False, queue: str = "q", place: int = 0
) -> CastVote:
    left, right = (B, A) if swapped else (A, B)
    token = f"{person}-{pair}-{queue}"
    return CastVote(1, 1, person, queue, place, pair, left, right, "real", token, SAID[said])


def votes(*pairs: str, swapped: bool = False) -> dict[int, dict[str, CastVote]]:
    """Return the votes of p0, p1, … on pairs 0, 1, …, a letter each; a blank is none."""
    return {
        pair: {
            f"p{at}": cast(f"p{at}", pair, letter, swapped)
            for at, letter in enumerate(letters)
            if letter != " "
        }
        for pair, letters in enumerate(pairs)
    }


def one(rule: str, letters: str, **given: object) -> Verdict:
    (found,) = verdicts(rule, ballots(votes(letters)), given=given)
    return found


def ruling(pair: int = 0, winner: int | None = None, tie: str | None = None) -> Decision:
    return Decision(9, 9, "Ada", pair, Ruling(winner, tie, "label wrong"))


# --- ballots ---------------------------------------------------------------------------------


def test_ballots_are_arrays_by_pair_and_person() -> None:
    found = ballots(votes("AB", " T?X"))
    assert found.pairs == (0, 1)
    assert found.people == ("p0", "p1", "p2", "p3")
    assert found.unit.tolist() == [0, 0, 1, 1, 1]
    assert found.person.tolist() == [0, 1, 1, 2, 3]
    assert found.value.tolist() == [FIRST, SECOND, TIE, CANNOT_JUDGE, BOTH_BAD]
    assert found.winner.tolist() == [A, B, NO_WINNER, NO_WINNER, NO_WINNER]
    assert found.judged().value.tolist() == [FIRST, SECOND, TIE, BOTH_BAD]


def test_sides_are_nothing_to_ballots() -> None:
    one, other = ballots(votes("AB", "BT")), ballots(votes("AB", "BT", swapped=True))
    assert np.array_equal(one.value, other.value)
    assert verdicts("majority", one) == verdicts("majority", other)


def test_imported_votes_may_name_no_sides() -> None:
    bare = {"left_id": None, "right_id": None}
    cast_votes = {
        0: {name: replace(vote, **bare) for name, vote in votes("AB")[0].items()},
        1: {"p0": replace(cast("p0", 1, "B"), **bare)},
        2: {},
    }
    found = ballots(cast_votes)
    assert found.value.tolist() == [FIRST, SECOND, FIRST]
    assert found.winner.tolist() == [A, B, B]
    assert [v.winner_id for v in verdicts("majority", found)] == [None, B]
    # The only response that is named has the larger id of two more often than not.
    large = replace(cast("p0", 3, "B"), **bare, answer=Answer(winner_id=2**63 - 25))
    assert ballots({3: {"p0": large}}).value.tolist() == [SECOND]


def test_no_votes_are_no_verdicts() -> None:
    for rule in RULES.names():
        assert verdicts(rule, ballots({})) == ()


# --- rules -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("letters", "outcome", "share"),
    [
        ("A", "winner", 1.0),
        ("B", "winner", 1.0),
        ("AAB", "winner", 2 / 3),
        ("AABT", "winner", 2 / 3),
        ("AAABB", "contested", 0.6),
        ("AB", "contested", 0.5),
        ("AT", "contested", 1.0),
        ("ATT", "tie", 1.0),
        ("TX", "contested", None),
        ("XX", "both_bad", None),
        ("?", "cannot_judge", None),
        ("A??", "winner", 1.0),
        ("AB??", "contested", 0.5),
    ],
)
def test_majority(letters: str, outcome: str, share: float | None) -> None:
    found = one("majority", letters)
    assert found.outcome == outcome
    assert found.share == (None if share is None else pytest.approx(share))
    assert found.n == len(letters)
    assert found.source == f"majority of {len(letters)} vote{'s' * (len(letters) > 1)}"
    named = B if letters == "B" else A
    assert found.winner_id == (named if outcome == "winner" else None)
    assert found.leading_id == (None if share is None else named)


def test_the_bounds_of_a_majority_can_be_set() -> None:
    assert one("majority", "AAB", contested_below=0.7).outcome == "contested"
    assert one("majority", "AAABB", contested_below=0.6).outcome == "winner"
    assert one("majority", "AAABB", contested_from=6).outcome == "winner"
    assert one("majority", "AAABB?", contested_from=6).outcome == "winner"
    assert one("majority", "A", min_votes=2).outcome == "unresolved"
    assert one("majority", "A?", min_votes=2).outcome == "unresolved"
    assert one("majority", "??", min_votes=2).outcome == "cannot_judge"


@pytest.mark.parametrize(
    ("letters", "outcome"),
    [
        ("AA", "winner"),
        ("AA?", "winner"),
        ("AAAAB", "contested"),
        ("A", "unresolved"),
        ("AAT", "contested"),
        ("TT", "tie"),
        ("TX", "contested"),
        ("??", "cannot_judge"),
    ],
)
def test_unanimity(letters: str, outcome: str) -> None:
    assert one("unanimous", letters).outcome == outcome


def test_only_rulings_settle_under_the_rule_of_reviewers() -> None:
    found = verdicts("reviewer", ballots(votes("AAA", "B")), {1: ruling(1, winner=A)})
    assert [(v.outcome, v.winner_id) for v in found] == [("unresolved", None), ("winner", A)]
    assert [v.source for v in found] == ["3 votes and no ruling", "ruling of Ada"]


def crowd(*more: str) -> dict[int, dict[str, CastVote]]:
    """Return votes in which p0, p1 and p2 agree but for p2's many slips, then some more."""
    steady = ["AAA", "BBB", "AAB", "BBA", "AAA", "BBB", "AAB", "BBA"] * 5
    return votes(*steady, *more)


@pytest.mark.parametrize(
    ("letters", "outcome", "winner"),
    [
        ("A B", "winner", A),
        (" AB", "winner", A),
        ("  B", "unresolved", None),
        ("AA ", "winner", A),
        ("AB ", "contested", None),
        ("TTA", "tie", None),
        ("ATX", "contested", None),
    ],
)
def test_votes_are_weighed_by_reliability(letters: str, outcome: str, winner: int | None) -> None:
    found = verdicts("weighted", ballots(crowd(letters)))[-1]
    assert (found.outcome, found.winner_id) == (outcome, winner)
    n = len(letters.replace(" ", ""))
    assert found.source == f"{n} vote{'s' * (n > 1)} weighted by reliability"


def test_a_reliable_person_is_heard_where_a_majority_is_level() -> None:
    cast_votes = ballots(crowd("A B"))
    assert verdicts("majority", cast_votes)[-1].outcome == "contested"
    assert verdicts("weighted", cast_votes)[-1].winner_id == A


def test_a_weighted_winner_needs_the_certainty_asked_for() -> None:
    unsure = ballots(crowd("  B"))
    assert verdicts("weighted", unsure)[-1].outcome == "unresolved"
    assert verdicts("weighted", unsure, given={"certainty": 0.5})[-1].winner_id == B


@pytest.mark.parametrize("seed", range(10))
def test_lone_votes_of_a_random_person_do_not_drown_those_who_met(seed: int) -> None:
    """300 votes that agree with nobody made their person the most reliable one of all."""
    draw = np.random.default_rng(seed)
    first = draw.random(360) < 0.5
    right = np.stack([draw.random(360) < skill for skill in (0.5, 0.9, 0.9)])
    said = np.where(right == first, "A", "B")
    said[1:, :300] = " "
    found = verdicts("weighted", ballots(votes(*("".join(column) for column in said.T))))
    shared = [(v.winner_id, A if first[v.pair_id] else B) for v in found if v.pair_id >= 300]
    settled = [won == truth for won, truth in shared if won is not None]
    assert len(settled) > 30
    assert np.mean(settled) > 0.8
    # The random person is a coin, as far as the shared pairs tell: alone they settle nothing.
    lone = [v.outcome for v in found if v.pair_id < 300]
    assert set(lone) == {"unresolved"}


@pytest.mark.parametrize(("common", "outcome"), [(9, "unresolved"), (10, "winner")])
def test_a_reliability_from_few_common_pairs_is_none(common: int, outcome: str) -> None:
    """Two people who agreed nine times settled everything, alone too."""
    agreed = ballots(votes(*["AA", "BB"] * (common // 2), *["AA"] * (common % 2), "A "))
    found = verdicts("weighted", agreed)
    assert {v.outcome for v in found} == {outcome}
    assert {v.outcome for v in verdicts("weighted", agreed, given={"min_common": 1})} == {"winner"}
    assert {v.outcome for v in verdicts("weighted", agreed, given={"min_common": 11})} == {
        "unresolved"
    }


def test_who_never_met_anybody_settles_nothing_by_weight() -> None:
    alone = verdicts("weighted", ballots(votes(*["A"] * 40)))
    assert {(v.outcome, v.winner_id, v.share) for v in alone} == {("unresolved", None, 0.5)}
    # Nor beside others who met: a pair with ties is no place to meet.
    found = verdicts("weighted", ballots(crowd("   A", "TT A")))[-2:]
    assert [v.outcome for v in found] == ["unresolved", "tie"]
    assert found[0].share == pytest.approx(0.5)


def test_votes_that_meet_are_those_on_pairs_with_two_names() -> None:
    met = ballots(votes("A", "AT", "AB", "T?", "BBT")).met()
    assert met.unit.tolist() == [2, 2, 4, 4]
    assert met.people == ("p0", "p1", "p2")


@pytest.mark.parametrize("rule", RULES.names())
@pytest.mark.parametrize(
    ("decision", "outcome", "winner"),
    [
        (ruling(winner=B), "winner", B),
        (ruling(tie="tie"), "tie", None),
        (ruling(tie="both_bad"), "both_bad", None),
        (ruling(tie="cannot_judge"), "cannot_judge", None),
        (ruling(tie="contested"), "contested", None),
        (ruling(), "unresolved", None),
    ],
)
def test_a_ruling_is_above_every_rule(
    rule: str, decision: Decision, outcome: str, winner: int | None
) -> None:
    (found,) = verdicts(rule, ballots(votes("AAA")), {0: decision})
    assert (found.outcome, found.winner_id) == (outcome, winner)
    assert (found.source, found.n) == ("ruling of Ada", 3)
    assert found.leading_id == A


def test_a_ruling_needs_no_vote() -> None:
    found = verdicts("majority", ballots(votes("A")), {7: ruling(7, winner=B)})
    assert [(v.pair_id, v.winner_id, v.n) for v in found] == [(0, A, 1), (7, B, 0)]


def test_rules_describe_themselves_and_refuse_what_they_do_not_know() -> None:
    assert RULES.names() == ("majority", "weighted", "unanimous", "reviewer")
    for rule in RULES:
        assert rule.title
        assert rule.description.endswith(".")
        assert rule.settled({}) == {p.name: p.default for p in rule.params}
    with pytest.raises(UnknownName, match="no verdict rule named 'loudest'"):
        verdicts("loudest", ballots({}))
    with pytest.raises(UsageError, match="reviewer has no parameter 'min_votes'"):
        verdicts("reviewer", ballots({}), given={"min_votes": 2})


# --- what becomes of labels ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("letters", "careful", "bold"),
    [
        ("A", "keep", "keep"),
        ("B", "remove", "flip"),
        ("T", "remove", "remove"),
        ("X", "remove", "remove"),
        ("?", "unresolved", "unresolved"),
        ("??", "unresolved", "unresolved"),
        ("AB", "unresolved", "soft"),
        ("BBBAA", "unresolved", "soft"),
        ("TX", "unresolved", "unresolved"),
    ],
)
def test_what_becomes_of_a_label(letters: str, careful: str, bold: str) -> None:
    found = one("majority", letters)
    assert act(found, A, REMOVE) == careful
    assert act(found, A, FLIP) == bold
    assert act(replace(found, outcome="unresolved"), A, FLIP) == "unresolved"


@pytest.mark.parametrize("rule", ["majority", "weighted"])
def test_who_cannot_judge_removes_nothing(rule: str) -> None:
    found = one(rule, "?")
    assert found.outcome == "cannot_judge"
    assert {act(found, label, p) for label in (A, B, None) for p in (REMOVE, FLIP)} == {
        "unresolved"
    }


def test_a_contested_pair_is_never_flipped() -> None:
    # Every rule and policy, and a ruling: most votes are against the label, and people differ.
    for letters in ("BBBAA", "BA"):
        for rule in ("majority", "unanimous"):
            found = one(rule, letters)
            assert found.outcome == "contested"
            assert {act(found, A, p) for p in (REMOVE, FLIP)} == {"unresolved", "soft"}
    (ruled,) = verdicts("majority", ballots(votes("BBB")), {0: ruling(tie="contested")})
    assert act(ruled, A, Policy("flip")) == "unresolved"


@pytest.mark.parametrize(
    ("letters", "soft", "against"),
    [("BBBAA", 0.4, 0.6), ("BBBAA?", 0.4, 0.6), ("AT", 0.75, 0.0), ("BT", 0.25, 0.5)],
)
def test_a_soft_label_is_the_share_of_votes(letters: str, soft: float, against: float) -> None:
    found = one("majority", letters)
    assert found.outcome == "contested"
    assert found.soft(A) == pytest.approx(soft)
    assert found.soft(B) == pytest.approx(1 - soft)
    assert found.against(A) == pytest.approx(against)


def test_without_a_named_response_there_is_no_soft_label() -> None:
    found = one("majority", "TX")
    assert (found.share_of(A), found.soft(A), found.against(A)) == (None, None, 0.0)


def test_rows_that_differ_are_asked_for_one_by_one() -> None:
    assert act(one("majority", "A"), None, FLIP) == "unresolved"
    assert act(one("majority", "X"), None, FLIP) == "remove"


def test_a_preview_counts_and_changes_nothing() -> None:
    found = verdicts("majority", ballots(votes("A", "B", "T", "AB")))
    rows = [(0, A), (0, B), (1, A), (2, A), (3, A), (99, A)]
    assert preview(found, rows, REMOVE) == {
        "keep": 1,
        "flip": 0,
        "remove": 3,
        "soft": 0,
        "unresolved": 1,
    }
    assert preview(found, rows, FLIP) == {
        "keep": 1,
        "flip": 2,
        "remove": 1,
        "soft": 1,
        "unresolved": 0,
    }
    assert tuple(preview(found, [], REMOVE)) == ACTIONS
