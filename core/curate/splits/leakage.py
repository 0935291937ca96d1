"""Whether splits know of each other: every link is counted again in the splits as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np

from core.curate.selection import Selection
from core.curate.splits.asked import SplitPlan, Splits
from core.curate.splits.dividing import by_name
from core.curate.splits.links import Components, Links
from core.schema import Bools, Ints
from core.schema.base import id_text

LARGEST = 10
SAMPLE = 5
GIANT = 0.5
"""Of all rows: a component of more leaves no choice, where there are several splits."""
SAME = "same"
"""The link of rows of one prompt."""
_SEVERAL = -2
_NOWHERE = -1


@dataclass(frozen=True)
class KindReport:
    """One kind of link."""

    kind: str
    """A name of LINKS, or "same"."""
    links: int
    """Pairs of selected prompts that it ties; of "same": prompts with several rows."""
    crossing: int
    """Those that do not stand in one split together."""
    examples: tuple[tuple[str, str], ...] = ()
    """Some of them, prompt_ids as text."""


@dataclass(frozen=True)
class Merge:
    """Prompts that had to go to one split together."""

    rows: int
    prompts: int
    through: int
    """Further prompts of the store that tie them and are not written."""
    kinds: tuple[str, ...]
    sample: tuple[str, ...]
    """Some of its prompt_ids as text, the smallest first."""


@dataclass(frozen=True)
class Share:
    """Rows of a source in a split."""

    source: str
    split: str
    wanted: float | None
    """By the ratios; None where the source's own splits are kept."""
    got: int


@dataclass(frozen=True)
class LeakageReport:
    """What ties the written prompts, and whether the splits keep it together."""

    kinds: tuple[KindReport, ...]
    prompts: int
    components: int
    crossing: int
    """Components that stand in more than one split, whatever links tie them."""
    merges: int
    """Components of more than one prompt."""
    merged_rows: int
    merged_prompts: int
    through: int
    """Merges that other prompts of the store, which are not written, help to link."""
    largest: tuple[Merge, ...]
    """The merges with the most rows."""
    shares: tuple[Share, ...]
    deviation: float
    """The most rows that a split of a source has more or fewer than wanted."""
    unchecked: Mapping[str, str]
    """Kind → the sentence that says why it was not looked for."""
    warnings: tuple[str, ...]

    @property
    def safe(self) -> bool:
        """Say whether nothing that was looked for crosses."""
        return not self.crossing and not any(kind.crossing for kind in self.kinds)

    def plain(self) -> dict[str, object]:
        """Return it as JSON can hold it."""
        return asdict(self)


@dataclass(frozen=True)
class _Placed:
    """The selected prompts in their splits."""

    rows: Ints
    """Of each prompt of the store, 0 where it is not selected."""
    home: Ints
    """Its split; several, or nowhere, by the names above."""
    splits: int

    @property
    def there(self) -> Bools:
        return np.asarray(self.rows > 0)


def report(
    selection: Selection, splits: Splits, groups: Components, plan: SplitPlan
) -> LeakageReport:
    """Return what ties the selected prompts and what of it crosses the splits as they are."""
    placed = _placed(selection, splits, groups)
    prompts = np.bincount(groups.label[placed.there], minlength=groups.smallest.size)
    rows = np.bincount(groups.label, weights=placed.rows, minlength=groups.smallest.size)
    rows = rows.astype(np.int64)
    merged = np.flatnonzero(prompts > 1)
    outside = np.bincount(groups.label, minlength=prompts.size) - prompts
    shares = _shares(selection, splits, plan)
    return LeakageReport(
        kinds=(_same(placed, groups), *(_kind(one, placed, groups) for one in groups.links)),
        prompts=int(placed.there.sum()),
        components=int((prompts > 0).sum()),
        crossing=_crossing(placed, groups.label),
        merges=merged.size,
        merged_rows=int(rows[merged].sum()),
        merged_prompts=int(prompts[merged].sum()),
        through=int((outside[merged] > 0).sum()),
        largest=_largest(merged, rows, placed, groups),
        shares=shares,
        deviation=max((abs(s.got - s.wanted) for s in shares if s.wanted is not None), default=0.0),
        unchecked=dict(groups.unchecked),
        warnings=_warnings(rows, merged, plan),
    )


def _placed(selection: Selection, splits: Splits, groups: Components) -> _Placed:
    place = groups.rows[selection.row_ids]
    home = np.full(groups.prompt_ids.size, _NOWHERE, np.int64)
    home[place] = splits.member
    # Of a prompt's rows the last one wrote; where another says otherwise it has several.
    home[place[home[place] != splits.member]] = _SEVERAL
    return _Placed(np.bincount(place, minlength=groups.prompt_ids.size), home, len(splits.names))


def _same(placed: _Placed, groups: Components) -> KindReport:
    several = np.flatnonzero(placed.home == _SEVERAL)
    names = [id_text(int(one)) for one in groups.prompt_ids[several[:SAMPLE]]]
    examples = tuple((name, name) for name in names)
    return KindReport(SAME, int((placed.rows > 1).sum()), several.size, examples)


def _kind(links: Links, placed: _Placed, groups: Components) -> KindReport:
    """Count pairs: of m prompts in a group m(m−1)/2 are linked; those in one split stay so."""
    kept = placed.there[links.prompt]
    prompt, group = links.prompt[kept], links.group[kept]
    home = placed.home[prompt]
    every = _pairs(np.bincount(group))
    settled = home >= 0
    key = group[settled] * placed.splits + home[settled]
    together = _pairs(np.unique(key, return_counts=True)[1])
    examples = _examples(prompt, group, home, groups) if every > together else ()
    return KindReport(links.kind, every, every - together, examples)


def _pairs(counts: Ints) -> int:
    return int((counts * (counts - 1) // 2).sum())


def _examples(
    prompt: Ints, group: Ints, home: Ints, groups: Components
) -> tuple[tuple[str, str], ...]:
    """Return neighbours of a group that cross; in every group with a crossing there are some."""
    order = np.lexsort((home, group))
    prompt, group, home = prompt[order], group[order], home[order]
    apart = (home[1:] != home[:-1]) | (home[1:] == _SEVERAL)
    at = np.flatnonzero((group[1:] == group[:-1]) & apart)[:SAMPLE]
    ends = zip(groups.prompt_ids[prompt[at]], groups.prompt_ids[prompt[at + 1]], strict=True)
    return tuple((id_text(int(one)), id_text(int(other))) for one, other in ends)


def _crossing(placed: _Placed, label: Ints) -> int:
    there = np.flatnonzero(placed.there)
    home, of = placed.home[there], label[there]
    found = np.full(int(label.max(initial=-1)) + 1, _NOWHERE, np.int64)
    found[of] = home
    return np.unique(of[(found[of] != home) | (home == _SEVERAL)]).size


def _largest(merged: Ints, rows: Ints, placed: _Placed, groups: Components) -> tuple[Merge, ...]:
    # Equal ones by their smallest prompt, so that the order of prompts in a store says nothing.
    order = np.lexsort((groups.smallest[merged], -rows[merged]))[:LARGEST]
    return tuple(_merge(one, int(rows[one]), placed, groups) for one in merged[order].tolist())


def _merge(component: int, rows: int, placed: _Placed, groups: Components) -> Merge:
    members = np.flatnonzero(groups.label == component)
    written = members[placed.there[members]]
    kinds = (one.kind for one in groups.links if (groups.label[one.prompt] == component).any())
    sample = tuple(id_text(int(one)) for one in groups.prompt_ids[written[:SAMPLE]])
    return Merge(rows, written.size, members.size - written.size, tuple(kinds), sample)


def _shares(selection: Selection, splits: Splits, plan: SplitPlan) -> tuple[Share, ...]:
    source, n = by_name(selection)
    width = len(splits.names)
    got = np.bincount(source * width + splits.member, minlength=n * width).reshape(n, width)
    found = []
    for name, counts in zip(sorted(selection.source.names), got.tolist(), strict=True):
        total = sum(counts)
        ratios = (None,) * width if plan.keep else plan.ratios
        for split, ratio, count in zip(splits.names, ratios, counts, strict=True):
            wanted = None if ratio is None else round(ratio * total, 6)
            if total:
                found.append(Share(name, split, wanted, count))
    return tuple(found)


def _warnings(rows: Ints, merged: Ints, plan: SplitPlan) -> tuple[str, ...]:
    """Say where one component is so large that the shares cannot be as asked."""
    total, most = int(rows.sum()), int(rows[merged].max(initial=0))
    largest = max(plan.ratios, default=1.0) * total
    if plan.keep or len(plan.names) < 2 or (most <= largest and most <= GIANT * total):
        return ()
    return (
        f"{most:,} of {total:,} rows hang together by their prompts and stay in one split: the "
        f"others can share {total - most:,} rows only. Fewer kinds of links tie fewer prompts.",
    )
