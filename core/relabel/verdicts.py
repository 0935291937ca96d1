"""Verdicts: what the votes on a pair come to under a rule, and what then happens to its label."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from core.registry import Param, Registry, settle
from core.relabel.ballots import BOTH_BAD, CANNOT_JUDGE, SECOND, TIE, Ballots
from core.schema import Floats
from core.schema.relabel import Decision
from core.signals.dawid_skene import dawid_skene
from core.signals.logistic import logit, sigmoid

Outcome = Literal["winner", "tie", "both_bad", "cannot_judge", "contested", "unresolved"]
Action = Literal["keep", "flip", "remove", "soft", "unresolved"]
ACTIONS: tuple[Action, ...] = get_args(Action)

_TIES: Mapping[int, Outcome] = {TIE: "tie", BOTH_BAD: "both_bad", CANNOT_JUDGE: "cannot_judge"}
_RULED: tuple[Outcome, ...] = ("tie", "both_bad", "cannot_judge", "contested")
_UNTOLD = 0.5
"""Reliability of a person whose votes met too few others: below every certainty that is asked."""
_SLACK = 1e-9
"""2 of 3 votes are two thirds, whatever the rounding."""


@dataclass(frozen=True)
class Verdict:
    """What the votes on a pair, or a reviewer, say of it; nothing yet of any label."""

    pair_id: int
    outcome: Outcome
    winner_id: int | None
    """The response that won, None with any other outcome."""
    leading_id: int | None
    """The response that most votes name, also where the pair is contested; the first by id where
    both are named alike, None where no vote names one."""
    share: float | None
    """Of `leading_id` among votes that name one; weighted, its probability."""
    n: int
    """Votes on the pair, those that cannot judge included."""
    source: str
    """Who says so: "majority of 3 votes", "ruling of NAME". NAME is as the log has it."""

    naming: float = 1.0
    """Share of votes that name a response among those that judge; the others say neither is
    better."""

    def share_of(self, response_id: int) -> float | None:
        """Return the share of a response of this pair among votes that name one."""
        if self.share is None:
            return None
        return self.share if response_id == self.leading_id else 1 - self.share

    def soft(self, chosen_id: int) -> float | None:
        """Return the value of a soft label, 1 for `chosen_id`, 0 against; ties count a half."""
        share = self.share_of(chosen_id)
        return None if share is None else share * self.naming + (1 - self.naming) / 2

    def against(self, chosen_id: int) -> float:
        """Return the share of votes that name the other response among those that judge."""
        share = self.share_of(chosen_id)
        return 0.0 if share is None else (1 - share) * self.naming


@dataclass(frozen=True)
class Policy:
    """What becomes of labels that people did not confirm."""

    on_reversed: Literal["remove", "flip"] = "remove"
    # Removing beats flipping in published comparisons, so it is the default: a wrong removal costs
    # one pair of many, a wrong flip teaches the opposite of what people want.
    on_contested: Literal["unresolved", "soft"] = "unresolved"


@dataclass(frozen=True)
class Count:
    """Votes on one pair."""

    pair_id: int
    of: Mapping[int, int]
    """Response id → votes that name it."""
    ties: Mapping[Outcome, int]
    """Without the outcomes that nobody said."""
    believed: Mapping[int, float]
    """Response id → probability, of the weighted rule; empty elsewhere."""

    @property
    def n(self) -> int:
        """Return how many votes there are."""
        return sum(self.of.values()) + sum(self.ties.values())

    @property
    def judging(self) -> int:
        """Return how many say something of the pair: all but "cannot judge"."""
        return self.n - self.ties.get("cannot_judge", 0)

    @property
    def naming(self) -> int:
        """Return how many votes name a response."""
        return sum(self.of.values())

    @property
    def leading_id(self) -> int | None:
        """Return the response that most votes name, or that is likeliest."""
        by: Mapping[int, float] = self.believed or self.of
        return max(sorted(by), key=lambda i: by[i]) if by else None

    @property
    def share(self) -> float | None:
        """Return the share, or probability, of `leading_id`."""
        lead = self.leading_id
        if lead is None:
            return None
        return self.believed[lead] if self.believed else self.of[lead] / self.naming


Decide = Callable[[Count, Mapping[str, float]], Outcome]


@dataclass(frozen=True)
class VerdictRule:
    """A way from the votes on a pair to an outcome; a standing ruling is above every rule."""

    name: str
    title: str
    description: str
    decide: Decide
    params: tuple[Param, ...] = ()
    paper: str = ""
    """Where it comes from; empty for our own."""
    said: str = "{votes}"
    """How a verdict names its source."""
    weighs: bool = False
    """People are weighed by how reliable they are."""

    def settled(self, given: Mapping[str, object]) -> Mapping[str, float]:
        """Return all parameters; raise UsageError for one that is unknown or out of bounds."""
        return settle(self.name, self.params, given)


RULES: Registry[VerdictRule] = Registry("verdict rule")


def verdicts(
    rule: str,
    votes: Ballots,
    decisions: Mapping[int, Decision] | None = None,
    given: Mapping[str, object] | None = None,
) -> tuple[Verdict, ...]:
    """Return a verdict for every pair with a vote or a ruling, by pair id.

    Raises:
        UnknownName: no such rule.
        UsageError: a parameter that the rule has not, or out of bounds.
    """
    spec, ruled = RULES.get(rule), decisions or {}
    params = spec.settled(given or {})
    believed = _believed(votes, params["min_common"]) if spec.weighs else {}
    found = {c.pair_id: _verdict(c, spec, params) for c in _counts(votes, believed)}
    for pair, decision in ruled.items():
        found[pair] = _overruled(found.get(pair, _NOTHING), decision)
    return tuple(found[pair] for pair in sorted(found))


def act(verdict: Verdict, chosen_id: int | None, policy: Policy) -> Action:
    """Return what becomes of a label that calls `chosen_id` chosen.

    A contested pair is never flipped or removed: people differ about it, which is no error (methods
    8.13 iv). A pair without an answer that is better teaches nothing and is removed. Where nobody
    could judge nothing was said of the label. `chosen_id` None, rows of the pair that differ, is
    unresolved here: ask for each row.
    """
    if verdict.outcome in ("tie", "both_bad"):
        return "remove"
    if verdict.outcome in ("unresolved", "cannot_judge") or chosen_id is None:
        return "unresolved"
    if verdict.outcome == "winner":
        return "keep" if verdict.winner_id == chosen_id else policy.on_reversed
    return policy.on_contested if verdict.share is not None else "unresolved"


def preview(
    found: Iterable[Verdict], rows: Iterable[tuple[int, int | None]], policy: Policy
) -> dict[Action, int]:
    """Return how many rows (pair id, chosen id) would be kept, flipped and so on; changes nothing.

    Rows of pairs without a verdict are not counted.
    """
    by_pair = {v.pair_id: v for v in found}
    counts = dict.fromkeys(ACTIONS, 0)
    for pair, chosen in rows:
        if pair in by_pair:
            counts[act(by_pair[pair], chosen, policy)] += 1
    return counts


_NOTHING = Verdict(0, "unresolved", None, None, None, 0, "")


def _verdict(count: Count, spec: VerdictRule, params: Mapping[str, float]) -> Verdict:
    outcome = spec.decide(count, params)
    lead, votes = count.leading_id, "1 vote" if count.n == 1 else f"{count.n} votes"
    return Verdict(
        pair_id=count.pair_id,
        outcome=outcome,
        winner_id=lead if outcome == "winner" else None,
        leading_id=lead,
        share=count.share,
        n=count.n,
        source=spec.said.format(votes=votes),
        naming=count.naming / (count.judging or 1),
    )


def _overruled(verdict: Verdict, decision: Decision) -> Verdict:
    ruling = decision.ruling
    outcome: Outcome = "winner" if ruling.winner_id is not None else "unresolved"
    for tie in _RULED:
        outcome = tie if ruling.winner_id is None and ruling.tie == tie else outcome
    return replace(
        verdict,
        pair_id=decision.pair_id,
        outcome=outcome,
        winner_id=ruling.winner_id,
        source=f"ruling of {decision.reviewer}",
    )


def _counts(votes: Ballots, believed: Mapping[int, Mapping[int, float]]) -> Iterable[Count]:
    """Yield the votes on each pair that has any."""
    of: dict[int, Counter[int]] = defaultdict(Counter)
    ties: dict[int, Counter[Outcome]] = defaultdict(Counter)
    cast = zip(votes.unit.tolist(), votes.value.tolist(), votes.winner.tolist(), strict=True)
    for unit, value, winner in cast:
        if value <= SECOND:
            of[unit][winner] += 1
        else:
            ties[unit][_TIES[value]] += 1
    for unit in sorted(of.keys() | ties.keys()):
        named, kinds = of.get(unit, Counter()), ties.get(unit, Counter())
        yield Count(votes.pairs[unit], named, kinds, believed.get(unit, {}))


def _believed(votes: Ballots, min_common: float) -> dict[int, dict[int, float]]:
    """Return the probability of each named response, by unit, from votes that name one.

    How reliable people are is learned where two or more name a response; their lone votes are read
    by it. Who met others on fewer than `min_common` pairs is as likely right as not: too little is
    known of them.
    """
    named = votes.where(votes.names_winner)
    q = _probabilities(votes, named, min_common)
    found: dict[int, dict[int, float]] = {}
    said = zip(named.unit.tolist(), named.winner.tolist(), named.value.tolist(), strict=True)
    for unit, winner, value in said:
        p = float(q[unit])
        found.setdefault(unit, {})[winner] = p if value == SECOND else 1 - p
    return found


def _probabilities(votes: Ballots, named: Ballots, min_common: float) -> Floats:
    """Return P(the second response wins), shape (pairs,); NaN where no vote names one."""
    met, units = votes.met(), len(votes.pairs)
    told = dawid_skene(met.unit, met.person, met.value == SECOND, units, len(votes.people))
    common = np.bincount(met.person, minlength=len(votes.people))
    known = (np.isfinite(told.reliability) & (common >= min_common))[named.person]
    skill = logit(np.where(known, told.reliability[named.person], _UNTOLD))
    sign = np.where(named.value == SECOND, 1.0, -1.0)
    prior = np.zeros(units)
    prior[named.unit[known]] = logit(np.array(told.prior))
    q = sigmoid(np.bincount(named.unit, sign * skill, units) + prior)
    return np.where(np.isin(np.arange(units), named.unit), q, np.nan)


def _enough(count: Count, params: Mapping[str, float]) -> bool:
    return (count.judging or count.n) >= params["min_votes"]


def _most(count: Count) -> list[Outcome]:
    """Return the answer most votes give, "winner" for a response; several where they are level.

    "Cannot judge" says nothing of the pair, so it counts only where nobody says more.
    """
    said: list[tuple[int, Outcome]] = [(n, "winner") for n in count.of.values()]
    said += [(n, kind) for kind, n in count.ties.items() if kind != "cannot_judge"]
    most = max((n for n, _ in said), default=0)
    return [kind for n, kind in said if n == most] or ["cannot_judge"]


def _majority(count: Count, params: Mapping[str, float]) -> Outcome:
    if not _enough(count, params):
        return "unresolved"
    most = _most(count)
    if len(most) > 1:
        return "contested"
    split = most == ["winner"] and (count.share or 0.0) < params["contested_below"] - _SLACK
    return "contested" if split and count.judging >= params["contested_from"] else most[0]


def _weighted(count: Count, params: Mapping[str, float]) -> Outcome:
    if not _enough(count, params):
        return "unresolved"
    most = _most(count)
    if set(most) != {"winner"}:
        return most[0] if len(most) == 1 else "contested"
    if (count.share or 0.0) >= params["certainty"] - _SLACK:
        return "winner"
    # Who is unreliable and alone has not shown that people differ: another vote is wanted.
    return "contested" if len(count.of) > 1 else "unresolved"


def _unanimous(count: Count, params: Mapping[str, float]) -> Outcome:
    if not _enough(count, params):
        return "unresolved"
    kinds = len(count.of) + len(count.ties.keys() - {"cannot_judge"})
    return _most(count)[0] if kinds <= 1 else "contested"


def _reviewer(count: Count, params: Mapping[str, float]) -> Outcome:
    return "unresolved"


_MIN_VOTES = Param(
    "min_votes", "Votes needed", 1, 1, 50, "A whole number; fewer leave it unresolved."
)
_CONTESTED_BELOW = Param(
    "contested_below", "Contested below", 2 / 3, 0.5, 1.0,
    "Smallest share of the winner among votes that name one.",
)  # fmt: skip
_MIN_COMMON = Param(
    "min_common", "Common pairs needed", 10, 1, 200,
    "A whole number, of a person with others; on fewer nothing is known of how reliable they are.",
)  # fmt: skip

RULES.register(
    VerdictRule(
        name="majority",
        title="Majority",
        description=(
            "What most people say. Level votes, and a winner with too small a share of the votes "
            "that name one, are contested."
        ),
        params=(
            _MIN_VOTES,
            _CONTESTED_BELOW,
            Param("contested_from", "Contested from", 3, 1, 50, "A whole number of votes."),
        ),
        said="majority of {votes}",
        decide=_majority,
    )
)
RULES.register(
    VerdictRule(
        name="weighted",
        title="Weighted by reliability",
        description=(
            "Votes count by how often each person agrees with the others, on ten common pairs or "
            "more; on fewer they weigh nothing. A winner that is not likely enough is contested, "
            "or unresolved where nobody says otherwise."
        ),
        params=(
            _MIN_VOTES,
            Param("certainty", "Certainty", 0.8, 0.5, 0.99, "Probability that a winner needs."),
            _MIN_COMMON,
        ),
        paper="Dawid and Skene 1979",
        said="{votes} weighted by reliability",
        weighs=True,
        decide=_weighted,
    )
)
RULES.register(
    VerdictRule(
        name="unanimous",
        title="Unanimous",
        description="Only what everybody says; otherwise the pair is contested.",
        params=(replace(_MIN_VOTES, default=2),),
        said="unanimity of {votes}",
        decide=_unanimous,
    )
)
RULES.register(
    VerdictRule(
        name="reviewer",
        title="Reviewer",
        description="Only rulings settle a pair; votes alone leave it unresolved.",
        said="{votes} and no ruling",
        decide=_reviewer,
    )
)
