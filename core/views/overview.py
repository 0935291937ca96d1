"""Overview: what is in the store and how healthy its labels look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.schema import RunInfo, SignalColumn
from core.store.instance import Store
from core.views.noise import store_noise
from core.views.results import Overview, RunHealth, SourceRow
from core.views.scorers import run_margins
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


def overview(store: Store) -> Overview:
    """Return counts, shares and run health over the whole store."""
    counts = store.query("overview_counts").to_pylist()[0]
    labelled = counts["pairs"] - counts["ties"]
    columns = run_margins(store)
    noise = store_noise(store.noise_estimates)
    length, gold = _signs(store, "length_delta_chars"), _signs(store, "gold_agrees")
    return Overview(
        **counts,
        sources=tuple(SourceRow(**row) for row in store.query("overview_sources").to_pylist()),
        runs=tuple(
            _health(store, run, columns[run.run_id], labelled)
            for run in store.runs
            if run.run_id in columns
        ),
        longer_wins=share(length.positive, length.decided),
        duplicates=_signs(store, "duplicate_rows").positive,
        contradictions=_signs(store, "contradicting_rows").positive,
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


def _health(store: Store, run: RunInfo, column: SignalColumn, labelled: int) -> RunHealth:
    signs = _signs(store, column.name)
    gold = _gold(store, column.name)
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


def _signs(store: Store, name: str) -> Signs:
    """Count the signs of a stored signal; none where it is not stored."""
    if name not in store.columns:
        return Signs()
    return Signs(**store.query("overview_signs", signal=name).to_pylist()[0])


def _gold(store: Store, name: str) -> dict[str, Any]:
    if "gold_agrees" not in store.columns:
        return {"k": 0, "n": 0}
    return dict(store.query("overview_gold", signal=name).to_pylist()[0])
