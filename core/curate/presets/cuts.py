"""Cuts: which rows a score keeps, in what order, and why the others are left out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.curate.presets.spec import Kept, PresetInputs
from core.registry import Param
from core.schema import Bools, Floats, Ints

NOT_SCORED = "not scored"
CUT = "beyond the cut"


def share(default: float, help: str) -> Param:
    """Return the parameter of a preset that keeps a share of the rows."""
    return Param("share", "Share", default, 0.0, 1.0, help)


def count(share: float, n: int) -> int:
    """Return floor(share·n); the last digit of the product is rounding: 0.29·100 is 28.999…."""
    return int(share * n + 1e-9)


def steady(values: Floats, digits: int = 12) -> Floats:
    """Return values rounded so that the order of a sum's terms decides between no two rows."""
    return np.round(values, digits)


def lowest(values: Floats, ids: Ints, n: int) -> Ints:
    """Return the n rows of lowest known values, lowest first, equal ones by id, then by row.

    What `signals.keeping.lowest` returns, in a third of the time: only what is kept is sorted, and
    ids are compared only between equal values.
    """
    rows = np.flatnonzero(np.isfinite(values))
    n = min(n, rows.size)
    if 0 < n < rows.size:
        rows = rows[values[rows] <= np.partition(values[rows], n - 1)[n - 1]]
    kept = values[rows]
    order = np.argsort(kept)
    same = np.diff(kept[order]) == 0
    tied = np.append(same, False) | np.insert(same, 0, False)
    among = order[tied[: order.size]]
    order[tied[: order.size]] = among[np.lexsort((rows[among], ids[rows[among]], kept[among]))]
    return rows[order[:n]]


def ranked(
    inputs: PresetInputs,
    values: Floats,
    n: int,
    *,
    highest: bool = False,
    left_out: Mapping[str, int] | None = None,
    facts: Mapping[str, float] | None = None,
) -> Kept:
    """Keep the n rows of lowest, or highest, known values, the best first.

    left_out: why rows have no value → how many; those not named there are not scored.
    """
    places = lowest(-values if highest else values, inputs.pair_id, n)
    known = int(np.isfinite(values).sum())
    told = dict(left_out or {})
    told[NOT_SCORED] = values.size - known - sum(told.values())
    told[CUT] = known - places.size
    more = {"scored": float(known)}
    if places.size:
        more["last_kept"] = float(values[places[-1]])
    return Kept(places, ranked=True, left_out=some(told), facts={**(facts or {}), **more})


def filtered(keep: Bools, left_out: Mapping[str, Bools], facts: Mapping[str, float]) -> Kept:
    """Keep the rows where `keep` is true, in their own order.

    left_out: why rows were left out → which; a row counts at the first that holds.
    """
    rest, told = ~keep, {}
    for why, rows in left_out.items():
        told[why] = int((rest & rows).sum())
        rest &= ~rows
    return Kept(np.flatnonzero(keep), left_out=some(told), facts=facts)


def some(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the counts that are not 0."""
    return {why: n for why, n in counts.items() if n}


def known(*columns: Floats) -> Bools:
    """Return where all columns are known, shape (n,)."""
    return np.asarray(np.isfinite(np.stack(columns)).all(0), np.bool_)


def moments(name: str, values: Floats) -> dict[str, float]:
    """Return mean and population deviation of what is known, for the manifest; {} without any."""
    kept = values[np.isfinite(values)]
    if not kept.size:
        return {}
    return {f"{name}_mean": float(kept.mean()), f"{name}_deviation": float(kept.std())}
