"""Queues made in the test: `make_queue(desk, store, …)` of the pairs of a small store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core.relabel.desk import Desk
from core.relabel.log import open_log
from core.relabel.serving import Chance
from core.schema.relabel import QueueDraft, QueueItem
from core.store.instance import Store


def open_desk(root: Path, chance: Chance | None = None) -> Desk:
    """Return a desk of the log beside the store in `root`, as the app opens it."""
    log = open_log(f"sqlite:///{root.resolve() / 'votes.sqlite3'}", root / "votes-head.json")
    desk = Desk(log, chance)
    desk.refresh()
    return desk


def items_of(store: Store, pairs: int = 10, start: int = 0) -> tuple[QueueItem, ...]:
    """Return items of the first pairs of a store, one for each pair."""
    rows = store.con.cursor().execute(
        "SELECT pair_id, chosen_id, rejected_id, name FROM data.pairs "
        "JOIN data.sources USING (source_id) ORDER BY row_id LIMIT $most",
        {"most": 2 * (start + pairs) + 10},  # a pair may have several rows
    )
    found: dict[int, QueueItem] = {}
    for pair_id, chosen_id, rejected_id, source in rows.fetchall():
        first, second = sorted((chosen_id, rejected_id))
        item = QueueItem(pair_id, first, second, source, chosen_id, probability=1.0)
        found.setdefault(pair_id, item)
    return tuple(found.values())[start : start + pairs]


def make_queue(
    desk: Desk,
    items: Sequence[QueueItem],
    gold: Sequence[QueueItem] = (),
    practice: Sequence[QueueItem] = (),
    name: str = "first look",
    **over: object,
) -> str:
    """Put a queue into the log; gold and practice items are right as they are labelled."""
    checks = [
        *(replace(i, stratum="gold", gold_id=i.label_id, probability=None) for i in gold),
        *(
            replace(
                i,
                stratum="practice",
                gold_id=i.label_id,
                probability=None,
                explanation=i.explanation or "It answers what was asked.",
            )
            for i in practice
        ),
    ]
    draft = QueueDraft(
        name=name,
        kind="suspects",
        items=(*items, *checks),
        sentence="all pairs",
        fingerprint="made",
        gold_share=0.05 if gold else 0.0,
        repeat_share=0.0,
    )
    return desk.make_queue(replace(draft, **over), "lead")  # type: ignore[arg-type]
