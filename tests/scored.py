"""What tests of `score` ask a store: what it serves of a run, and which parts the run has."""

from __future__ import annotations

from pathlib import Path

from core.store.instance import open_store
from core.store.layout import RUNS
from core.store.plan import scoring_plan
from tests.factories import make_pair, make_store


def more(root: Path, *numbers: int) -> None:
    """Import further pairs."""
    make_store(root, [make_pair(i) for i in numbers]).close()


def scores(root: Path, run: str = "fake") -> dict[int, tuple[object, ...]]:
    """Return what the store serves of a run."""
    store = open_store(root)
    sql = f"SELECT response_id, reward, n_tokens, truncated FROM live.scores WHERE run_id = '{run}'"
    return {i: rest for i, *rest in store.con.cursor().sql(sql).fetchall()}


def ids_of(root: Path) -> list[int]:
    return scoring_plan(open_store(root), 42, labels=False).ids.tolist()


def parts(root: Path, run: str = "fake") -> list[str]:
    return sorted(path.name for path in (root / RUNS / run).glob("part-*"))
