"""BALD as stored signals: over the dropout passes of one run, and over a committee of runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from core.schema import Floats, PassValues, SignalInputs
from core.signals.bald import LN2, bald
from core.signals.committee import standard_margins
from core.signals.logistic import sigmoid
from core.signals.margins import LEAK, difference
from core.signals.spec import SIGNALS, SignalSpec, Values, Vector

FEWEST_RUNS = 3
"""Runs below which a committee's disagreement is not told."""


def committee_bald(inputs: SignalInputs) -> Floats | None:
    """Return BALD over three or more runs, shape (n,), nats; None with fewer.

    p_k = sigmoid(m_k / s_k), s_k the deviation of the run's margins within the source: without
    gold nothing better brings the runs to one scale.
    """
    margins = standard_margins(inputs)
    if len(margins) < FEWEST_RUNS:
        return None
    return bald((sigmoid(margin) for margin in margins), FEWEST_RUNS)


def _of_passes(inputs: SignalInputs, params: Mapping[str, float]) -> Mapping[str, Values]:
    made = {}
    for run_id, run in inputs.passes.items():
        values = bald(_probabilities(run, inputs))
        if np.isfinite(values).any():
            made[run_id] = Values(values, LEAK * run.leaks_label)
    return made


def _probabilities(run: PassValues, inputs: SignalInputs) -> Iterable[Floats]:
    for chosen, rejected in zip(run.chosen.T, run.rejected.T, strict=True):
        yield sigmoid(difference(chosen.astype(np.float64), rejected, inputs.tie))


def _of_committee(inputs: SignalInputs, params: Mapping[str, float]) -> Mapping[str, Values]:
    values = committee_bald(inputs)
    if values is None:
        return {}
    unseen = "No row is covered by three runs." if not np.isfinite(values).any() else ""
    return {"": Values(values, unseen)}


_LOGIT = float(np.log(0.95 / 0.05))
SIGNALS.register(
    SignalSpec(
        name="bald",
        title="Self-disagreement",
        family="Ambiguity",
        formula="H(mean p) − mean H(p) over dropout passes, p = sigmoid(margin of the pass)",
        latex=r"B = H\!\left(\tfrac{1}{T}\sum_t p_t\right) - \tfrac{1}{T}\sum_t H(p_t)",
        direction="High: the model is unsure of itself. Low: its passes agree, rightly or wrongly.",
        unit="nats",
        lower=0.0,
        upper=LN2,
        needs="A run of `score mc_dropout`.",
        paper="Houlsby et al. 2011, arXiv:1112.5745; Wang et al. 2024 (UPO), arXiv:2409.11212",
        limits=(
            "Which side is right it does not say: read it beside the margin. Passes that all say "
            "a half agree too, so it is not the same as a margin near 0."
        ),
        example="Five passes at 0.95 and five at 0.05 give 0.4946; ten at one value give 0.",
        vectors=(
            Vector(
                {
                    "passes": {
                        "rm": (
                            [[_LOGIT] * 5 + [-_LOGIT] * 5, [0.0] * 10, [2.0] * 10, [1.0] * 10],
                            [[0.0] * 10, [0.0] * 10, [0.0] * 10, [np.nan] * 10],
                        )
                    }
                },
                (0.4946, 0.0, 0.0, None),
                tol=1e-4,
            ),
        ),
        compute=_of_passes,
        per_run=True,
    )
)
SIGNALS.register(
    SignalSpec(
        name="committee_bald",
        title="Committee disagreement",
        family="Ambiguity",
        formula="H(mean p) − mean H(p) over runs, p = sigmoid(margin / deviation in the source)",
        latex=r"B = H\!\left(\tfrac{1}{K}\sum_k p_k\right) - \tfrac{1}{K}\sum_k H(p_k)",
        direction="High: the runs are sure of opposite sides. Low: they agree, or none is sure.",
        unit="nats",
        lower=0.0,
        upper=LN2,
        needs="Three or more runs of rewards that do not come from the label itself.",
        paper="Houlsby et al. 2011, arXiv:1112.5745",
        limits=(
            "The probabilities are not calibrated: each run counts in units of its deviation "
            "within the source, so the order tells more than the height."
        ),
        example="Standardised margins −1, 1 and 1.22 give 0.1018.",
        vectors=(
            Vector(
                {
                    "rewards": {
                        "a": ([1.0, -1.0, 1.0, -1.0], [0.0] * 4),
                        "b": ([-3.0, -3.0, 3.0, 3.0], [0.0] * 4),
                        "c": ([0.5, -0.5, 0.5, np.nan], [0.0] * 4),
                    }
                },
                (0.101822, 0.000079, 0.000079, None),
            ),
        ),
        compute=_of_committee,
    )
)
