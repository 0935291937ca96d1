"""Drafts of queues: which pairs people are asked about, and in which order.

A queue is ranked pairs of its kind and an audit: a simple random sample without replacement of all
pairs of the selection, from which a noise rate follows without bias. A pair stands in it once.

    drawn, not ranked   stratum "audit", probability audits / pairs of the selection
    drawn and ranked    stratum "audit", probability 1
    ranked, not drawn   stratum "suspects", probability 1

A queue that draws every pair has probability 1 throughout, ranked or not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from core.curate.queues.asking import (
    LEAST_SHARE,
    MOST_NAME,
    MOST_SHARE,
    By,
    QueueAsk,
    chance,
    checked,
)
from core.curate.queues.gold import columns_of, gold_items, item_of, table_of
from core.curate.queues.kinds import RANDOM, KindInputs, QueueKind
from core.curate.reading import column_values
from core.curate.selection import Selection, select
from core.errors import RelabelError
from core.schema import Floats, Ints
from core.schema.relabel import Population, QueueDraft, QueueItem
from core.store.instance import Store

__all__ = [
    "LEAST_SHARE",
    "MOST_NAME",
    "MOST_SHARE",
    "By",
    "QueueAsk",
    "benefit_per_minute",
    "draft",
]


@dataclass(frozen=True)
class _Sample:
    """Places in the selection."""

    ranked: Ints
    """The highest priority first."""
    drawn: Ints
    """The audit, in random order."""
    pairs: int
    """Of the selection."""

    @property
    def probability(self) -> float:
        return self.drawn.size / self.pairs


def draft(store: Store, ask: QueueAsk) -> QueueDraft:
    """Return the queue that `ask` describes; the same ask on the same store gives the same one.

    Raises:
        FilterError, UnknownName, UsageError: no such column, source, kind or possible number.
        RelabelError: nothing to ask about, or the kind needs a signal that nothing provides.
    """
    kind = checked(store, ask)
    chosen = select(store, ask.filter, ask.preset, ask.params, ask.seed, contradictions=True)
    if not chosen.row_ids.size:
        raise RelabelError(
            f"There is nothing to ask about: {chosen.counts.matching:,} rows match "
            f"({chosen.sentence}), and {chosen.counts.ties:,} of them are ties.",
            "Widen the filter.",
        )
    priority = _priority(store, kind, chosen)
    sample = _sample(ask, kind, chosen, priority)
    asked = _asked(store, ask, chosen, sample, priority)
    taken = np.concatenate([chosen.pair_ids[sample.ranked], chosen.pair_ids[sample.drawn]])
    silent, practice = gold_items(store, ask, chosen.source.names, taken)
    return QueueDraft(
        name=ask.name.strip(),
        kind=kind.name,
        items=(*asked, *silent, *practice),
        sentence=chosen.sentence,
        fingerprint=store.generation.fingerprint,
        overlap=ask.overlap,
        people=ask.people,
        guideline=ask.guideline,
        warning=ask.warning,
        warn=ask.warn,
        population=_population(chosen, sample),
        params=_params(ask, chosen, sample),
    )


def benefit_per_minute(priority: Floats, n_chars: Ints, chars_per_second: float) -> Floats:
    """Return what a minute of reading brings, shape (n,): priority · 60 / seconds to read.

    priority: of suspects P(the label is reversed), so the noise removed per minute; n_chars of the
    prompt and both answers; no text is read in less than a second. Ours.
    """
    seconds = np.maximum(n_chars / chars_per_second, 1.0)
    return np.asarray(60 * priority / seconds, np.float64)


# --- ranked and drawn ----------------------------------------------------------------------------


def _priority(store: Store, kind: QueueKind, chosen: Selection) -> Floats:
    """Return a priority per selected pair, the highest of its rows', shape (n,); NaN unknown."""
    columns = {signal: columns_of(store, signal) for signal in kind.signals}
    _check_stored(store, kind, {name for name, found in columns.items() if found})
    rows = np.concatenate([chosen.row_ids, chosen.opposite_ids])
    signals = {
        signal: tuple(column_values(store, name)[rows] for name in names)
        for signal, names in columns.items()
    }
    found = kind.order(KindInputs(rows.size, signals))
    highest = found[: chosen.row_ids.size].copy()
    np.fmax.at(highest, chosen.opposite_places, found[chosen.row_ids.size :])
    return highest


def _check_stored(store: Store, kind: QueueKind, stored: set[str]) -> None:
    missing = [name for name in kind.needs if name not in stored]
    if kind.one_of and not stored.intersection(kind.one_of):
        missing += kind.one_of
    if not missing:
        return
    either = " or ".join(missing) if kind.one_of else " and ".join(missing)
    empty = {column.signal: column.note for column in store.signal_columns if not column.n}
    said = (store.absent.get(name) or empty.get(name) for name in missing)
    why = " ".join(dict.fromkeys(filter(None, said)))
    raise RelabelError(
        f"A queue of the kind {kind.name} needs {either}, which no pair of the store has.",
        f"{f'{why} ' if why else ''}Make it: {kind.made_by}.",
    )


def _sample(ask: QueueAsk, kind: QueueKind, chosen: Selection, priority: Floats) -> _Sample:
    ranked, pairs = _ranked(priority, chosen.pair_ids, ask.size), chosen.row_ids.size
    if kind.name != RANDOM.name and not ranked.size:
        raise RelabelError(
            f"None of {pairs:,} pairs ({chosen.sentence}) is one for the kind {kind.name}.",
            "Widen the filter, or take another --kind; random fits always.",
        )
    random = kind.name == RANDOM.name
    audits = min(ask.size, pairs) if random else _audits(ranked.size, pairs, ask.audit_share)
    drawn = chance(ask, "draw").choice(pairs, size=audits, replace=False)
    return _Sample(ranked, drawn.astype(np.int64), pairs)


def _ranked(priority: Floats, pair_ids: Ints, size: int) -> Ints:
    known = np.flatnonzero(np.isfinite(priority))
    return known[np.lexsort((pair_ids[known], -priority[known]))][:size]


def _audits(ranked: int, pairs: int, share: float) -> int:
    """Return how many pairs to draw, so that `share` of the queue is drawn, on average.

    Of m drawn pairs m·ranked/pairs stand in the queue anyway: it has ranked + m·(1 − ranked/pairs)
    pairs, and m is to be `share` of them.
    """
    wanted = share * ranked / (1 - share * (1 - ranked / pairs))
    return min(max(1, round(wanted)), pairs)


def _asked(
    store: Store, ask: QueueAsk, chosen: Selection, sample: _Sample, priority: Floats
) -> tuple[QueueItem, ...]:
    """Return the ranked and the drawn pairs in the order in which they are offered."""
    only = sample.ranked[~np.isin(sample.ranked, sample.drawn)]
    places = np.concatenate([only, sample.drawn])
    table = table_of(store, chosen.row_ids[places])
    luck, n_chars = chance(ask, "order"), table["n_chars"].to_numpy()[: only.size]
    first = luck.permutation(only.size)
    if ask.order == "benefit":
        benefit = benefit_per_minute(priority[only], n_chars, ask.chars_per_second)
        first = np.argsort(-benefit, kind="stable")
    order = _interleaved(first, np.arange(only.size, places.size), luck)
    split = np.isin(places, chosen.opposite_places)
    stratum = np.where(np.arange(places.size) < only.size, "suspects", "audit")
    probability = np.where(np.isin(places, sample.ranked), 1.0, sample.probability)
    records = table.take(pa.array(order)).to_pylist()
    facts = zip(split[order], stratum[order], probability[order], strict=True)
    return tuple(
        item_of(row, None if both else row["chosen_id"], str(name), float(p))
        for row, (both, name, p) in zip(records, facts, strict=True)
    )


def _interleaved(first: Ints, drawn: Ints, chance: np.random.Generator) -> Ints:
    """Return both in one order: one of `drawn` at a random place of every equally long stretch.

    So any stage of the work holds a fair sample, and nobody can tell where an audit comes.
    """
    total = first.size + drawn.size
    edges = np.arange(drawn.size + 1) * total // max(drawn.size, 1)
    at = chance.integers(edges[:-1], edges[1:])
    order = np.empty(total, np.int64)
    free = np.ones(total, np.bool_)
    free[at] = False
    order[at], order[free] = drawn, first
    return order


# --- what is said of it --------------------------------------------------------------------------


def _population(chosen: Selection, sample: _Sample) -> dict[str, Population]:
    names = chosen.source.names
    pairs = np.bincount(chosen.source.index, minlength=len(names)).tolist()
    ranked = np.bincount(chosen.source.index[sample.ranked], minlength=len(names)).tolist()
    both = zip(names, pairs, ranked, strict=True)
    return {name: Population(n, first) for name, n, first in both if n}


def _params(ask: QueueAsk, chosen: Selection, sample: _Sample) -> dict[str, object]:
    counts = chosen.counts
    return {
        "preset": ask.preset,
        "params": dict(ask.params),
        "size": ask.size,
        "audit_share": ask.audit_share,
        "order": ask.order,
        "seed": ask.seed,
        "chars_per_second": ask.chars_per_second,
        "matching": counts.matching,
        "ties": counts.ties,
        "unwritable": counts.unwritable,
        "pairs": sample.pairs,
        "ranked": int(sample.ranked.size),
        "audits": int(sample.drawn.size),
    }
