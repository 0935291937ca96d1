"""Presets: named rules that keep and order the rows a filter found. One file per family.

A new one is a PresetSpec in the file of its family and a line here, which is the gallery's order.
"""

from __future__ import annotations

from core.curate.presets import (
    bands,
    certainty,
    committee,
    fifa,
    growing,
    maps,
    margins,
    potential,
    suspects,
    whole,
)
from core.curate.presets.spec import (
    PRESETS,
    RUN_COLUMNS,
    Example,
    Kept,
    Need,
    PresetInputs,
    PresetSpec,
)

__all__ = [
    "PRESETS",
    "RUN_COLUMNS",
    "Example",
    "Kept",
    "Need",
    "PresetInputs",
    "PresetSpec",
]

for _spec in (
    whole.EVERYTHING,
    suspects.REMOVE,
    potential.OFFICIAL,
    bands.GOLDILOCKS,
    committee.UNANIMITY,
    certainty.UPO,
    potential.DPO,
    potential.SIGNED,
    margins.LARGEST,
    margins.SMALLEST,
    margins.EASIEST_HALF,
    maps.HIGH_MEAN,
    maps.DIVERGENCE,
    bands.HARD_BUT_CLEAN,
    fifa.FIFA,
    committee.TRIAGE,
    maps.TOPSIS,
    suspects.CLEAN_CORE,
    growing.GROW,
):
    PRESETS.register(_spec)
