"""Knobs: numbers per pair that a trainer's loss can use, written as columns of an export."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from core.curate.presets.spec import Need
from core.errors import ExportError
from core.registry import Param, Registry, settle
from core.schema import Bools, Floats
from core.signals.edpo import EPSILON, beta_of_step
from core.signals.losses import dpo_loss, drdpo_weights


@dataclass(frozen=True)
class KnobInputs:
    """What a knob is made from; the arrays are aligned with the pairs to write, shape (n,)."""

    signals: Mapping[str, Floats]
    """One array per role of `KnobSpec.needs`; signed ones are negated where `flipped`. NaN is
    unknown; the key of an optional one may be missing."""
    flipped: Bools
    """The pair is written with its sides swapped."""
    settled: Bools
    """People decided the label."""
    soft: Floats
    """P(the written chosen answer is better) by votes; NaN where they do not say."""
    weight: Floats | None
    """Weights of the preset, mean 1; None where it has none."""
    params: Mapping[str, float]


@dataclass(frozen=True)
class KnobSpec:
    """A named column."""

    name: str
    title: str
    formula: str
    """Plain text; for a column that is not a number, what it holds."""
    paper: str = ""
    """Where it comes from; empty for our own."""
    needs: tuple[Need, ...] = ()
    params: tuple[Param, ...] = ()
    compute: Callable[[KnobInputs], Floats] | None = None
    """Shape (n,), NaN where unknown. None: the export knows the column itself."""
    type: pa.DataType = field(default_factory=pa.float64)
    unknown: str = ""
    """What pairs lack that are empty in it; goes on after "they have no"."""

    def settled(self, given: Mapping[str, float]) -> Mapping[str, float]:
        """Return all parameters; raise UsageError for one that is unknown or out of bounds."""
        return settle(self.name, self.params, given)

    def column(self, inputs: KnobInputs) -> pa.Array:
        """Return the numbers as a column, unknown ones null.

        Raises:
            ExportError: nothing that it could be made from is there.
        """
        if self.compute is None:
            raise TypeError(f"{self.name} is not computed from signals.")
        values = np.asarray(self.compute(inputs), np.float64)
        return pa.array(values, mask=~np.isfinite(values))


def _margin(inputs: KnobInputs) -> Floats:
    return inputs.signals["explicit"]


def _label_ok(inputs: KnobInputs) -> Floats:
    suspicion = inputs.signals["suspicion"]
    by_signals = np.where(inputs.flipped, suspicion, 1 - suspicion)
    by_people = np.where(inputs.settled, 1.0, by_signals)
    return np.where(np.isfinite(inputs.soft), inputs.soft, by_people)


def _weight(inputs: KnobInputs) -> Floats:
    if inputs.weight is not None:
        return inputs.weight
    weights = drdpo_weights(dpo_loss(_implicit("weight", inputs)), inputs.params["b"])
    return weights * float(np.isfinite(weights).sum())


def _beta(inputs: KnobInputs) -> Floats:
    return beta_of_step(inputs.signals["step"], inputs.params["beta"], inputs.params["epsilon"])


def _smoothing(inputs: KnobInputs) -> Floats:
    voted = np.isfinite(inputs.soft)
    if "implicit" not in inputs.signals and voted.all():
        return 1 - inputs.soft
    by_model = _least_trusted(_implicit("label_smoothing", inputs), inputs.params)
    by_people = np.where(inputs.settled, 0.0, by_model)
    return np.where(voted, 1 - inputs.soft, by_people)


def _least_trusted(implicit: Floats, params: Mapping[str, float]) -> Floats:
    known = np.isfinite(implicit)
    if not known.any():
        return np.full(implicit.shape, np.nan)
    cut = np.percentile(implicit[known], params["percentile"])
    return np.where(known, np.where(implicit <= cut, params["smoothing"], 0.0), np.nan)


def _implicit(knob: str, inputs: KnobInputs) -> Floats:
    if "implicit" not in inputs.signals:
        raise ExportError(
            f"{knob} needs an implicit margin, which the store does not have.",
            "Score a policy with a reference: python -m core score policy, then python -m core "
            "signals.",
        )
    return inputs.signals["implicit"]


SHARES = ("q_label_ok", "label_smoothing")
"""Columns that hold the share of the votes where a label is soft."""
KNOBS: Registry[KnobSpec] = Registry("column of numbers")
KNOBS.register(
    KnobSpec(
        name="margin",
        title="Explicit margin: reward of the chosen answer minus that of the rejected one",
        formula="reward_chosen − reward_rejected",
        needs=(Need("explicit", "explicit_margin", "how much better a reward model finds it"),),
        compute=_margin,
        unknown="explicit margin",
    )
)
KNOBS.register(
    KnobSpec(
        name="q_label_ok",
        title="Probability that the written label is right",
        formula=(
            "the votes' share where people disagree, 1 where they settled it, else 1 − suspicion "
            "(suspicion where the sides are swapped)"
        ),
        needs=(Need("suspicion", "suspicion", "how likely the source's label is reversed"),),
        compute=_label_ok,
        unknown="suspicion, and votes settle none of them",
    )
)
KNOBS.register(
    KnobSpec(
        name="weight",
        title="Weight of the pair in the loss, on average 1",
        formula="the preset's weight; without one exp(−L/b) / mean exp(−L/b), L = −ln sigmoid(h)",
        paper="Wu et al. 2024 (Dr.DPO), arXiv:2407.07880",
        needs=(Need("implicit", "implicit_margin", "h, what the policy learned, in nats", True),),
        params=(Param("b", "Temperature b", 1.0, 0.01, 100.0, "0.01 to 100; low trusts less."),),
        compute=_weight,
        unknown="implicit margin",
    )
)
KNOBS.register(
    KnobSpec(
        name="beta_i",
        title="The pair's own beta",
        formula="beta / (1 + e · step)",
        paper="Lee et al., NeurIPS 2025, arXiv:2502.13177",
        needs=(Need("step", "edpo_step", "whether a looser pull to the reference would help"),),
        params=(
            Param("beta", "Beta", 0.1, 1e-4, 10.0, "0.0001 to 10; the trainer's own beta."),
            Param("epsilon", "e", EPSILON, 1e-4, 0.5, "0.0001 to 0.5; the authors' is 0.01."),
        ),
        compute=_beta,
        unknown="edpo_step",
    )
)
KNOBS.register(
    KnobSpec(
        name="label_smoothing",
        title="Label smoothing of the pair",
        formula=(
            "1 − the votes' share where people disagree, 0 where they settled it, else 0.1 where "
            "the implicit margin is at most its 10th percentile and 0 above"
        ),
        paper="Kim et al., ICLR 2025, arXiv:2406.04412",
        needs=(Need("implicit", "implicit_margin", "how far the policy trusts the label", True),),
        params=(
            Param("percentile", "Percentile", 10.0, 0.0, 100.0, "0 to 100."),
            Param("smoothing", "Smoothing", 0.1, 0.0, 0.5, "0 to 0.5."),
        ),
        compute=_smoothing,
        unknown="implicit margin, and votes settle none of them",
    )
)
KNOBS.register(
    KnobSpec(
        name="flipped",
        title="Whether the sides are swapped",
        formula="true where the written label is not the source's",
        type=pa.bool_(),
    )
)
KNOBS.register(
    KnobSpec(
        name="provenance",
        title="Where the label comes from",
        formula="source, the rule and its votes, the ruling of a reviewer, or a preset",
        type=pa.string(),
    )
)
