"""Whose label every row has, and the votes that are no rows themselves, as arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from core.schema import Ints, Labeller, VoteValues
from core.store.instance import Store

_Key = tuple[int, str]


@dataclass(frozen=True)
class Labels:
    """Labellers: one per source for labels of nobody in particular, then everybody named."""

    labeller: Ints
    """Index per row, −1 where the label sums up votes."""
    labellers: tuple[Labeller, ...]
    votes: VoteValues | None


def read_labels(
    store: Store,
    row_id: Ints,
    source: Ints,
    source_names: Sequence[str],
    pairs: Iterable[int] | None = None,
) -> Labels:
    """Return whose label each row has; `source` per row is an index into `source_names`.

    Rows are all of the store's, or with `pairs` all rows of those pairs, in the order of `row_id`;
    `votes.row_id` counts them from 0.
    """
    wanted = {"pairs": None if pairs is None else list(pairs)}
    own, votes = store.query("inputs_labellers", wanted), store.query("inputs_votes", wanted)
    people = sorted({key for table in (own, votes) for key in _named(table)})
    at = {key: len(source_names) + i for i, key in enumerate(people)}
    labeller = source.astype(np.int64)
    labeller[np.searchsorted(row_id, own["row_id"].to_numpy())] = _owners(own, at)
    return Labels(
        labeller=labeller,
        labellers=(
            *(Labeller(name, None) for name in source_names),
            *(Labeller(source_names[index], who) for index, who in people),
        ),
        votes=_votes(votes, row_id, at),
    )


def _keys(table: pa.Table) -> list[tuple[int, str | None]]:
    return list(zip(table["source_id"].to_pylist(), table["annotator"].to_pylist(), strict=True))


def _named(table: pa.Table) -> list[_Key]:
    return [(source, who) for source, who in _keys(table) if who is not None]


def _owners(own: pa.Table, at: dict[_Key, int]) -> list[int]:
    """Return each voted row's labeller: a person, the source where none is named, or nobody."""
    return [
        (source if who is None else at[source, who]) if mine else -1
        for (source, who), mine in zip(_keys(own), own["own"].to_pylist(), strict=True)
    ]


def _votes(votes: pa.Table, row_id: Ints, at: dict[_Key, int]) -> VoteValues | None:
    known = np.array([who is not None for _, who in _keys(votes)], np.bool_)
    if not known.any():
        return None
    return VoteValues(
        row_id=np.searchsorted(row_id, votes["row_id"].to_numpy()[known]),
        labeller=np.array([at[key] for key in _named(votes)], np.int64),
        side=votes["side"].to_numpy().astype(np.float64)[known],
    )
