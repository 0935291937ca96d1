"""What passes between rooms about relabelling: queues, what a person is shown, what they said.

A vote names the response that won, never a side: sides are drawn for every showing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Role = Literal["annotator", "reviewer", "admin"]
ROLES: tuple[Role, ...] = ("annotator", "reviewer", "admin")
"""Each may do what those before it may."""

Purpose = Literal["real", "gold", "repeat", "practice"]
"""Why an item is shown: for its label, to check a person silently, twice, before the first one."""

VOTE_TIES = ("tie", "both_bad", "cannot_judge")
"""What a vote can say in place of a winner."""

STRENGTHS = (1, 2, 3)
"""How clearly the winner is better: slightly, clearly, by far."""

TAGS = ("under-specified", "verbosity", "format", "refusal", "error", "safety", "taste")
"""Reasons a person can give: the causes of disagreement of Zhang et al. 2024 (arXiv:2410.14632),
and safety and taste."""

CAUSES = (
    "label wrong",
    "label right",
    "annotator slip",
    "guideline unclear",
    "prompt ambiguous",
    "matter of taste",
    "both unusable",
)
"""What a reviewer can say a disagreement came from."""


@dataclass(frozen=True)
class Person:
    """Who is at the page."""

    name: str
    role: Role

    def may(self, role: Role) -> bool:
        """Return whether this person has the rights of `role`."""
        return ROLES.index(self.role) >= ROLES.index(role)


@dataclass(frozen=True)
class QueueItem:
    """A pair that waits in a queue; the smaller response id is first: the order tells nothing."""

    pair_id: int
    first_id: int
    second_id: int
    source: str
    label_id: int | None = None
    """The response that the label calls chosen when the queue was made; None: rows differ."""
    stratum: str = "suspects"
    """`suspects` (any ranked kind), `audit` (drawn at random; ranked too where its probability is
    1), `gold` or `practice`."""
    probability: float | None = None
    """Chance of standing in the queue: 1 of a ranked pair; None of gold and practice."""
    n_chars: int = 0
    gold_id: int | None = None
    """The right answer of a gold or practice item."""
    gold_tie: str | None = None
    explanation: str = ""
    """What a person is told after a practice item."""


@dataclass(frozen=True)
class Population:
    """What the audit of a source speaks of."""

    pairs: int
    """Pairs of the source that the queue's filter found."""
    ranked: int
    """Of them, those that stand in the queue whatever was drawn (probability 1)."""


@dataclass(frozen=True)
class QueueDraft:
    """A queue before it is in the log; made by `curate` from a frozen selection."""

    name: str
    kind: str
    """Name of a kind of queue."""
    items: tuple[QueueItem, ...]
    """Ranked and audited ones in the order in which they are offered, then gold, then practice."""
    sentence: str
    """The filter in words."""
    fingerprint: str
    """Of the store it was made from."""
    overlap: int = 1
    """Answers wanted per item."""
    people: tuple[str, ...] | None = None
    """Who is asked; None is everybody."""
    gold_share: float = 0.05
    """Share of showings that are silent gold items."""
    repeat_share: float = 0.03
    """Share of showings that a person has answered before, with sides swapped."""
    lease_seconds: int = 1800
    guideline: str = ""
    """Markdown."""
    warning: str = ""
    """Shown before the texts of the sources in `warn`; their texts are blurred at first."""
    warn: tuple[str, ...] = ()
    population: Mapping[str, Population] = field(default_factory=dict)
    """By source."""
    params: Mapping[str, object] = field(default_factory=dict)
    """How it was made: preset, audit share, order, seed."""


@dataclass(frozen=True)
class BlindItem:
    """What a person is shown: two responses at drawn sides, and nothing of a label."""

    token: str
    """Names this showing; at most one vote carries it."""
    queue: str
    place: int
    pair_id: int
    left_id: int
    right_id: int
    purpose: Purpose
    """For the server alone: a page must not show it, except `practice`."""
    source: str
    expires: int
    """Microseconds since 1970."""


@dataclass(frozen=True)
class Answer:
    """What a person says about a blind item."""

    winner_id: int | None = None
    """The response that won, None with a tie."""
    tie: str | None = None
    """One of VOTE_TIES, None with a winner."""
    strength: int | None = None
    """1 slightly, 2 clearly, 3 by far."""
    tags: tuple[str, ...] = ()
    rationale: str = ""
    attributes: Mapping[str, int] = field(default_factory=dict)
    """Attribute → score 1 … 5 of the winner against the other."""
    seconds: float | None = None
    """From the texts on screen to the press."""
    masked: bool = False
    """Model names were hidden."""
    leaked: bool = False
    """A response names its maker."""


@dataclass(frozen=True)
class CastVote:
    """A vote that stands in the log."""

    seq: int
    at: int
    """Microseconds since 1970, UTC."""
    annotator: str
    queue: str
    place: int
    pair_id: int
    left_id: int | None
    right_id: int | None
    purpose: Purpose
    token: str
    answer: Answer
    guideline: str = ""
    """Hash of the guideline that stood beside it."""
    late: bool = False
    """Its lease had run out and others had answered enough: kept beside, not counted."""
    origin: str = ""
    """File that an imported vote came from."""


@dataclass(frozen=True)
class Ruling:
    """What a reviewer decides about a pair: a winner, a tie, or that it is to be removed."""

    winner_id: int | None = None
    tie: str | None = None
    """One of VOTE_TIES, or `contested`: people rightly differ."""
    cause: str = ""
    """One of CAUSES."""
    note: str = ""


@dataclass(frozen=True)
class Decision:
    """A ruling that stands in the log."""

    seq: int
    at: int
    reviewer: str
    pair_id: int
    ruling: Ruling


@dataclass(frozen=True)
class Receipt:
    """What the log holds now; returned only after the transaction was committed."""

    vote: CastVote
    repeated: bool
    """This showing was answered before: `vote` is what stands, the new answer was not taken."""


@dataclass(frozen=True)
class Head:
    """Where the log ends."""

    seq: int
    hash: str
