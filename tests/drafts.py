"""Rows and drafts of queues, for the tests of queueing."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.schema.relabel import QueueDraft, QueueItem
from core.store.instance import Store
from tests.factories import Row, make_pair


def plain(first: int, n: int) -> list[Row]:
    draw = np.random.default_rng(first)
    scores = draw.normal(1, 1, n)
    return [
        make_pair(
            first + i,
            scores={"alpha": (scores[i], 0.0), "beta": (scores[i] * 2, 0.0)},
            chosen_text=f"answer {i} " * draw.integers(1, 40),
        )
        for i in range(n)
    ]


def of(made: QueueDraft, *strata: str) -> list[QueueItem]:
    return [item for item in made.items if item.stratum in strata]


def column(store: Store, name: str) -> Mapping[int, float]:
    """Return the highest value of a pair's rows, without ties and rows that do not know it."""
    found = store.con.cursor().execute(
        f'SELECT pair_id, max("{name}") FROM sig.signals JOIN data.pairs USING (row_id) '
        "WHERE pairs.tie_kind IS NULL GROUP BY pair_id"
    )
    return {pair: -1.0 if value is None else value for pair, value in found.fetchall()}
