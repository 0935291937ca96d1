"""What waits for a ruling, a copy that stands still, how far queues are, and how people agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.relabel.agreed import agreed, split_or_wrong, two_by_two
from core.relabel.audithistory import audit_history
from core.relabel.auditing import audit
from core.relabel.ballots import ballots
from core.relabel.settling import Rulings, said_of, settled, sources_of, waiting
from core.relabel.standing import done_rows, queue_rows, worked
from core.relabel.state import State
from core.relabel.still import still, without
from core.relabel.verdicts import Verdict, verdicts
from core.schema.relabel import Answer, Population, Ruling
from tests.desks import Office, answer_next, draft, item, office

PEOPLE = ("ann", "bo", "cy")


@pytest.fixture
def desk_of(tmp_path: Path) -> Iterator[Office]:
    with office(f"sqlite:///{tmp_path / 'log.sqlite3'}") as made:
        yield made


def vote_all(made: Office, said: dict[str, str], **over: object) -> State:
    """Vote on the pairs 1 … n: `said` is a letter per pair: 1 and 2 by id, t tie, - nothing."""
    desk = made.desk()
    n = max(map(len, said.values()))
    queue = desk.make_queue(draft(n, overlap=len(said), **over), "lead")
    for person, letters in said.items():
        for _ in letters:
            shown = desk.showing(person, queue)[0]
            letter = letters[shown.pair_id - 1]
            made.clock.pass_(60)
            if letter == "-":
                desk.skip(person, shown.token)
            elif letter == "t":
                desk.vote(person, shown.token, Answer(tie="tie"))
            else:
                answer = Answer(winner_id=shown.pair_id * 10 + int(letter), seconds=30.0)
                desk.vote(person, shown.token, answer)
    return desk.state


def by_majority(state: State) -> tuple[Verdict, ...]:
    return verdicts("majority", ballots(state.by_pair), state.decisions)


# --- what waits ----------------------------------------------------------------------------------


def test_differing_pairs_wait_the_most_evenly_split_first(desk_of: Office) -> None:
    state = vote_all(desk_of, {"ann": "1112", "bo": "112-", "cy": "12t-"})
    found = waiting(state, by_majority(state))
    assert [(one.pair_id, one.alike, one.n_votes) for one in found] == [(3, 1, 3), (2, 2, 3)]
    assert all(one.differ for one in found)


def test_a_rule_that_leaves_a_pair_open_puts_it_behind_them(desk_of: Office) -> None:
    state = vote_all(desk_of, {"ann": "11", "bo": "2-"})
    found = waiting(state, verdicts("unanimous", ballots(state.by_pair), {}))
    assert [(one.pair_id, one.differ, one.outcome) for one in found] == [
        (1, True, "contested"),
        (2, False, "unresolved"),
    ]


def test_a_ruling_ends_the_wait_and_taking_it_back_begins_it_again(desk_of: Office) -> None:
    vote_all(desk_of, {"ann": "1", "bo": "2"})
    desk = desk_of.desk(1)
    desk.refresh()
    desk.decide("rev", 1, Ruling(tie="contested", cause="matter of taste"))
    assert not waiting(desk.state, by_majority(desk.state))
    assert [made.reviewer for made in settled(desk.state)] == ["rev"]
    assert sources_of(by_majority(desk.state)) == {"ruling of rev": 1}
    desk.withdraw("rev", 1)
    assert not settled(desk.state)
    assert len(waiting(desk.state, by_majority(desk.state))) == 1
    history = Rulings()
    history.catch_up(desk.log)
    history.catch_up(desk.log)
    assert [event.body.get("withdrawn") is not None for event in history.events] == [False, True]


def test_rulings_of_a_log_that_was_replaced_are_gone(desk_of: Office) -> None:
    """A page showed what an older backup, put in the log's place, does not hold."""
    desk, history, taste = desk_of.desk(), Rulings(), Ruling(tie="tie", cause="matter of taste")
    desk.decide("rev", 1, taste)
    kept = desk.refresh(0)
    desk.decide("rev", 2, taste)
    history.catch_up(desk.log)
    desk_of.sql("DELETE FROM events WHERE seq > 1")
    desk_of.sql("UPDATE head SET seq = 1, hash = :hash", hash=kept.hash)
    desk_of.desk().decide("rev", 3, taste)
    for _ in range(2):
        history.catch_up(desk.log)
        assert [event.pair_id for event in history.events] == [1, 3]


def test_late_votes_stand_behind_those_that_count(desk_of: Office) -> None:
    desk = desk_of.desk()
    queue = desk.make_queue(draft(1), "lead")
    slow = desk.showing("bo", queue)[0]
    desk_of.clock.pass_(3600)
    answer_next(desk, "ann", queue)
    assert desk.vote("bo", slow.token, Answer(tie="tie")).vote.late
    assert [(v.annotator, v.late) for v in said_of(desk.state, 1)] == [("ann", False), ("bo", True)]


# --- copies --------------------------------------------------------------------------------------


def test_a_copy_stands_still_while_others_vote(desk_of: Office) -> None:
    desk = desk_of.desk()
    queue = desk.make_queue(draft(3, overlap=2), "lead")
    first = answer_next(desk, "ann", queue)
    before = desk.ask(still)
    answer_next(desk, "bo", queue)
    answer_next(desk, "ann", queue)
    desk.undo("ann", first.vote.seq)
    desk.decide("rev", 2, Ruling(tie="tie"))
    desk.close(queue, "lead")
    assert [v.seq for v in before.votes.values()] == [first.vote.seq]
    assert before.by_pair == {first.vote.pair_id: {"ann": first.vote}}
    assert (before.decisions, before.queues[queue].closed) == ({}, False)
    assert desk.state.votes.keys() != before.votes.keys()


def test_what_is_left_out_says_nothing(desk_of: Office) -> None:
    state = vote_all(desk_of, {"ann": "12", "bo": "22"})
    left = without(state, {1})
    assert set(left.by_pair) == {2}
    assert {vote.pair_id for vote in left.votes.values()} == {2}
    assert without(state, ()) is state


# --- how far -------------------------------------------------------------------------------------


def test_a_queue_counts_no_more_answers_than_it_wants(desk_of: Office) -> None:
    desk = desk_of.desk()
    first = desk.make_queue(draft(2, overlap=2), "lead")
    for person in ("ann", "bo"):
        answer_next(desk, person, first)
    items = (item(1, n_chars=1500), item(3, n_chars=1500))
    second = desk.make_queue(draft(2, name="second", items=items), "lead")
    desk.close(first, "lead")
    rows = {row.id: row for row in queue_rows(desk.state)}
    assert [row.id for row in queue_rows(desk.state)] == [second, first]
    assert (rows[first].given, rows[first].wanted, rows[first].closed) == (2, 4, True)
    assert (rows[second].given, rows[second].wanted) == (1, 2)
    assert rows[second].minutes_left == pytest.approx(1.0)
    assert rows[first].minutes_left is None


def test_everybody_who_is_asked_or_did_something_is_listed(desk_of: Office) -> None:
    desk = desk_of.desk()
    queue = desk.make_queue(draft(3, people=("ann", "bo")), "lead")
    answer_next(desk, "ann", queue)
    desk.skip("ann", desk.showing("ann", queue)[0].token)
    rows = {row.person: row for row in done_rows(desk.state, queue)}
    assert (rows["ann"].answers, rows["ann"].skipped, rows["ann"].open) == (1, 1, 1)
    assert (rows["bo"].answers, rows["bo"].last) == (0, None)


def test_a_break_is_no_slow_work(desk_of: Office) -> None:
    desk = desk_of.desk()
    queue = desk.make_queue(draft(4), "lead")
    for seconds in (0, 30, 30, 86_400):
        desk_of.clock.pass_(seconds)
        answer_next(desk, "ann", queue)
    (row,) = worked(desk.state)
    assert row.per_hour == pytest.approx(120)
    assert [n for _, n in row.days] == [3, 1]


def test_one_answer_tells_no_pace(desk_of: Office) -> None:
    desk = desk_of.desk()
    answer_next(desk, "ann", desk.make_queue(draft(2), "lead"))
    assert worked(desk.state)[0].per_hour is None


# --- agreement -----------------------------------------------------------------------------------


def test_one_person_agrees_with_nobody(desk_of: Office) -> None:
    state = vote_all(desk_of, {"ann": "1212"})
    (row,) = agreed(state)
    assert row.alpha.value is None
    assert "no two people" in row.alpha.why
    assert two_by_two(state) == ()


def test_two_people_get_cohens_and_three_get_fleiss(desk_of: Office) -> None:
    state = vote_all(desk_of, {"ann": "121212121212", "bo": "121212121221"})
    assert agreed(state)[0].kappa.statistic == "cohen_kappa"
    (two,) = two_by_two(state)
    assert (two.first, two.second) == ("ann", "bo")
    # 10 of 12 alike, both say 1 six times: (10/12 − 1/2) / (1/2).
    assert two.kappa.value == pytest.approx(2 / 3)
    assert agreed(state)[0].kappa.value == pytest.approx(2 / 3)


def test_three_people_get_fleiss(desk_of: Office) -> None:
    state = vote_all(desk_of, dict.fromkeys(PEOPLE, "121212121212"))
    (row,) = agreed(state)
    assert (row.kappa.statistic, row.kappa.value) == ("fleiss_kappa", 1.0)
    assert len(two_by_two(state)) == 3


def test_sources_stand_apart(desk_of: Office) -> None:
    state = vote_all(desk_of, {"ann": "1212", "bo": "1122"})
    sources = (("code", (3, 4, 9)), ("none", (9,)), ("talk", (1, 2)))
    rows = [(row.kind, row.name, row.alpha.units) for row in agreed(state, sources)]
    assert rows == [("all", "All votes", 4), ("source", "code", 2), ("source", "talk", 2)]


def test_imported_votes_have_their_source_and_count_for_each(desk_of: Office) -> None:
    """No queue holds their pairs."""
    desk = desk_of.desk()
    seen = answer_next(desk, "ann", desk.make_queue(draft(1), "lead")).vote
    others = [
        replace(seen, seq=0, token="", pair_id=pair, annotator=who, origin="other.jsonl")
        for pair in (7, 8)
        for who in "xy"
    ]
    desk.add_votes(others, "lead")
    rows = agreed(desk.state, (("code", (7, 8)), ("talk", (1, 8))))
    assert [(row.name, row.alpha.units) for row in rows[1:]] == [("code", 2), ("talk", 1)]


def test_contested_is_not_wrong(desk_of: Office) -> None:
    state = vote_all(desk_of, {"ann": "12212", "bo": "1221-", "cy": "122t-"})
    labels = [(1, 11), (2, 21), (3, 32), (3, 31), (4, None)]
    found = split_or_wrong(by_majority(state), labels)
    assert (found.split.k, found.split.n) == (0, 4)
    assert (found.against.k, found.against.n) == (1, 2)


def test_an_even_split_is_contested(desk_of: Office) -> None:
    state = vote_all(desk_of, {"ann": "11", "bo": "21"})
    found = split_or_wrong(by_majority(state), [(1, 11), (2, 21)])
    assert (found.split.k, found.split.n, found.against.k, found.against.n) == (1, 2, 0, 1)


# --- the audit as it came in ---------------------------------------------------------------------


def test_the_last_point_is_the_audit_of_now(desk_of: Office) -> None:
    items = tuple(
        item(pair, stratum="audit" if pair % 2 else "suspects", probability=0.5 if pair % 2 else 1)
        for pair in range(1, 21)
    )
    said = {"ann": "12" * 10}
    state = vote_all(desk_of, said, items=items, population={"talk": Population(30, 10)})
    (queue,) = state.queues
    points = audit_history(state, queue, "majority", steps=7)
    now = audit(state.queues[queue], by_majority(state), state.by_pair)
    assert now.found.rate is not None
    assert (points[-1].judged, points[-1].rate) == (20, now.found.rate.rate)
    judged = [point.judged for point in points]
    assert judged == sorted(set(judged))
    assert 2 <= len(points) <= 7


def test_without_votes_there_is_no_history(desk_of: Office) -> None:
    desk = desk_of.desk()
    queue = desk.make_queue(draft(2), "lead")
    assert audit_history(desk.state, queue, "majority") == ()


@pytest.mark.parametrize("rule", ["majority", "weighted", "unanimous"])
def test_every_point_is_the_audit_of_its_time(desk_of: Office, rule: str) -> None:
    """Judging anew only what changed comes to the same as judging everything."""
    items = tuple(item(p, stratum="audit", probability=0.5) for p in range(1, 13))
    said = {"ann": "121212121212", "bo": "121121121221", "cy": "1t1221121122"}
    state = vote_all(desk_of, said, items=items, population={"talk": Population(24, 0)})
    (queue,) = state.queues
    points = audit_history(state, queue, rule, steps=36)
    assert len(points) > 5
    for point in points:
        by_pair = {
            pair: known
            for pair, cast in state.by_pair.items()
            if (known := {who: vote for who, vote in cast.items() if vote.at <= point.at})
        }
        found = audit(state.queues[queue], verdicts(rule, ballots(by_pair)), by_pair).found
        assert found.rate is not None
        assert point.rate == pytest.approx(found.rate.rate)
        assert point.judged == found.judged
