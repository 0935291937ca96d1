"""What a preset gets: stored signals by role, with the labels that people left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.curate.base import Base
from core.curate.presets import Need, PresetInputs, PresetSpec
from core.curate.presets.spec import RUN_COLUMNS
from core.curate.reading import column_values, prompt_vectors, run_rewards
from core.curate.recipe import Recipe
from core.errors import ExportError, UnknownName, UsageError
from core.schema import Floats, Ints
from core.signals.spec import SIGNALS
from core.store.instance import Store

if TYPE_CHECKING:
    from core.curate.selection import Selection

SUSPICION = "suspicion"
ONE_SIDED = ("difficulty", "alignment_potential", "simpo_state")
"""Signals that speak of the label but cannot be turned round: unknown where it was reversed."""


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
    inputs = PresetInputs(
        row_id=base.row_id,
        pair_id=base.pair_id,
        prompt_id=base.prompt_id,
        source=base.source.index,
        sources=base.source.names,
        signals={r: values_of(store, c, base.row_id, base) for r, c in columns.items()},
        seed=recipe.seed,
        texts={name: recipe.use[name] for name in spec.texts},
        vectors=prompt_vectors(store, base.prompt_id) if spec.vectors else None,
        settled=base.settled,
    )
    return inputs, {role: column.name for role, column in columns.items()}


@dataclass(frozen=True)
class Column:
    """Something of a row that a need can read."""

    name: str
    """A stored signal's column, or `<run>.reward_chosen` and `<run>.reward_rejected`."""
    signal: str
    """In the registry of signals, or in RUN_COLUMNS."""
    run_id: str | None
    n: int
    """Rows that have it."""


def columns_of(
    store: Store, needs: tuple[Need, ...], use: Mapping[str, str], who: str
) -> Mapping[str, Column]:
    """Return the column of each role: the one that was named, else the best covered of its signal.

    Needs with the same signal get different runs. An optional one that nothing provides is left
    out.

    Raises:
        UnknownName: no such column.
        ExportError: nothing provides what is needed.
    """
    known = _known(store)
    found: dict[str, Column] = {}
    for need in sorted(needs, key=lambda need: need.role not in use):
        column = _column(known, need, use.get(need.role, ""), set(found.values()))
        if column is not None:
            found[need.role] = column
    missing = [need for need in needs if need.role not in found and not need.optional]
    if missing:
        raise _lacking(store, needs, missing, who)
    return {need.role: found[need.role] for need in needs if need.role in found}


def values_of(store: Store, column: Column, row_ids: Ints, rows: Base | Selection) -> Floats:
    """Return a column for rows with these ids, after what people said of their labels."""
    if column.signal not in RUN_COLUMNS:
        return relabelled(column.signal, column_values(store, column.name)[row_ids], rows)
    sides = run_rewards(store, column.run_id or "")
    here, there = sides if column.signal == "reward_chosen" else sides[::-1]
    return np.where(rows.flipped, there[row_ids], here[row_ids])


def relabelled(signal: str, values: Floats, rows: Base | Selection) -> Floats:
    """Return a stored signal's values of some rows after what people said of their labels.

    A signed one is negated where the sides are swapped, a share turned round. What people settled
    is no suspect; what a preset turns was one.
    """
    if signal == SUSPICION:
        return np.where(rows.settled, 0.0, np.where(rows.flipped, 1 - values, values))
    spec = SIGNALS.get(signal)
    if not rows.flipped.any() or not (spec.signed or spec.mirrored or signal in ONE_SIDED):
        return values
    turned = np.nan if signal in ONE_SIDED else (1 - values) if spec.mirrored else -values
    return np.where(rows.flipped, turned, values)


def _known(store: Store) -> list[Column]:
    """Return what a need can read: the best covered first, runs that leak labels last."""
    stored = [Column(c.name, c.signal, c.run_id, c.n) for c in store.signal_columns]
    rewarding = [c for c in stored if c.signal == "explicit_margin" and c.run_id]
    rewards = [Column(f"{c.run_id}.{s}", s, c.run_id, c.n) for c in rewarding for s in RUN_COLUMNS]
    leaking = {run.run_id for run in store.runs if run.leaks_label}
    return sorted((*stored, *rewards), key=lambda column: (column.run_id in leaking, -column.n))


def _column(known: list[Column], need: Need, asked: str, taken: set[Column]) -> Column | None:
    if asked:
        named = {column.name: column for column in known}
        if asked not in named:
            raise UnknownName("column", asked, named)
        return named[asked]
    fitting = (c for c in known if c.signal == need.signal and c.n and c not in taken)
    return next(fitting, None)


def _lacking(store: Store, needs: tuple[Need, ...], missing: list[Need], who: str) -> ExportError:
    unnamed = [need for need in missing if not need.signal]
    if unnamed:
        roles = ", ".join(f"--use {need.role}=COLUMN" for need in unnamed)
        return ExportError(f"{who} must be told which columns to read.", f"Add {roles}.")
    names = list(dict.fromkeys(need.signal for need in missing))
    why = " ".join(store.absent.get(name, "") for name in names).strip()
    several = len([need for need in needs if need.signal == names[0]]) > 1
    return ExportError(
        f"{who} needs {', '.join(names)}, which the store does not have"
        f"{' of enough runs' if several else ''}.",
        why or "Score the pairs or import scores, then rebuild the signals.",
    )


def _check_use(spec: PresetSpec, use: Mapping[str, str]) -> None:
    known = (*(need.role for need in spec.needs), *spec.texts)
    for name in use:
        if name not in known:
            listed = ", ".join(known) or "none"
            raise UsageError(f"{spec.name} has nothing to use {name!r} for.", f"Known: {listed}.")
    for name, what in spec.texts.items():
        if name not in use:
            raise UsageError(f"{spec.name} must know {name}.", f"Add --use {name}=…: {what}")
