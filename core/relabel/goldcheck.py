"""An audit beside silent gold: how often those who judged are right, and what follows for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from statistics import median

from core.relabel.auditing import TARGET, AuditReport, audit, wrong_by
from core.relabel.ballots import ballots
from core.relabel.queues import Queue
from core.relabel.state import State
from core.relabel.verdicts import RULES, Verdict, verdicts
from core.schema.relabel import CastVote, QueueItem
from core.signals.audit import share_of
from core.signals.misjudged import FEWEST_GOLD, Accuracy, corrected

UNKNOWN = "Not corrected for mistakes of the people who judged: there are too few gold answers."
_RULED = (
    "Not corrected for mistakes of the people who judged: rulings settle most of these pairs, and "
    "no gold tells how often a ruling is wrong."
)
_COIN = (
    "Not corrected for mistakes of the people who judged: on gold they may be no better than a "
    "coin."
)

Given = tuple[tuple[str, float], ...]
Cast = Mapping[str, CastVote]


def checked_audit(
    state: State,
    queue_id: str,
    rule: str,
    given: Given,
    found: Iterable[Verdict],
    target_half_width: float = TARGET,
) -> AuditReport:
    """Return the audit of a queue, with the rate freed of the mistakes of those who judged.

    `found` are the verdicts by `rule` with its parameters `given`.
    """
    queue, told = state.queues[queue_id], tuple(found)
    report = audit(queue, told, state.by_pair, target_half_width)
    if report.found.rate is None:
        return report
    judged = _judged(queue, told)
    if 2 * sum(v.pair_id in state.decisions for v in judged) > len(judged):
        return replace(report, correction=_RULED)
    votes = round(median(v.n for v in judged)) if judged else 1
    accuracy = accuracy_on_gold(state, queue, rule, given, votes)
    if accuracy is None:
        return replace(report, correction=UNKNOWN)
    freed = corrected(report.found.rate, accuracy)
    said = _COIN if freed is None else _said(accuracy, votes)
    return replace(report, accuracy=accuracy, corrected=freed, correction=said)


def accuracy_on_gold(
    state: State, queue: Queue, rule: str, given: Given, votes: int
) -> Accuracy | None:
    """Return how those who judged a queue's pairs did on silent gold; None with too few answers.

    Where a verdict rests on several votes, as many on each gold pair are put through the rule, the
    first ones given; with fewer than 20 such pairs single answers are compared.
    """
    people = {who for pair in queue.pairs() for who in state.by_pair.get(pair, {})}
    gold = _gold_votes(state, people)
    several = [tuple(cast)[:votes] for cast in gold.values() if len(cast) >= votes > 1]
    if several:
        found = _accuracy(_put_through(state, several, rule, given), votes)
        if found.right.n >= FEWEST_GOLD:
            return found
    single = [(one,) for cast in gold.values() for one in cast]
    found = _accuracy(_put_through(state, single, "majority", ()), 1)
    return found if found.right.n >= FEWEST_GOLD else None


GoldVote = tuple[CastVote, QueueItem]


def _gold_votes(state: State, people: set[str]) -> dict[int, list[GoldVote]]:
    """Return by pair the first answer of each person to gold that has a winner, as they came."""
    found: dict[int, dict[str, GoldVote]] = {}
    for _, vote in sorted(state.votes.items()):
        if vote.purpose == "gold" and vote.annotator in people and vote.queue in state.queues:
            item = state.queues[vote.queue].items[vote.place]
            if item.gold_id is not None:
                found.setdefault(vote.pair_id, {}).setdefault(vote.annotator, (vote, item))
    return {pair: list(cast.values()) for pair, cast in found.items()}


def _put_through(
    state: State, gold: Sequence[tuple[GoldVote, ...]], rule: str, given: Given
) -> list[tuple[Verdict, QueueItem]]:
    """Return a verdict for each few votes on gold, with its item.

    They stand as pairs of their own, below every pair id, so that none joins votes on a label; a
    rule that weighs people learns from those as well.
    """
    parts: dict[int, Cast] = {
        -1 - at: {vote.annotator: vote for vote, _ in cast} for at, cast in enumerate(gold)
    }
    real = state.by_pair if RULES.get(rule).weighs else {}
    told = verdicts(rule, ballots({**real, **parts}), given=dict(given))
    return [(v, gold[-1 - v.pair_id][0][1]) for v in told if v.pair_id < 0]


def _accuracy(told: Iterable[tuple[Verdict, QueueItem]], votes: int) -> Accuracy:
    """Return how often a reversed and a right label are called reversed, as the audit counts."""
    hits, slips = [], []
    for verdict, item in told:
        other = item.second_id if item.gold_id == item.first_id else item.first_id
        hit = wrong_by(verdict, replace(item, label_id=other))
        if hit == hit:  # not NaN: judged
            hits.append(hit)
            slips.append(wrong_by(verdict, replace(item, label_id=item.gold_id)))
    return Accuracy(share_of(sum(hits), len(hits)), sum(slips) / max(len(slips), 1), votes)


def _judged(queue: Queue, told: Iterable[Verdict]) -> list[Verdict]:
    """Return the verdicts on pairs of the audit that say something of the label."""
    drawn = {queue.items[place].pair_id for place in queue.real if queue.items[place].probability}
    silent = ("unresolved", "cannot_judge")
    return [v for v in told if v.pair_id in drawn and v.outcome not in silent]


def _said(accuracy: Accuracy, votes: int) -> str:
    """Return what the correction takes as known."""
    known = (
        "It takes gold to be as hard as the other pairs, and how often people are right as known: "
        "its interval leaves out how well that is known."
    )
    if votes == accuracy.votes:
        return known
    return (
        f"Verdicts rest on {votes} votes, and fewer than {FEWEST_GOLD} gold pairs have as many: "
        f"single answers were compared, so it may correct too much. {known}"
    )
