"""Pairs with known answers: those that check people silently, and those to begin with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.curate.queues.asking import LEAST_PRACTICE, QueueAsk, chance
from core.curate.reading import column_values, turns
from core.schema import Floats, Ints
from core.schema.relabel import QueueItem
from core.store.instance import Store

_GOLD_TIES = {"tie": "tie", "both_good": "tie", "both_bad": "both_bad"}
"""What a source's gold calls a tie → what a vote calls it; other kinds ask nothing of a person."""


def gold_items(
    store: Store, ask: QueueAsk, sources: Sequence[str], taken: Ints
) -> tuple[list[QueueItem], list[QueueItem]]:
    """Return the silent and the practice items: gold pairs of `sources` that are not in `taken`.

    Practice is what the runs, too, see most clearly as gold does.
    """
    if not ask.gold and not ask.practice:
        return [], []
    pool = store.query("queue_gold", {"sources": list(sources)})
    fits = ~np.isin(pool["pair_id"].to_numpy(), taken)
    fits &= pc.is_in(pool["tie_kind"], pa.array([*_GOLD_TIES, None])).to_numpy()
    if fits.any():
        fits &= ~np.isin(pool["row_id"].to_numpy(), turns(store).unwritable)
    pool = pool.filter(pa.array(fits))
    mixed = chance(ask, "gold").permutation(pool.num_rows)
    easy = mixed[np.argsort(-_towards_gold(store, pool)[mixed], kind="stable")]  # NaN is last
    winners = easy[pool["winner_id"].is_valid().to_numpy()[easy]]
    practice = winners[: _practice(ask, pool.num_rows)]
    practice = practice if practice.size >= LEAST_PRACTICE else practice[:0]
    silent = mixed[~np.isin(mixed, practice)][: ask.gold]
    return _known(store, pool, silent, "gold"), _known(store, pool, practice, "practice")


def _practice(ask: QueueAsk, pool: int) -> int:
    """Return how many pairs may be spent on practice: half of them, where others check silently."""
    return min(ask.practice, pool // 2 if ask.gold else pool)


def _towards_gold(store: Store, pool: pa.Table) -> Floats:
    """Return how clearly the runs say what gold says, shape (n,); NaN unknown."""
    names = (*columns_of(store, "committee_mean"), *columns_of(store, "explicit_margin"))
    if not names:
        return np.full(pool.num_rows, np.nan)
    margin = column_values(store, names[0])[pool["row_id"].to_numpy()]
    agrees = pool["winner_id"].fill_null(0).to_numpy() == pool["chosen_id"].to_numpy()
    return np.asarray(np.where(agrees, margin, -margin), np.float64)


def _known(store: Store, pool: pa.Table, places: Ints, stratum: str) -> list[QueueItem]:
    rows = pool.take(pa.array(places))
    records = table_of(store, rows["row_id"].to_numpy()).to_pylist()
    return [
        item_of(
            record,
            gold["label_id"],
            stratum,
            gold_id=gold["winner_id"],
            gold_tie=_GOLD_TIES.get(gold["tie_kind"] or ""),
        )
        for record, gold in zip(records, rows.to_pylist(), strict=True)
    ]


def table_of(store: Store, row_ids: Ints) -> pa.Table:
    """Return what a queue holds of some rows' pairs, in their order."""
    return store.query("queue_items", {"rows": row_ids.tolist()})


def item_of(
    row: Mapping[str, int],
    label_id: int | None,
    stratum: str,
    probability: float | None = None,
    gold_id: int | None = None,
    gold_tie: str | None = None,
) -> QueueItem:
    """Return the item of a row of `table_of`."""
    return QueueItem(
        pair_id=row["pair_id"],
        first_id=row["first_id"],
        second_id=row["second_id"],
        source=str(row["source"]),
        label_id=label_id,
        stratum=stratum,
        probability=probability,
        n_chars=row["n_chars"],
        gold_id=gold_id,
        gold_tie=gold_tie,
    )


def columns_of(store: Store, signal: str) -> tuple[str, ...]:
    """Return the stored columns of a signal without those of runs that leak the label."""
    leaking = {run.run_id for run in store.runs if run.leaks_label}
    return tuple(
        column.name
        for column in store.signal_columns
        if column.signal == signal and column.n and column.run_id not in leaking
    )
