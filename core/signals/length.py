"""Length: the plainest bias of preference data."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.schema import Bools, Floats, SignalInputs
from core.signals.margins import difference
from core.signals.spec import SIGNALS, SignalSpec, Values, Vector

_NEEDS = "Pairs with text; every import has it."


def length_ratio(chosen: Floats, rejected: Floats, tie: Bools) -> Floats:
    """Return ln(chosen / rejected) of lengths, shape (n,); NaN on ties and for an empty text."""
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.log(chosen) - np.log(rejected)
    return np.where(tie | ~np.isfinite(ratio), np.nan, ratio)


def _known(inputs: SignalInputs) -> bool:
    return bool((np.isfinite(inputs.chosen_chars) & np.isfinite(inputs.rejected_chars)).any())


def _delta(inputs: SignalInputs, params: Mapping[str, float]) -> Mapping[str, Values]:
    delta = difference(inputs.chosen_chars, inputs.rejected_chars, inputs.tie)
    return {"": Values(delta)} if _known(inputs) else {}


def _ratio(inputs: SignalInputs, params: Mapping[str, float]) -> Mapping[str, Values]:
    ratio = length_ratio(inputs.chosen_chars, inputs.rejected_chars, inputs.tie)
    return {"": Values(ratio)} if _known(inputs) else {}


SIGNALS.register(
    SignalSpec(
        name="length_delta_chars",
        title="Length difference",
        family="Length",
        formula="characters of chosen − characters of rejected",
        latex=r"\Delta_{\mathrm{chars}} = |y_w| - |y_l|",
        direction="Positive: the chosen response is longer.",
        unit="characters",
        lower=None,
        upper=None,
        needs=_NEEDS,
        paper="Singhal et al. 2023, arXiv:2310.03716",
        limits="Length is no quality: it shows a bias of the labels, not an error of one label.",
        example="120 and 80 characters give 40.",
        vectors=(
            Vector({"chosen_chars": [120, 0, 7], "rejected_chars": [80, 5, 7]}, (40.0, -5.0, 0.0)),
        ),
        compute=_delta,
        signed=True,
    )
)
SIGNALS.register(
    SignalSpec(
        name="length_ratio",
        title="Length ratio",
        family="Length",
        formula="ln(characters of chosen / characters of rejected)",
        latex=r"\rho = \ln \frac{|y_w|}{|y_l|}",
        direction="Positive: the chosen response is longer; 0.69 means twice as long.",
        unit="natural logarithm of a ratio",
        lower=None,
        upper=None,
        needs=_NEEDS,
        paper="Singhal et al. 2023, arXiv:2310.03716",
        limits="Not defined where a response is empty. Says nothing about which answer is better.",
        example="200 and 100 characters give 0.6931.",
        vectors=(
            Vector(
                {"chosen_chars": [200, 100, 0, 5], "rejected_chars": [100, 200, 9, 5]},
                (0.693147, -0.693147, None, 0.0),
            ),
        ),
        compute=_ratio,
        signed=True,
    )
)
