"""What signals are computed from, and what is stored of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from core.schema.base import Bools, Floats, Ints
from core.schema.evidence import Labeller


@dataclass(frozen=True)
class RunValues:
    """One run's rewards aligned to rows; NaN where unknown (NULL at the store's door)."""

    chosen: Floats
    rejected: Floats
    leaks_label: bool = False


@dataclass(frozen=True)
class PassValues:
    """One run's rewards with dropout on, shape (n, passes) each; NaN where unknown.

    Pass t of both sides is the same thinned model.
    """

    chosen: npt.NDArray[np.float32]
    rejected: npt.NDArray[np.float32]
    leaks_label: bool = False


@dataclass(frozen=True)
class KlValues:
    """What a policy run made with `--kl` adds, aligned to rows; NaN where unknown."""

    klsum_chosen: Floats
    klsum_rejected: Floats
    """KL(policy, reference) summed over response positions, nats, never negative."""
    policy_mixp_chosen: Floats
    policy_mixp_rejected: Floats
    """Summed nats under the logits (1+e)·policy − e·reference."""
    policy_mixm_chosen: Floats
    policy_mixm_rejected: Floats
    """Summed nats under the logits (1−e)·policy + e·reference."""


@dataclass(frozen=True)
class LogpValues:
    """One policy run aligned to rows: summed nats over response tokens; NaN where unknown."""

    policy_chosen: Floats
    policy_rejected: Floats
    ref_chosen: Floats
    ref_rejected: Floats
    chosen_tokens: Floats
    rejected_tokens: Floats
    leaks_label: bool = False
    kl: KlValues | None = None


@dataclass(frozen=True)
class VoteValues:
    """Votes for which no row of their own stands, one entry per row of the pair and vote."""

    row_id: Ints
    labeller: Ints
    """Index into `SignalInputs.labellers`."""
    side: Floats
    """1 for the chosen response, −1 for the rejected one, 0 for a tie."""


@dataclass(frozen=True)
class TextValues:
    """What the text statistics say of both responses, aligned to rows; NaN where unknown."""

    chosen: Mapping[str, npt.NDArray[np.float32]]
    """Feature → value per row."""
    rejected: Mapping[str, npt.NDArray[np.float32]]
    similarity: Floats
    """Estimated share of common shingles of the two responses, in [0,1]."""
    near_duplicates: Floats
    """Other rows of the store with nearly the same prompt and responses."""
    contained: Floats
    """2 where the responses are equal but for case and spaces, 1 where one stands in the other."""


@dataclass(frozen=True)
class SignalInputs:
    """Columns aligned to row_id 0 … n−1; NaN is unknown."""

    row_id: Ints
    tie: Bools
    source: Ints
    """Index into `source_names`."""
    source_names: tuple[str, ...]
    pair_id: Ints
    chosen_id: Ints
    chosen_chars: Floats
    rejected_chars: Floats
    votes_chosen: Floats
    votes_rejected: Floats
    votes_tie: Floats
    rating_chosen: Floats
    rating_rejected: Floats
    gold: Floats
    """1 gold names the chosen side, 0 the rejected side, NaN unknown or a tie."""
    rewards: Mapping[str, RunValues]
    logps: Mapping[str, LogpValues] = field(default_factory=dict)
    passes: Mapping[str, PassValues] = field(default_factory=dict)
    split: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    """Index into `split_names`; empty where splits do not matter."""
    split_names: tuple[str, ...] = ()
    labeller: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    """Index into `labellers`: whose label a row has; −1 where the label sums up `votes`. Empty:
    everybody of a source is one labeller."""
    labellers: tuple[Labeller, ...] = ()
    votes: VoteValues | None = None
    texts: TextValues | None = None
    gold_voted: Bools = field(default_factory=lambda: np.empty(0, np.bool_))
    """Where `gold` is what people said on Relabel, of pairs that were not drawn evenly; empty:
    nowhere."""

    @property
    def source_gold(self) -> Floats:
        """Return `gold` as it came with the sources, shape (n,)."""
        return np.where(self.gold_voted, np.nan, self.gold) if len(self.gold_voted) else self.gold


@dataclass(frozen=True)
class SignalColumn:
    """A stored signal: a row of `signal_info`."""

    name: str
    """Column name."""
    signal: str
    """Name in the registry."""
    run_id: str | None
    params: Mapping[str, float]
    n: int
    mean: float | None
    std: float | None
    """Population standard deviation."""
    note: str = ""
    """Why it is empty or to be read with care; a sentence."""
