"""What to do about a suspicion: keep the label, ask a person, or propose a flip.

Pairs over which people are split stand apart: that is no error of a label.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

from core.schema import Condition, Cursor, Order, PairFilter
from core.store.instance import Store
from core.views.browse import browse
from core.views.results import PairPage
from core.views.where import where_of

SUSPICION, AMBIGUITY = "suspicion", "ambiguity"
Band = Literal["propose", "ask", "keep"]
BANDS: tuple[Band, ...] = get_args(Band)
LIKELY, UNLIKELY = 0.7, 0.3
"""Above the first a flip is proposed, below the second the label is kept (methods 13)."""
CONTESTED = 0.63
"""Nats of ambiguity: no more than two of three votes agree (0.6365)."""
UNSURE = 0.1
"""Nats of ambiguity: a few votes differ, or one sure model of five does."""
_NEVER = 2.0
"""More than any probability."""


@dataclass(frozen=True)
class BandCounts:
    """Rows with a suspicion, by what to do about it."""

    of: Mapping[Band, int]
    contested: int
    """With a suspicion or without."""


def band_counts(store: Store, filter: PairFilter) -> BandCounts:
    """Count the rows of `filter` in every band."""
    where, found = where_of(store, filter), {}
    if SUSPICION in store.columns:
        names, limits = banding(store)
        rows = store.query("flips_bands", limits, where, **names).to_pylist()
        found = {row["band"]: row["n"] for row in rows}
    contested = 0
    if AMBIGUITY in store.columns:
        split = store.query("browse_count", {}, where_of(store, contested_in(filter)))
        contested = split["matching"][0].as_py()
    return BandCounts({band: found.get(band, 0) for band in BANDS}, contested)


def contested_pairs(
    store: Store, filter: PairFilter, after: Cursor | None = None, size: int = 50
) -> PairPage:
    """Return the rows of `filter` over which people, or else models, are split; widest first."""
    if AMBIGUITY not in store.columns:
        where_of(store, filter)
        return PairPage((), None)
    return browse(store, contested_in(filter), Order(AMBIGUITY, descending=True), after, size)


def contested_in(filter: PairFilter) -> PairFilter:
    """Return the filter that keeps contested rows only."""
    condition = Condition(AMBIGUITY, ">=", CONTESTED)
    return replace(filter, conditions=(*filter.conditions, condition))


def banding(store: Store) -> tuple[Mapping[str, str], Mapping[str, float]]:
    """Return the columns and limits that `live.band` takes; rows of unknown ambiguity have none.

    Where ambiguity is not stored, passes with dropout may tell how unsure a model is. Where that
    is not known either, nothing reaches the limits.
    """
    limits = {"likely": LIKELY, "unlikely": UNLIKELY, "contested": CONTESTED, "unsure": UNSURE}
    if AMBIGUITY in store.columns:
        return {"suspicion": SUSPICION, "ambiguity": AMBIGUITY}, limits
    passes = [c.name for c in store.signal_columns if c.signal == "bald" and c.n]
    limits |= {"contested": _NEVER, "unsure": UNSURE if passes else _NEVER}
    return {"suspicion": SUSPICION, "ambiguity": (passes or [SUSPICION])[0]}, limits
