"""Grow: a base set, and the best of a pool of candidates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from core.curate.presets.cuts import ranked
from core.curate.presets.potential import (
    AGAINST,
    EXPLICIT,
    KEEP_NEGATIVE,
    NORMALISED,
    facts_of,
    logp_weight,
    official,
    open_rows,
    scored,
)
from core.curate.presets.spec import Example, Kept, PresetInputs, PresetSpec
from core.errors import UnknownName
from core.registry import Param
from core.schema import Bools

_BASE = "base"


def _grow(inputs: PresetInputs, params: Mapping[str, float]) -> Kept:
    base = _base(inputs)
    rows, against = (found & ~base for found in open_rows(inputs, params))
    values = scored(official, inputs, rows, params["logp_weight"])
    added = ranked(
        inputs,
        values,
        int(params["n"]),
        highest=True,
        left_out={AGAINST: int(against.sum()), _BASE: int(base.sum())},
        facts=facts_of(inputs, rows),
    )
    return replace(
        added,
        places=np.concatenate([np.flatnonzero(base), added.places]),
        left_out={why: n for why, n in added.left_out.items() if why != _BASE},
        facts={**added.facts, _BASE: float(base.sum()), "added": float(added.places.size)},
    )


def _base(inputs: PresetInputs) -> Bools:
    name = inputs.texts[_BASE]
    if name not in inputs.sources:
        if not inputs.row_id.size:
            return np.zeros(0, np.bool_)
        raise UnknownName("source", name, inputs.sources)
    return np.asarray(inputs.source == inputs.sources.index(name), np.bool_)


GROW = PresetSpec(
    name="grow",
    title="Grow a base set",
    description=(
        "Keeps all pairs of one source, and of the others those with the most alignment potential."
    ),
    paper="Huang et al., ICML 2025, arXiv:2503.01864 (self-play)",
    select=_grow,
    example=Example(
        signals={
            "explicit": (None, 0.10, 0.04, 0.02, 0.12, 0.06),
            "implicit": (None, 0.05, 0.60, 0.02, 0.70, 0.10),
        },
        sources=("seed", "pool", "pool", "pool", "pool", "pool"),
        texts={"base": "seed"},
        params={"n": 2},
        places=(0, 1, 5),
    ),
    params=(
        Param("n", "Pairs to add", 10_000, 0, 100_000_000, "The paper adds 10,000 to 10,000."),
        logp_weight(2.5),
        KEEP_NEGATIVE,
    ),
    needs=(EXPLICIT, NORMALISED),
    texts={"base": "The source whose pairs are all kept."},
    formula="base ∪ the n largest z(explicit) − lambda·z(|length-normalised|) of the others",
    limits=(
        "z-scores are over the candidates alone, so a pool of poor pairs has its best ones too: "
        "compare the margins of both parts."
    ),
)
