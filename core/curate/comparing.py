"""Two presets side by side: what both keep, and how what they keep differs."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.curate.base import Base
from core.curate.judged import Given
from core.curate.plan import plan
from core.curate.preview import Preview, previewed
from core.curate.recipe import Recipe
from core.curate.splits.asked import SplitPlan
from core.curate.splits.contamination import Hits
from core.store.instance import Store

_WHOLE = SplitPlan(links=())


@dataclass(frozen=True)
class Part:
    """Pairs of one source that each of two recipes keeps."""

    source: str
    first: int
    second: int
    both: int


@dataclass(frozen=True)
class Comparison:
    """What two recipes on one filter keep."""

    first: Preview
    second: Preview
    both: int
    """Pairs that both keep."""
    other_label: int
    """Of those, pairs that they keep with opposite labels."""
    parts: tuple[Part, ...]

    @property
    def overlap(self) -> float | None:
        """Return the share of pairs that both keep among those that either keeps (Jaccard)."""
        either = self.first.counts.selected + self.second.counts.selected - self.both
        return self.both / either if either else None


def compare(
    store: Store,
    first: Recipe,
    second: Recipe,
    given: Given | None = None,
    base: Base | None = None,
    hits: Hits | None = None,
) -> Comparison:
    """Compare two recipes that differ in their preset; takes and raises what `plan` does.

    Neither is divided: what they keep is compared, not where it goes.
    """
    one, other = (
        plan(store, replace(recipe, splits=_WHOLE), given, base, None, hits)
        for recipe in (first, second)
    )
    a, b = one.selection, other.selection
    _, at, bt = np.intersect1d(a.pair_ids, b.pair_ids, assume_unique=True, return_indices=True)
    opposite = (a.row_ids[at] == b.row_ids[bt]) & (a.flipped[at] != b.flipped[bt])
    names = sorted({*a.source.names, *b.source.names})
    kept = [
        {name: int((s.source.index[rows] == i).sum()) for i, name in enumerate(s.source.names)}
        for s, rows in ((a, slice(None)), (b, slice(None)), (a, at))
    ]
    counted = (Part(name, *(counts.get(name, 0) for counts in kept)) for name in names)
    return Comparison(
        first=previewed(store, one),
        second=previewed(store, other),
        both=at.size,
        other_label=int(opposite.sum()),
        parts=tuple(part for part in counted if part.first or part.second),
    )
