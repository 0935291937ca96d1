"""The committee as stored signals: mean, spread and votes of the runs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.schema import SignalInputs
from core.signals.committee import Strength, standard_margins, strength
from core.signals.spec import SIGNALS, SignalSpec, Values, Vector

_NEEDS = "Two or more runs of rewards that do not come from the label itself."


def _committee(inputs: SignalInputs) -> Strength | None:
    margins = standard_margins(inputs)
    return strength(margins) if len(margins) > 1 else None


def _mean(inputs: SignalInputs, params: Mapping[str, float]) -> Mapping[str, Values]:
    found = _committee(inputs)
    return {"": Values(found.mean)} if found else {}


def _spread(inputs: SignalInputs, params: Mapping[str, float]) -> Mapping[str, Values]:
    found = _committee(inputs)
    if found is None:
        return {}
    return {"": Values(np.where(found.runs > 1, found.std, np.nan), _overlap(found))}


def _overlap(found: Strength) -> str:
    return "" if (found.runs > 1).any() else "No row is covered by two runs."


def _votes(inputs: SignalInputs, params: Mapping[str, float]) -> Mapping[str, Values]:
    found = _committee(inputs)
    return {"": Values(found.agree)} if found else {}


_ZEROS = [0.0] * 4
_GIVEN: Mapping[str, object] = {
    "rewards": {
        "a": ([1.0, -1.0, 1.0, -1.0], _ZEROS),
        "b": ([3.0, -3.0, -3.0, 3.0], _ZEROS),
        "c": ([0.5, -0.5, 0.5, np.nan], _ZEROS),
        "label": ([9.0, 9.0, 9.0, 0.0], _ZEROS, True),
    }
}
_LIMITS = (
    "Reward models share biases, above all for length and style: united is not right. Each run's "
    "margin counts in units of its deviation within the source; runs that leak the label are "
    "left out."
)
SIGNALS.register(
    SignalSpec(
        name="committee_mean",
        title="Committee mean",
        family="Committee",
        formula="mean over runs of margin / deviation of the run's margins within the source",
        latex=r"u_i = \frac{1}{K} \sum_k \frac{m_{ik}}{s_k}",
        direction="Positive: taken together the runs agree with the label. Negative: against it.",
        unit="standard deviations",
        lower=None,
        upper=None,
        needs=_NEEDS,
        paper="Wang et al. 2024, Secrets of RLHF II",
        limits=_LIMITS,
        example="Standardised margins 1, 1 and 1.06 give 1.0202; 1, −1 and 1.06 give 0.3536.",
        vectors=(Vector(_GIVEN, (1.020220, -1.020220, 0.353553, 0.0)),),
        compute=_mean,
        signed=True,
    )
)
SIGNALS.register(
    SignalSpec(
        name="committee_spread",
        title="Committee spread",
        family="Committee",
        formula="population deviation over runs of the standardised margins",
        latex=r"s_i = \sqrt{\frac{1}{K} \sum_k \left( \frac{m_{ik}}{s_k} - u_i \right)^2}",
        direction="High: the runs differ about this pair, in direction or in degree.",
        unit="standard deviations",
        lower=0.0,
        upper=None,
        needs=_NEEDS,
        paper="Wang et al. 2024, Secrets of RLHF II",
        limits=f"{_LIMITS} NULL where only one run covers the row.",
        example="Standardised margins −1 and 1 give 1.",
        vectors=(Vector(_GIVEN, (0.028596, 0.028596, 0.957427, 1.0)),),
        compute=_spread,
    )
)
SIGNALS.register(
    SignalSpec(
        name="committee_votes",
        title="Committee votes",
        family="Committee",
        formula="runs with a positive margin / runs with a margin other than 0",
        latex=r"v_i = \frac{|\{k : m_{ik} > 0\}|}{|\{k : m_{ik} \ne 0\}|}",
        direction="1: every run agrees with the label. 0: every run is against it.",
        unit="share of runs",
        lower=0.0,
        upper=1.0,
        needs=_NEEDS,
        paper="Semi-DPO, ICLR 2026 (committee consensus)",
        limits=_LIMITS,
        example="Two of three runs agree: 0.6667; one of the two that cover the row: 0.5.",
        vectors=(Vector(_GIVEN, (1.0, 0.0, 2 / 3, 0.5)),),
        compute=_votes,
        mirrored=True,
    )
)
