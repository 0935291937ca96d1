"""Signal inputs from a few short columns: for worked examples and tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np

from core.schema import Bools, Floats, Ints, LogpValues, RunValues, SignalInputs

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
_LOGPS = (
    "policy_chosen",
    "policy_rejected",
    "ref_chosen",
    "ref_rejected",
    "chosen_tokens",
    "rejected_tokens",
)


def make_inputs(given: Mapping[str, object]) -> SignalInputs:
    """Return inputs with unknown (NaN) for every column that is not given.

    Columns have the names of `SignalInputs`; `rewards` is run → (chosen, rejected), or
    run → (chosen, rejected, leaks_label); `logps` is run → columns of `LogpValues`.
    `{"gold": [1, 0]}` is two rows.
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
        logps={run: _policy(columns, n) for run, columns in _logps(given).items()},
        **floats,
    )


def _rewards(given: Mapping[str, object]) -> Mapping[str, Sequence[object]]:
    return cast("Mapping[str, Sequence[object]]", given.get("rewards", {}))


def _logps(given: Mapping[str, object]) -> Mapping[str, Mapping[str, object]]:
    return cast("Mapping[str, Mapping[str, object]]", given.get("logps", {}))


def _length(given: Mapping[str, object]) -> int:
    columns = [v for k, v in given.items() if k not in ("rewards", "logps", "source_names")]
    columns += [run[0] for run in _rewards(given).values()]
    columns += [run[name] for run in _logps(given).values() for name in _LOGPS if name in run]
    return max((len(cast("Sequence[object]", c)) for c in columns), default=0)


def _run(columns: Sequence[object], n: int) -> RunValues:
    leaks = bool(columns[2]) if len(columns) > 2 else False
    return RunValues(_floats(columns[0], n), _floats(columns[1], n), leaks)


def _policy(columns: Mapping[str, object], n: int) -> LogpValues:
    floats = {name: _floats(columns.get(name), n) for name in _LOGPS}
    return LogpValues(**floats, leaks_label=bool(columns.get("leaks_label", False)))


def _floats(values: object, n: int) -> Floats:
    return np.full(n, np.nan) if values is None else np.array(values, np.float64)


def _ints(values: object, default: Ints) -> Ints:
    return default if values is None else np.array(values, np.int64)


def _bools(values: object, n: int) -> Bools:
    return np.zeros(n, np.bool_) if values is None else np.array(values, np.bool_)
