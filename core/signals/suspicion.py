"""Suspicion: the probability that a label is reversed, and the evidence of the runs behind it."""

from __future__ import annotations

from collections.abc import Mapping

from core.registry import Param
from core.schema import SignalInputs
from core.signals.calibration import ENOUGH
from core.signals.evidence_fit import STACKED
from core.signals.noise import FEWEST
from core.signals.spec import SIGNALS, SignalSpec, Values, Vector
from core.signals.suspicion_model import Judged, judge_labels

_NEEDS = (
    "A run whose scores do not come from the label itself: `score crossfit` makes one without a "
    "GPU."
)
_RATE = Param(
    name="noise_rate",
    title="Noise rate",
    default=0.0,
    low=0.0,
    high=0.45,
    help="Share of labels taken to be reversed; 0 estimates it from gold or the margins.",
)


def _suspicion(inputs: SignalInputs, params: Mapping[str, float]) -> Mapping[str, Values]:
    judged = judge_labels(inputs, params["noise_rate"])
    return {"": Values(judged.suspicion, _note(judged))} if _told(judged) else {}


def _evidence(inputs: SignalInputs, params: Mapping[str, float]) -> Mapping[str, Values]:
    judged = judge_labels(inputs)
    return {"": Values(judged.evidence, _note(judged))} if _told(judged) else {}


def _told(judged: Judged) -> bool:
    """Return whether any run gave a margin; one that ends in silence is noted, not absent."""
    return any(item.n for model in judged.models for item in model.weights)


def _note(judged: Judged) -> str:
    return " ".join(model.note for model in judged.models if model.note)


_VECTOR = Vector(
    {"rewards": {"rm": ([-2.0, -1.0, 0.5, 1.0, 1.5, 2.0, 0.5, 1.0] * 8, [0.0] * 64)}},
    (0.999999, 0.997936, 0.005653, 0.000129, 0.000003, 0.0, 0.005653, 0.000129) * 8,
    params={"noise_rate": 0.2},
)
SIGNALS.register(
    SignalSpec(
        name="suspicion",
        title="Suspicion",
        family="Suspicion",
        formula=(
            "1 − q, logit q = evidence + sum over labels and votes on the pair of ±logit eta of "
            "who gave them (+ for this row's chosen response)"
        ),
        latex=(
            r"1 - q, \quad \operatorname{logit} q = e + \sum_{j} \pm "
            r"\log \frac{\eta_j}{1 - \eta_j}"
        ),
        direction="Near 1: the label looks reversed. Near 0: the evidence agrees with it.",
        unit="probability",
        lower=0.0,
        upper=1.0,
        needs=_NEEDS,
        paper="RE-PO, Cao et al., ICLR 2026, arXiv:2509.24159; Dawid and Skene 1979",
        limits=(
            "As good as its runs; gold answers calibrate it and never enter a row's own value. "
            f"NULL in a source with fewer than {FEWEST} labelled rows with a margin, or where the "
            "runs agree with the labels no better than chance and not with each other either. "
            "Margins of weak scorers do not tell the noise rate: then the middle of what their "
            "agreement leaves possible is assumed and noted; the order within a source does not "
            "depend on it, the height does. eta is kept from 0.5 to 0.99, so no label is ever "
            "beyond suspicion and nobody's word counts for its opposite. An unnamed repetition of "
            "a label is taken for a copy."
        ),
        example=(
            "64 rows with margins −2, −1, 0.5, 1, 1.5, 2, 0.5, 1 in turn and a noise rate of 0.2: "
            "1.0000, 0.9979, 0.0057, 0.0001, 0.0000, 0.0000, 0.0057, 0.0001."
        ),
        vectors=(_VECTOR,),
        compute=_suspicion,
        params=(_RATE,),
    )
)
SIGNALS.register(
    SignalSpec(
        name="evidence",
        title="Evidence",
        family="Suspicion",
        formula=(
            "slope · (sum w_k z_k)(sum w_k) / (w'Rw) over the runs that cover the row; z_k: margin "
            "/ its deviation in the source, R: mean products of the z, w: leading vector of R "
            "without its diagonal, at 0 or above, moved where labels or gold say so clearly"
        ),
        latex=(
            r"e = \kappa \, \frac{(\sum_k w_k z_k)(\sum_k w_k)}"
            r"{w^\top R \, w}, \quad z_k = m_k / \sigma_k"
        ),
        direction="Positive: the runs together speak for the label. Negative: against it.",
        unit="logits",
        lower=None,
        upper=None,
        needs=_NEEDS,
        paper=(
            "Parisi et al. 2014, PNAS 111(4) (weights); PerpCorrect, NeurIPS 2024 (two mirrored "
            "Gaussians: slope without gold); Platt 1999 (slope with gold)"
        ),
        limits=(
            "Explicit margins of all runs and implicit margins of all policies take part, but for "
            "those that leak the label. A run against the others, or with nothing in common with "
            "them, gets no weight; runs that say the same count as one. Shared faults, as a love "
            f"of length, remain. {ENOUGH} gold answers of a source set the slope, {STACKED} the "
            "weights; votes of Relabel that count as gold set the slope alone."
        ),
        example=(
            "The rows of suspicion's example, with a noise rate of 12.5 %, the middle of what "
            "their agreement of 75 % leaves possible: −15.17, −7.58, 3.79, 7.58 and so on."
        ),
        vectors=(
            Vector(
                _VECTOR.given,
                (
                    *(-15.168551, -7.584275, 3.792138, 7.584275),
                    *(11.376413, 15.168551, 3.792138, 7.584275),
                )
                * 8,
            ),
        ),
        compute=_evidence,
    )
)
