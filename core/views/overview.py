"""Overview: what is in the store and how healthy its labels look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.schema import RunInfo, SignalColumn
from core.store.filters import Where
from core.store.instance import Store
from core.views.noise import store_noise
from core.views.results import Overview, RunHealth, SourceRow
from core.views.scorers import run_margins
from core.views.where import rows_where
from core.views.wilson import share


@dataclass(frozen=True)
class Signs:
    """How many rows have a signal, and on which side of 0."""

    known: int = 0
    positive: int = 0
    negative: int = 0
    zero: int = 0

    @property
    def decided(self) -> int:
        """Return the rows where it is not 0."""
        return self.positive + self.negative


def overview(store: Store, rows: tuple[int, ...] | None = None) -> Overview:
    """Return counts, shares and run health over the whole store.

    With `rows`, which are all rows of some pairs, what these contribute to every sum: see
    `core.views.without`. Prompts and responses, and what was stored, are not counted then.
    """
    where = None if rows is None else rows_where(rows)
    counts, sources = _counted(store, where)
    labelled = counts["pairs"] - counts["ties"]
    columns = run_margins(store)
    noise = store_noise(store.noise_estimates)
    length = _signs(store, "length_delta_chars", where)
    gold = _signs(store, "gold_agrees", where)
    return Overview(
        **counts,
        sources=sources,
        runs=tuple(
            _health(store, run, columns[run.run_id], labelled, where)
            for run in store.runs
            if run.run_id in columns
        ),
        longer_wins=share(length.positive, length.decided),
        duplicates=_signs(store, "duplicate_rows", where).positive,
        contradictions=_signs(store, "contradicting_rows", where).positive,
        noise=noise.ends,
        noise_told=noise.rows,
        clean_equivalent=noise.clean_equivalent,
        gold_noise=share(gold.zero, gold.known),
        source_runs={
            source: sum(item.n > 0 for item in model.weights)
            for source, model in store.evidence_models.items()
        },
        noise_estimates=store.noise_estimates,
    )


def _counted(store: Store, where: Where | None) -> tuple[dict[str, int], tuple[SourceRow, ...]]:
    if where is None:
        counts = store.query("overview_counts").to_pylist()[0]
        rows = store.query("overview_sources").to_pylist()
    else:
        rows = store.query("overview_part", {}, where).to_pylist()
        # A pair may stand in several sources.
        counts = store.query("overview_part_pairs", {}, where).to_pylist()[0]
        counts |= {name: sum(row[name] for row in rows) for name in ("pairs", "ties", "votes")}
        counts |= {"prompts": 0, "responses": 0}
    return counts, tuple(SourceRow(**row) for row in rows)


def _health(
    store: Store, run: RunInfo, column: SignalColumn, labelled: int, where: Where | None
) -> RunHealth:
    signs = _signs(store, column.name, where)
    gold = _gold(store, column.name, where)
    return RunHealth(
        run_id=run.run_id,
        scorer=run.scorer,
        model=run.model,
        column=column.name,
        covered=signs.known,
        rows=labelled,
        agreement=share(signs.positive, signs.decided),
        gold_agreement=share(gold["k"], gold["n"]),
        leaks_label=run.leaks_label,
    )


def _signs(store: Store, name: str, where: Where | None) -> Signs:
    """Count the signs of a stored signal; none where it is not stored."""
    if name not in store.columns:
        return Signs()
    return Signs(**store.query("overview_signs", {}, where, signal=name).to_pylist()[0])


def _gold(store: Store, name: str, where: Where | None) -> dict[str, Any]:
    if "gold_agrees" not in store.columns:
        return {"k": 0, "n": 0}
    return dict(store.query("overview_gold", {}, where, signal=name).to_pylist()[0])
