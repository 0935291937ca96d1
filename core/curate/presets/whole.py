"""Everything: what a trainer gets without curation, and what every preset is compared with."""

from __future__ import annotations

from collections.abc import Mapping

from core.curate.presets.spec import Example, Kept, PresetInputs, PresetSpec, all_places


def _everything(inputs: PresetInputs, params: Mapping[str, float]) -> Kept:
    return Kept(all_places(inputs))


EVERYTHING = PresetSpec(
    name="everything",
    title="Everything",
    description="Keeps every pair that the filter found and that a trainer can use.",
    paper="",
    select=_everything,
    example=Example(signals={}, sources=("a", "a", "b"), places=(0, 1, 2)),
    formula="all rows",
    limits="Public sets have a fifth to two fifths of their labels reversed: see the noise rate.",
)
