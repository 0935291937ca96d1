"""The rows of a plan with their texts, as the shapes of files get them, some at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa

from core.curate.plan import Plan
from core.curate.presetinputs import Column, columns_of, values_of
from core.curate.selection import Selection
from core.curate.written.knobs import KNOBS, KnobInputs, KnobSpec
from core.curate.written.textbatches import texts
from core.curate.written.writers import FORMATS, swap_sides
from core.schema import Ints
from core.store.instance import Store

LABELS = ("flipped", "provenance")
"""Columns about a row's label; where verdicts or a preset changed some they are always written."""


@dataclass(frozen=True)
class Tables:
    """The rows of a plan."""

    store: Store
    selection: Selection
    columns: tuple[str, ...]
    """Names of knobs that are written."""
    numbers: Mapping[str, pa.Array]
    """Those of numbers, aligned with the selection."""
    uses: tuple[str, ...]
    """Columns of the store that they come from."""

    @property
    def empty(self) -> Mapping[str, int]:
        """Return in how many pairs each number is unknown, without those that are always known."""
        return {n: v.null_count for n, v in self.numbers.items() if v.null_count}

    def of(self, places: Ints) -> Iterator[pa.Table]:
        """Yield rows of the selection in the order of `places`."""
        start = 0
        for table in texts(self.store, self.selection.row_ids[places]):
            yield self._told(table, places[start : start + table.num_rows])
            start += table.num_rows

    def _told(self, table: pa.Table, places: Ints) -> pa.Table:
        chosen = self.selection
        flipped = chosen.flipped[places]
        table = swap_sides(table, flipped)
        names = pa.array(chosen.label_of.names, pa.string())
        told = names.take(pa.array(chosen.label_of.index[places]))
        table = table.append_column("flipped", pa.array(flipped)).append_column("provenance", told)
        for name, values in self.numbers.items():
            table = table.append_column(name, values.take(pa.array(places)))
        return table


def tables_of(store: Store, planned: Plan) -> Tables:
    """Return the tables of a plan, with the numbers for a trainer that its recipe asks for.

    Raises:
        ExportError: nothing in the store provides what a number needs.
    """
    chosen = planned.selection
    changed = planned.recipe.labels.rule or chosen.flipped.any()
    names = dict.fromkeys((*planned.recipe.columns, *(LABELS if changed else ())))
    made_of = FORMATS.get(planned.recipe.format).knobs
    asked = [KNOBS.get(name) for name in dict.fromkeys((*made_of, *names)) if name not in LABELS]
    read = {
        knob.name: columns_of(store, knob.needs, {}, f"The column {knob.name}") for knob in asked
    }
    values = {
        knob.name: knob.column(_inputs(store, chosen, knob, read[knob.name])) for knob in asked
    }
    uses = {column.name for columns in read.values() for column in columns.values()}
    return Tables(store, chosen, tuple(names), values, tuple(sorted(uses)))


def _inputs(
    store: Store, chosen: Selection, knob: KnobSpec, columns: Mapping[str, Column]
) -> KnobInputs:
    return KnobInputs(
        signals={r: values_of(store, c, chosen.row_ids, chosen) for r, c in columns.items()},
        flipped=chosen.flipped,
        settled=chosen.settled,
        soft=chosen.soft,
        weight=chosen.weight,
        params=knob.settled({}),
    )
