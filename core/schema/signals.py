"""What signals are computed from, and what is stored of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from core.schema.base import Bools, Floats, Ints


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


@dataclass(frozen=True)
class NoiseRow:
    """What one run's margins say about the labels of one source."""

    run_id: str
    source: str
    n: int
    """Margins used: all, or a fixed sample of many."""
    rate: float | None
    low: float | None
    high: float | None
    """95 % interval of the rate."""
    at_most: float | None
    """No higher rate is possible with the run's agreement with the labels."""
    reason: str
    """Why there is no rate; empty when there is one."""
