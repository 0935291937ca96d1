"""Signal inputs from a few short columns: for worked examples and tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np

from core.schema import Bools, Floats, Ints, RunValues, SignalInputs

_FLOATS = (
    "chosen_chars",
    "rejected_chars",
    "votes_chosen",
    "votes_rejected",
    "votes_tie",
    "rating_chosen",
    "rating_rejected",
    "gold",
)


def make_inputs(given: Mapping[str, object]) -> SignalInputs:
    """Return inputs with unknown (NaN) for every column that is not given.

    Columns have the names of `SignalInputs`; `rewards` is run → (chosen, rejected), or
    run → (chosen, rejected, leaks_label). `{"gold": [1, 0]}` is two rows.
    """
    n = _length(given)
    floats = {name: _floats(given.get(name), n) for name in _FLOATS}
    return SignalInputs(
        row_id=np.arange(n, dtype=np.int64),
        tie=_bools(given.get("tie"), n),
        source=_ints(given.get("source"), np.zeros(n, np.int64)),
        source_names=cast("tuple[str, ...]", given.get("source_names", ("set",))),
        pair_id=_ints(given.get("pair_id"), np.arange(n, dtype=np.int64)),
        chosen_id=_ints(given.get("chosen_id"), 2 * np.arange(n, dtype=np.int64)),
        rewards={run: _run(run_columns, n) for run, run_columns in _rewards(given).items()},
        **floats,
    )


def _rewards(given: Mapping[str, object]) -> Mapping[str, Sequence[object]]:
    return cast("Mapping[str, Sequence[object]]", given.get("rewards", {}))


def _length(given: Mapping[str, object]) -> int:
    plain = [v for k, v in given.items() if k not in ("rewards", "source_names")]
    columns = plain + [run[0] for run in _rewards(given).values()]
    return max((len(cast("Sequence[object]", c)) for c in columns), default=0)


def _run(columns: Sequence[object], n: int) -> RunValues:
    leaks = bool(columns[2]) if len(columns) > 2 else False
    return RunValues(_floats(columns[0], n), _floats(columns[1], n), leaks)


def _floats(values: object, n: int) -> Floats:
    return np.full(n, np.nan) if values is None else np.array(values, np.float64)


def _ints(values: object, default: Ints) -> Ints:
    return default if values is None else np.array(values, np.int64)


def _bools(values: object, n: int) -> Bools:
    return np.zeros(n, np.bool_) if values is None else np.array(values, np.bool_)
