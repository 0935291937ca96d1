"""Signal inputs from a few short columns: for worked examples and tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

import numpy as np

from core.schema import (
    Bools,
    Floats,
    Ints,
    KlValues,
    Labeller,
    LogpValues,
    PassValues,
    RunValues,
    SignalInputs,
    TextValues,
    VoteValues,
)
from core.schema.texts import TEXT_FEATURES

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
_ALIKE = ("similarity", "near_duplicates", "contained")
_LOGPS = (
    "policy_chosen",
    "policy_rejected",
    "ref_chosen",
    "ref_rejected",
    "chosen_tokens",
    "rejected_tokens",
)
_KL = (
    "klsum_chosen",
    "klsum_rejected",
    "policy_mixp_chosen",
    "policy_mixp_rejected",
    "policy_mixm_chosen",
    "policy_mixm_rejected",
)


def make_inputs(given: Mapping[str, object]) -> SignalInputs:
    """Return inputs with unknown (NaN) for every column that is not given.

    Columns have the names of `SignalInputs`; `rewards` is run → (chosen, rejected), or
    run → (chosen, rejected, leaks_label); `passes` is the same with a list per row; `logps` is
    run → columns of `LogpValues` and `KlValues`; `labellers` are (source, annotator or None), and
    `votes` are three columns: row, labeller, side; `texts` are columns of `TextValues`, of which
    `chosen` and `rejected` are feature → column.
    `{"gold": [1, 0]}` is two rows.
    """
    n = _length(given)
    made = SignalInputs(
        row_id=np.arange(n, dtype=np.int64),
        tie=_bools(given.get("tie"), n),
        source=_ints(given.get("source"), np.zeros(n, np.int64)),
        source_names=cast("tuple[str, ...]", given.get("source_names", ("set",))),
        pair_id=_ints(given.get("pair_id"), np.arange(n, dtype=np.int64)),
        chosen_id=_ints(given.get("chosen_id"), 2 * np.arange(n, dtype=np.int64)),
        rewards={
            run: _run(run_columns, n) for run, run_columns in _sides(given, "rewards").items()
        },
        logps={run: _policy(columns, n) for run, columns in _logps(given).items()},
        passes={run: _passes(columns) for run, columns in _sides(given, "passes").items()},
        split=_ints(given.get("split"), np.empty(0, np.int64)),
        split_names=cast("tuple[str, ...]", given.get("split_names", ())),
        labeller=_ints(given.get("labeller"), np.empty(0, np.int64)),
        labellers=_labellers(given),
        votes=_votes(given.get("votes")),
        texts=_texts(_columns(given), n),
        **dict.fromkeys(_FLOATS, np.full(n, np.nan)),
    )
    floats = {name: _floats(given[name], n) for name in _FLOATS if name in given}
    return replace(made, **floats)  # type: ignore[arg-type]


def _columns(given: Mapping[str, object]) -> Mapping[str, object]:
    return cast("Mapping[str, object]", given.get("texts", {}))


def _counts(texts: Mapping[str, object], side: str) -> Mapping[str, Sequence[float]]:
    return cast("Mapping[str, Sequence[float]]", texts.get(side, {}))


def _texts(texts: Mapping[str, object], n: int) -> TextValues | None:
    chosen, rejected = (
        {
            name: _floats(_counts(texts, side).get(name), n).astype(np.float32)
            for name in TEXT_FEATURES
        }
        for side in ("chosen", "rejected")
    )
    alike = [_floats(texts.get(name), n) for name in _ALIKE]
    return TextValues(chosen, rejected, *alike) if texts else None


def _labellers(given: Mapping[str, object]) -> tuple[Labeller, ...]:
    named = cast("Sequence[tuple[str, str | None]]", given.get("labellers", ()))
    return tuple(Labeller(source, annotator) for source, annotator in named)


def _votes(columns: object) -> VoteValues | None:
    if columns is None:
        return None
    row_id, labeller, side = cast("Sequence[Sequence[float]]", columns)
    return VoteValues(
        np.array(row_id, np.int64), np.array(labeller, np.int64), np.array(side, np.float64)
    )


def _sides(given: Mapping[str, object], name: str) -> Mapping[str, Sequence[object]]:
    return cast("Mapping[str, Sequence[object]]", given.get(name, {}))


def _logps(given: Mapping[str, object]) -> Mapping[str, Mapping[str, object]]:
    return cast("Mapping[str, Mapping[str, object]]", given.get("logps", {}))


def _length(given: Mapping[str, object]) -> int:
    nested = (
        "rewards",
        "passes",
        "logps",
        "source_names",
        "split_names",
        "labellers",
        "votes",
        "texts",
    )
    columns = [v for k, v in given.items() if k not in nested]
    columns += [run[0] for name in ("rewards", "passes") for run in _sides(given, name).values()]
    columns += [run[name] for run in _logps(given).values() for name in _LOGPS if name in run]
    texts = _columns(given)
    columns += [texts[name] for name in _ALIKE if name in texts]
    columns += [c for side in ("chosen", "rejected") for c in _counts(texts, side).values()]
    return max((len(cast("Sequence[object]", c)) for c in columns), default=0)


def _run(columns: Sequence[object], n: int) -> RunValues:
    leaks = bool(columns[2]) if len(columns) > 2 else False
    return RunValues(_floats(columns[0], n), _floats(columns[1], n), leaks)


def _policy(columns: Mapping[str, object], n: int) -> LogpValues:
    floats = {name: _floats(columns.get(name), n) for name in _LOGPS}
    kl = {name: _floats(columns.get(name), n) for name in _KL}
    return LogpValues(
        **floats,
        leaks_label=bool(columns.get("leaks_label", False)),
        kl=KlValues(**kl) if any(name in columns for name in _KL) else None,
    )


def _passes(columns: Sequence[object]) -> PassValues:
    chosen, rejected = (np.array(side, np.float32) for side in columns[:2])
    return PassValues(chosen, rejected, bool(columns[2]) if len(columns) > 2 else False)


def _floats(values: object, n: int) -> Floats:
    return np.full(n, np.nan) if values is None else np.array(values, np.float64)


def _ints(values: object, default: Ints) -> Ints:
    return default if values is None else np.array(values, np.int64)


def _bools(values: object, n: int) -> Bools:
    return np.zeros(n, np.bool_) if values is None else np.array(values, np.bool_)
