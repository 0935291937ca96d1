"""The audit freed of people's mistakes: simulated teams that err, over seeds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.relabel.auditing import AuditReport
from core.relabel.ballots import ballots
from core.relabel.goldcheck import UNKNOWN, checked_audit
from core.relabel.queues import Queue
from core.relabel.state import State
from core.relabel.verdicts import verdicts
from core.schema.relabel import Answer, CastVote, Purpose, QueueItem, Ruling
from core.signals.audit import Rate, Share, share_of
from core.signals.misjudged import Accuracy, corrected
from tests.unit.test_relabel_auditing import a_queue
from tests.unit.test_relabel_verdicts import A, B, ruling

NOISE, PAIRS = 0.1, 600
RULE = "majority"


def drawn(pairs: int = PAIRS) -> list[QueueItem]:
    """Return pairs of which every other has its label on the first response."""
    return [QueueItem(pair, A, B, "s", (A, B)[pair % 2], "audit", 0.1) for pair in range(pairs)]


def gold(n: int) -> list[QueueItem]:
    return [
        QueueItem(10_000 + i, A, B, "s", None, "gold", None, gold_id=(A, B)[i % 2])
        for i in range(n)
    ]


class Team:
    """People who err now and then, at work on one queue."""

    def __init__(self, queue: Queue, seed: int, people: int = 2, right: float = 0.9) -> None:
        self.state = State(lambda _: ())
        self.state.queues[queue.id] = queue
        self.queue, self.right = queue, right
        self.names = [f"p{i}" for i in range(people)]
        self.draw = np.random.default_rng(seed)
        self.truth = [item.gold_id or self._truth(item.label_id or 0) for item in queue.items]

    def _truth(self, label: int) -> int:
        return A + B - label if self.draw.random() < NOISE else label

    def work(self, tie: float = 0.0) -> Team:
        for place in range(len(self.queue.items)):
            for name in self.names:
                truth = self.truth[place]
                won = truth if self.draw.random() < self.right else A + B - truth
                lost = self.draw.random() < tie
                self.vote(place, name, Answer(tie="tie") if lost else Answer(winner_id=won))
        return self

    def vote(self, place: int, name: str, answer: Answer) -> None:
        item, seq = self.queue.items[place], len(self.state.votes) + 1
        purpose: Purpose = "gold" if item.stratum == "gold" else "real"
        vote = CastVote(seq, seq, name, "q", place, item.pair_id, A, B, purpose, str(seq), answer)
        self.state.votes[seq] = vote
        if purpose == "real":
            self.state.by_pair.setdefault(item.pair_id, {})[name] = vote

    def report(self, rule: str = RULE) -> AuditReport:
        found = verdicts(rule, ballots(self.state.by_pair), self.state.decisions)
        return checked_audit(self.state, "q", rule, (), found)

    @property
    def noise(self) -> float:
        return float(
            np.mean([self.truth[p] != self.queue.items[p].label_id for p in self.queue.real])
        )


def queue_of(n_gold: int, pairs: int = PAIRS) -> Queue:
    return a_queue(*drawn(pairs), *gold(n_gold), pairs=10 * pairs, ranked=0)


@pytest.mark.parametrize(
    ("people", "rule", "tie"),
    [
        (1, "majority", 0.0),
        (1, "majority", 0.2),
        (2, "majority", 0.0),
        (3, "majority", 0.0),
        (3, "weighted", 0.0),
        (2, "unanimous", 0.0),
    ],
)
def test_the_corrected_rate_is_the_true_one(people: int, rule: str, tie: float) -> None:
    """With errors of 10 % an audit of two votes reads 18 % for 10 %."""
    plain, freed, truth, held = [], [], [], 0
    for seed in range(16):
        team = Team(queue_of(500), seed, people).work(tie)
        report = team.report(rule)
        assert report.found.rate is not None
        assert report.accuracy is not None
        assert report.corrected is not None
        assert report.accuracy.votes == people
        held += report.corrected.low <= team.noise <= report.corrected.high
        plain.append(report.found.rate.rate)
        freed.append(report.corrected.rate)
        truth.append(team.noise)
    assert np.mean(freed) == pytest.approx(np.mean(truth), abs=0.012)
    assert held >= 12
    if people < 3:
        assert np.mean(plain) > np.mean(truth) + 0.03


def test_the_accuracy_is_that_of_the_team_with_its_interval() -> None:
    team = Team(queue_of(100), 1, people=1).work()
    report = team.report()
    votes = [v for v in team.state.votes.values() if v.purpose == "gold"]
    k = sum(v.answer.winner_id == team.truth[v.place] for v in votes)
    assert report.accuracy is not None
    assert report.accuracy.right == share_of(k, 100)
    assert report.accuracy.false == pytest.approx(1 - k / 100)
    assert report.correction.startswith("It takes gold to be as hard as the other pairs")


@pytest.mark.parametrize("n", [0, 5, 19])
def test_without_enough_gold_nothing_is_corrected(n: int) -> None:
    report = Team(queue_of(n), 1, people=1).work().report()
    assert (report.accuracy, report.corrected) == (None, None)
    assert report.correction == UNKNOWN


def test_gold_with_fewer_votes_than_a_verdict_compares_single_answers() -> None:
    team = Team(queue_of(60, 200), 1, people=3).work()
    # Each gold pair was asked of one person.
    kept = {"p0": 0, "p1": 1, "p2": 2}
    team.state.votes = {
        seq: v
        for seq, v in team.state.votes.items()
        if v.purpose == "real" or v.place % 3 == kept[v.annotator]
    }
    report = team.report()
    assert report.accuracy is not None
    assert (report.accuracy.votes, report.accuracy.right.n) == (1, 60)
    assert report.correction.startswith("Verdicts rest on 3 votes, and fewer than 20 gold pairs")


def test_only_those_who_judged_here_count_and_each_once() -> None:
    team = Team(queue_of(40, 100), 1, people=1, right=1.0).work()
    for place in range(100, 140):
        wrong = Answer(winner_id=A + B - team.truth[place])
        team.vote(place, "stranger", wrong)
        team.vote(place, "p0", wrong)
        team.vote(place, "p0", Answer(tie="cannot_judge"))
    assert team.report().accuracy == Accuracy(share_of(40, 40), 0.0, 1)


def test_who_cannot_judge_gold_was_not_tested_by_it() -> None:
    team = Team(queue_of(30, 100), 1, people=1, right=1.0)
    for place in range(130):
        unsure = place >= 115
        team.vote(place, "p0", Answer(tie="cannot_judge") if unsure else Answer(winner_id=A))
    assert team.report().correction == UNKNOWN


def test_a_team_no_better_than_a_coin_corrects_nothing() -> None:
    report = Team(queue_of(60), 1, people=1, right=0.5).work().report()
    assert report.accuracy is not None
    assert report.corrected is None
    assert "no better than a coin" in report.correction


def test_rulings_are_not_corrected_by_the_votes_of_others() -> None:
    team = Team(queue_of(60, 100), 1, people=1).work()
    for pair in range(80):
        made = replace(ruling(pair, winner=A), ruling=Ruling(A))
        team.state.decisions[pair] = made
    report = team.report()
    assert (report.accuracy, report.corrected) == (None, None)
    assert "rulings settle most of these pairs" in report.correction


def test_without_a_rate_nothing_is_said_of_mistakes() -> None:
    report = Team(queue_of(60, 100), 1).report()
    assert (report.found.rate, report.correction) == (None, "")


def share(k: float, n: int) -> Accuracy:
    return Accuracy(share_of(k, n), 1 - k / n, 1)


def test_the_transform_is_that_of_rogan_and_gladen() -> None:
    rate = Rate(0.18, 0.14, 0.23, 300, 3000, ())
    found = corrected(rate, share(90, 100))
    assert found is not None
    assert found.rate == pytest.approx((0.18 - 0.1) / 0.8)
    assert (found.low, found.high) == (pytest.approx(0.05), pytest.approx(0.1625))
    exact = corrected(rate, share(100, 100))
    assert exact is not None
    assert (exact.rate, exact.low, exact.high) == (0.18, 0.14, 0.23)


def test_the_corrected_rate_stays_a_share() -> None:
    low = corrected(Rate(0.02, 0.0, 0.05, 300, 3000, ()), share(90, 100))
    high = corrected(Rate(0.97, 0.85, 1.0, 300, 3000, ()), share(90, 100))
    assert low is not None
    assert high is not None
    assert (low.rate, low.low, low.high) == (0.0, 0.0, 0.0)
    assert (high.rate, high.high) == (1.0, 1.0)
    assert corrected(Rate(0.1, 0.0, 0.2, 9, 99, ()), Accuracy(Share(0, 0), 0.0, 1)) is None
