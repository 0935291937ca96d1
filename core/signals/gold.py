"""Gold: where a trusted answer exists, whether the label agrees with it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.schema import SignalInputs
from core.signals.spec import SIGNALS, SignalSpec, Values, Vector


def _agrees(inputs: SignalInputs, params: Mapping[str, float]) -> Mapping[str, Values]:
    # Votes of Relabel stand on pairs that somebody chose: a share of them would be no noise rate.
    gold = inputs.source_gold
    return {"": Values(np.where(inputs.tie, np.nan, gold))} if np.isfinite(gold).any() else {}


SIGNALS.register(
    SignalSpec(
        name="gold_agrees",
        title="Gold agrees",
        family="Gold",
        formula="1 where gold names the chosen response, 0 where it names the rejected one",
        latex=r"g = \mathbb{1}[y_{\mathrm{gold}} = y_w]",
        direction="1: the label is right. 0: gold says that it is reversed.",
        unit="0 or 1",
        lower=0.0,
        upper=1.0,
        needs="A source with gold answers, or a mapping that names a `[gold]` column.",
        paper="Northcutt et al. 2021, arXiv:2103.14749",
        limits="As trustworthy as the gold; unknown where gold calls the pair a tie.",
        example="Gold names the chosen response: 1.",
        vectors=(
            Vector(
                {"gold": [1, 0, np.nan, 1], "tie": [False, False, False, True]},
                (1.0, 0.0, None, None),
            ),
        ),
        compute=_agrees,
        mirrored=True,
        integer=True,
    )
)
