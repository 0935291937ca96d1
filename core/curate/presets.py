"""Presets: named rules that keep and order the rows a filter found, from their stored signals.

A new one is one file (or one entry) that registers a PresetSpec; commands, pages and the card walk
the registry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from core.registry import Param, Registry, settle
from core.schema import Floats, Ints


@dataclass(frozen=True)
class PresetInputs:
    """Rows a preset chooses from, aligned; NaN is unknown."""

    row_id: Ints
    prompt_id: Ints
    signals: Mapping[str, Floats]
    """One array per column that the preset needs."""
    seed: int


Select = Callable[[PresetInputs, Mapping[str, float]], Ints]
"""Inputs and parameters → positions of the kept rows, in the order they are written."""


@dataclass(frozen=True)
class PresetSpec:
    """A named rule."""

    name: str
    title: str
    description: str
    paper: str
    """Where it comes from; empty for our own."""
    select: Select
    params: tuple[Param, ...] = ()
    needs: tuple[str, ...] = ()
    """Columns of stored signals."""

    def settled(self, given: Mapping[str, float]) -> Mapping[str, float]:
        """Return all parameters; raise UsageError for one that is unknown or out of bounds."""
        return settle(self.name, self.params, given)


PRESETS: Registry[PresetSpec] = Registry("preset")


def _everything(inputs: PresetInputs, params: Mapping[str, float]) -> Ints:
    return np.arange(inputs.row_id.size, dtype=np.int64)


PRESETS.register(
    PresetSpec(
        name="everything",
        title="Everything",
        description="Keeps every pair that the filter found and that a trainer can use.",
        paper="",
        select=_everything,
    )
)
