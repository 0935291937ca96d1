"""All signals of a store at once (for storing), or one of them (for a page that moves a slider)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from core.errors import UnknownName
from core.schema import Floats, SignalColumn, SignalInputs
from core.signals.remember import remembered
from core.signals.spec import SIGNALS, SignalSpec

Params = Mapping[str, Mapping[str, float]]
"""Signal → parameter → value; what is left out has its default."""


@dataclass(frozen=True)
class Signals:
    """What is stored: one row per input row."""

    table: pa.Table
    """`row_id` and one float32 or int8 column per signal; never NaN, NULL is unknown."""
    columns: tuple[SignalColumn, ...]
    absent: Mapping[str, str]
    """Signal → what would provide it; these have no column."""


def compute_signals(inputs: SignalInputs, params: Params | None = None) -> Signals:
    """Compute every registered signal whose inputs are there."""
    given = params or {}
    for name in given:
        SIGNALS.get(name)
    arrays: dict[str, pa.Array] = {"row_id": pa.array(inputs.row_id, pa.int64())}
    columns: list[SignalColumn] = []
    absent: dict[str, str] = {}
    for spec in SIGNALS:
        made = list(_stored(spec, inputs, spec.settled(given.get(spec.name, {}))))
        columns += [column for column, _ in made]
        arrays |= {column.name: array for column, array in made}
        if not made:
            absent[spec.name] = spec.needs
    return Signals(pa.table(arrays), tuple(columns), absent)


def compute_one(
    name: str, inputs: SignalInputs, params: Mapping[str, float], run_id: str | None = None
) -> Floats:
    """Return one signal per row, NaN where unknown; all NaN where its inputs are absent.

    A signal per run needs `run_id`.
    """
    spec = SIGNALS.get(name)
    key = (run_id or "") if spec.per_run else ""
    if spec.per_run:
        inputs = _of_run(inputs, key)
    made = spec.compute(inputs, spec.settled(params)).get(key)
    if made is None:
        return np.full(len(inputs.row_id), np.nan)
    return np.where(np.isfinite(made.values), made.values, np.nan)


@remembered
def _by_run(inputs: SignalInputs) -> dict[str, SignalInputs]:
    """Return the place where the inputs of single runs are kept, so that they stay the same."""
    return {}


def _of_run(inputs: SignalInputs, run_id: str) -> SignalInputs:
    """Return the inputs with one run's values only; raise UnknownName for a run without any.

    Beside a policy all rewards stay: some signals of a policy set it against the reward models.
    """
    kept = _by_run(inputs)
    if run_id not in kept:
        kept[run_id] = _cut(inputs, run_id)
    return kept[run_id]


def _cut(inputs: SignalInputs, run_id: str) -> SignalInputs:
    rewards = {k: v for k, v in inputs.rewards.items() if k == run_id}
    logps = {k: v for k, v in inputs.logps.items() if k == run_id}
    passes = {k: v for k, v in inputs.passes.items() if k == run_id}
    if not rewards and not logps and not passes:
        raise UnknownName("run", run_id, {*inputs.rewards, *inputs.logps, *inputs.passes})
    return replace(inputs, rewards=inputs.rewards if logps else rewards, logps=logps, passes=passes)


def _stored(
    spec: SignalSpec, inputs: SignalInputs, params: Mapping[str, float]
) -> Iterator[tuple[SignalColumn, pa.Array]]:
    for run_id, made in spec.compute(inputs, params).items():
        values = _storable(made.values)
        known = values[np.isfinite(values)].astype(np.float64)
        column = SignalColumn(
            name=spec.column(run_id or None),
            signal=spec.name,
            run_id=run_id or None,
            params=params,
            n=len(known),
            mean=float(known.mean()) if len(known) else None,
            std=float(known.std()) if len(known) else None,
            note=made.note,
        )
        yield column, _array(values, pa.int8() if spec.integer else pa.float32())


def _storable(values: Floats) -> npt.NDArray[np.float32]:
    """Return what a REAL can hold; NaN elsewhere."""
    with np.errstate(over="ignore", invalid="ignore"):
        small = values.astype(np.float32)
    small[~np.isfinite(small)] = np.nan
    return small


def _array(values: npt.NDArray[np.float32], kind: pa.DataType) -> pa.Array:
    unknown = np.isnan(values)
    return pa.array(np.where(unknown, 0, values).astype(kind.to_pandas_dtype()), kind, mask=unknown)
