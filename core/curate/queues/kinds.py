"""Kinds of queues: which pairs people should look at first, from the stored signals.

A new one is one entry that registers a QueueKind; the command and the Team page walk the registry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from core.registry import Registry
from core.schema import Floats
from core.views.bands import CONTESTED


@dataclass(frozen=True)
class KindInputs:
    """Rows a kind gives a priority to, aligned; NaN is unknown."""

    n: int
    """How many rows there are."""
    signals: Mapping[str, tuple[Floats, ...]]
    """Signal → its stored columns, one per run where it has runs; none where it is not stored."""

    def one(self, name: str) -> Floats:
        """Return the only column of a signal, shape (n,); NaN where it is not stored."""
        return next(iter(self.signals.get(name, ())), np.full(self.n, np.nan))

    def mean(self, name: str) -> Floats:
        """Return the mean of the known columns of a signal, shape (n,); NaN without any."""
        columns = self.signals.get(name, ())
        known = sum((np.isfinite(column) * 1.0 for column in columns), np.zeros(self.n))
        total = sum((np.nan_to_num(column) for column in columns), np.zeros(self.n))
        return np.where(known > 0, total / np.maximum(known, 1), np.nan)


Order = Callable[[KindInputs], Floats]
"""Inputs → priority per row, shape (n,), never negative, the highest first; NaN is not asked."""


@dataclass(frozen=True)
class QueueKind:
    """A named order of pairs."""

    name: str
    title: str
    description: str
    order: Order
    needs: tuple[str, ...] = ()
    """Signals that must all be stored."""
    one_of: tuple[str, ...] = ()
    """Signals of which one must be stored."""
    uses: tuple[str, ...] = ()
    """Signals that it looks at where they are stored."""
    made_by: str = ""
    """The command that makes what it needs."""
    paper: str = ""
    """Where it comes from; empty for our own."""

    @property
    def signals(self) -> tuple[str, ...]:
        """Return all signals that it looks at."""
        return tuple(dict.fromkeys((*self.needs, *self.one_of, *self.uses)))


QUEUE_KINDS: Registry[QueueKind] = Registry("kind of queue")


def _suspects(inputs: KindInputs) -> Floats:
    split = np.nan_to_num(inputs.one("ambiguity")) >= CONTESTED
    return np.where(split, np.nan, inputs.one("suspicion"))


def _contested(inputs: KindInputs) -> Floats:
    return _above_zero(inputs.one("ambiguity"))


def _ambiguous(inputs: KindInputs) -> Floats:
    """exp(−√(u² + s²)): the root mean square of the runs' standard margins, near 1 at no margin."""
    spread = np.hypot(inputs.one("committee_mean"), inputs.one("committee_spread"))
    return np.asarray(np.exp(-spread), np.float64)


def _uncertain(inputs: KindInputs) -> Floats:
    for name in ("bald", "committee_bald", "committee_spread"):
        if inputs.signals.get(name):
            return _above_zero(inputs.mean(name))
    return np.full(inputs.n, np.nan)


def _contradictions(inputs: KindInputs) -> Floats:
    rows = np.nan_to_num(inputs.one("contradicting_rows")) > 0
    return _above_zero(rows * 1.0 + np.nan_to_num(inputs.mean("margin_conflict")) / 2)


def _style_won(inputs: KindInputs) -> Floats:
    """P(label | style)·P(the runs say otherwise), where style alone would give this label."""
    style = inputs.one("style_probability")
    longer = _sigmoid(inputs.one("length_ratio"))
    style = np.where(np.isfinite(style), style, longer)
    against = np.nan_to_num(_sigmoid(-inputs.one("controlled_margin")), nan=0.5)
    with np.errstate(invalid="ignore"):
        return np.where(style > 0.5, style * against, np.nan)


def _random(inputs: KindInputs) -> Floats:
    return np.full(inputs.n, np.nan)


def _above_zero(values: Floats) -> Floats:
    with np.errstate(invalid="ignore"):
        return np.where(values > 0, values, np.nan)


def _sigmoid(x: Floats) -> Floats:
    return np.asarray(0.5 + 0.5 * np.tanh(x / 2), np.float64)


SUSPECTS = QUEUE_KINDS.register(
    QueueKind(
        name="suspects",
        title="Suspects",
        description=(
            "Labels that look reversed, the most suspected first. Contested pairs stay out: "
            "where people rightly differ no label is wrong."
        ),
        order=_suspects,
        needs=("suspicion",),
        uses=("ambiguity",),
        made_by="python -m core score crossfit",
        paper="Zhang et al. 2024, arXiv:2410.14632 (disagreement is not error)",
    )
)
QUEUE_KINDS.register(
    QueueKind(
        name="contested",
        title="Contested",
        description="Pairs over which people, or else models, are split, the widest split first.",
        order=_contested,
        needs=("ambiguity",),
        made_by="python -m core score reward_model --model NAME, for three models",
        paper="Zhang et al. 2024, arXiv:2410.14632",
    )
)
QUEUE_KINDS.register(
    QueueKind(
        name="ambiguous",
        title="Ambiguous",
        description="Pairs in which every run sees next to no difference.",
        order=_ambiguous,
        needs=("committee_mean", "committee_spread"),
        made_by="python -m core score reward_model --model NAME, for two models",
        paper="Wang et al. 2024 (UPO), arXiv:2409.11212",
    )
)
QUEUE_KINDS.register(
    QueueKind(
        name="uncertain",
        title="Uncertain",
        description="Pairs about which a model disagrees with itself, or the runs with each other.",
        order=_uncertain,
        one_of=("bald", "committee_bald", "committee_spread"),
        made_by="python -m core score mc_dropout --model NAME",
        paper="Houlsby et al. 2011, arXiv:1112.5745",
    )
)
QUEUE_KINDS.register(
    QueueKind(
        name="contradictions",
        title="Contradictions",
        description=(
            "Pairs that stand with both labels, then pairs whose reward models and policy prefer "
            "opposite responses."
        ),
        order=_contradictions,
        one_of=("contradicting_rows", "margin_conflict"),
        made_by="python -m core signals",
    )
)
QUEUE_KINDS.register(
    QueueKind(
        name="style-won",
        title="Won by style",
        description=(
            "Labels that style or length alone would give, those first with which the runs "
            "disagree once style is taken away."
        ),
        order=_style_won,
        one_of=("style_probability", "length_ratio"),
        uses=("controlled_margin",),
        made_by="python -m core score textstats",
        paper="Miroyan et al. 2025 (Search Arena), arXiv:2506.05334",
    )
)
RANDOM = QUEUE_KINDS.register(
    QueueKind(
        name="random",
        title="Random audit",
        description="Pairs drawn at random and nothing else: what a noise rate is estimated from.",
        order=_random,
    )
)
