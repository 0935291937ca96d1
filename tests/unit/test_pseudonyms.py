"""Pseudonyms: the same for the same log, and nothing in their order but a hash."""

import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.curate.cards.people import people_told
from core.curate.judged import Judged
from core.curate.pseudonyms import called, pseudonyms, salt_of
from core.relabel.ballots import CANNOT_JUDGE, FIRST, NO_WINNER, SECOND, Ballots
from core.schema.relabel import Head

PEOPLE = [f"person {i:02}" for i in range(40)]
SALT = salt_of("f" * 64, "0123456789abcdef")


@given(st.sets(st.text()), st.randoms())
def test_they_depend_on_the_set_of_names_alone(names: set[str], rng: random.Random) -> None:
    listed = sorted(names)
    rng.shuffle(listed)
    made = pseudonyms(listed + listed, SALT)
    assert made == pseudonyms(sorted(names), SALT)
    assert sorted(made) == sorted(names)
    assert set(made.values()) == {f"annotator-{i + 1}" for i in range(len(names))}


def test_the_order_tells_nothing_of_the_alphabet() -> None:
    """Over many salts the first name of the alphabet is as often early as late."""
    ranks = [
        int(pseudonyms(PEOPLE, salt_of("f", str(i)))[PEOPLE[0]].removeprefix("annotator-"))
        for i in range(2000)
    ]
    # A uniform rank of 40 has mean 20.5 and deviation 11.54; five standard errors are 1.29.
    assert abs(np.mean(ranks) - 20.5) < 1.29
    assert len(set(ranks)) == 40


def test_another_store_or_log_gives_another_order() -> None:
    one = pseudonyms(PEOPLE, SALT)
    assert one == pseudonyms(PEOPLE, salt_of("f" * 64, "0123456789abcdef"))
    assert one != pseudonyms(PEOPLE, salt_of("e" * 64, "0123456789abcdef"))
    assert one != pseudonyms(PEOPLE, salt_of("f" * 64, "0123456789abcdee"))


def test_the_two_numbers_of_one_person_are_unrelated() -> None:
    people = called(PEOPLE, PEOPLE, SALT)
    numbers = [
        [int(found[name].rsplit("-", 1)[1]) for name in PEOPLE]
        for found in (people.annotators, people.reviewers)
    ]
    assert numbers[0] != numbers[1]
    assert set(people.reviewers.values()) == {f"reviewer-{i}" for i in range(1, 41)}


def test_a_ruling_names_its_reviewer_by_pseudonym() -> None:
    people = called(["ann"], ["rev. of x"], SALT)
    assert people.source("ruling of rev. of x") == "ruling of reviewer-1"
    assert people.source("majority of 3 votes") == "majority of 3 votes"
    assert people.source("ruling of somebody else") == "ruling of a reviewer"
    assert called([], ["rev"], SALT, real=True).source("ruling of rev") == "ruling of rev"


def ballots_of(rows: list[tuple[int, int, int]]) -> Ballots:
    unit, person, value = np.array(rows, np.int64).T
    pairs, people = tuple(range(int(unit.max()) + 1)), ("ann", "bob", "cyd")
    return Ballots(pairs, people, unit, person, value, np.full(unit.size, NO_WINNER))


def test_what_is_told_of_people() -> None:
    rows = [(u, p, FIRST if u % 2 else SECOND) for u in range(20) for p in range(2)]
    rows += [(0, 2, CANNOT_JUDGE)]
    people = called(("ann", "bob", "cyd"), ("rev",), SALT)
    told = people_told(Judged(Head(3, "x"), (), ballots_of(rows), people), {"keep": 20})
    assert told["votes"] == 40
    assert told["pairs"] == 20
    assert sorted(told["annotators"].values()) == [0, 20, 20]
    assert list(told["annotators"]) == ["annotator-1", "annotator-2", "annotator-3"]
    assert told["reviewers"] == ["reviewer-1"]
    assert told["agreement"]["value"] == 1.0
    assert told["verdicts"] == {"keep": 20}
    assert not {"ann", "bob", "cyd", "rev"} & set(str(told).replace("'", " ").split())


def test_numbers_are_rounded_and_an_audit_is_passed_on() -> None:
    rng = np.random.default_rng(5)
    rows = [(u, p, int(rng.random() < 0.7)) for u in range(60) for p in range(3)]
    people = called(("ann", "bob", "cyd"), (), SALT)
    judged = Judged(Head(3, "x"), (), ballots_of(rows), people)
    told = people_told(judged, audit={"rate": 0.123456, "judged": 9})
    assert told["audit"] == {"rate": 0.123, "judged": 9}
    agreement = told["agreement"]
    assert agreement["low"] < agreement["value"] < agreement["high"]
    assert all(round(agreement[key], 3) == agreement[key] for key in ("low", "value", "high"))
