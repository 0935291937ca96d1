"""What a preset gets: stored signals by role, with the labels that people left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from core.curate.base import Base
from core.curate.presets import Need, PresetInputs, PresetSpec
from core.curate.reading import column_values, prompt_vectors
from core.curate.recipe import Recipe
from core.errors import ExportError, UnknownName, UsageError
from core.schema import Floats, SignalColumn
from core.signals.spec import SIGNALS
from core.store.instance import Store

if TYPE_CHECKING:
    from core.curate.selection import Selection

SUSPICION = "suspicion"


def preset_inputs(
    store: Store, spec: PresetSpec, base: Base, recipe: Recipe
) -> tuple[PresetInputs, Mapping[str, str]]:
    """Return a preset's inputs, and which column each of its roles reads.

    Raises:
        UsageError: a role or a text that the preset has not, or lacks.
        UnknownName: no such column.
        ExportError: nothing in the store provides what the preset needs.
    """
    _check_use(spec, recipe.use)
    columns = columns_of(store, spec.needs, recipe.use, f"The preset {spec.name}")
    signals = {role: signal_values(store, column, base) for role, column in columns.items()}
    inputs = PresetInputs(
        row_id=base.row_id,
        pair_id=base.pair_id,
        prompt_id=base.prompt_id,
        source=base.source.index,
        sources=base.source.names,
        signals=signals,
        seed=recipe.seed,
        texts={name: recipe.use[name] for name in spec.texts},
        vectors=prompt_vectors(store, base.prompt_id) if spec.vectors else None,
    )
    return inputs, {role: column.name for role, column in columns.items()}


def columns_of(
    store: Store, needs: tuple[Need, ...], use: Mapping[str, str], who: str
) -> Mapping[str, SignalColumn]:
    """Return the column of each role: the one that was named, else the best covered of its signal.

    An optional one that nothing provides is left out.
    """
    found = {need.role: _column(store, need, use.get(need.role, "")) for need in needs}
    missing = [n.signal for n in needs if found[n.role] is None and not n.optional]
    if missing:
        why = " ".join(store.absent.get(name, "") for name in missing).strip()
        raise ExportError(
            f"{who} needs {', '.join(missing)}, which the store does not have.",
            why or "Score the pairs or import scores, then rebuild the signals.",
        )
    return {role: column for role, column in found.items() if column is not None}


def signal_values(store: Store, column: SignalColumn, base: Base) -> Floats:
    """Return a column for the rows of `base`, after what people said of their labels.

    A signed signal is negated where the sides are swapped. Who is settled is no suspect.
    """
    return _relabelled(column, column_values(store, column.name)[base.row_id], base)


def selected_values(store: Store, column: SignalColumn, chosen: Selection) -> Floats:
    """Return a column for the rows of a selection, signed as they are written."""
    return _relabelled(column, column_values(store, column.name)[chosen.row_ids], chosen)


def _relabelled(column: SignalColumn, values: Floats, rows: Base | Selection) -> Floats:
    if column.signal == SUSPICION:
        return np.where(rows.settled, 0.0, values)
    if SIGNALS.get(column.signal).signed and rows.flipped.any():
        return np.where(rows.flipped, -values, values)
    return values


def _column(store: Store, need: Need, asked: str) -> SignalColumn | None:
    known = {column.name: column for column in store.signal_columns}
    if asked:
        if asked not in known:
            raise UnknownName("column", asked, known)
        return known[asked]
    fitting = [c for c in store.signal_columns if c.signal == need.signal and c.n]
    return max(fitting, key=lambda c: c.n, default=None)


def _check_use(spec: PresetSpec, use: Mapping[str, str]) -> None:
    known = (*(need.role for need in spec.needs), *spec.texts)
    for name in use:
        if name not in known:
            listed = ", ".join(known) or "none"
            raise UsageError(f"{spec.name} has nothing to use {name!r} for.", f"Known: {listed}.")
    for name, what in spec.texts.items():
        if name not in use:
            raise UsageError(f"{spec.name} must know {name}.", f"Add --use {name}=…: {what}")
