"""Server time of every view: `python -m tests.benchmarks.views_speed STORE`.

Each view is asked once to warm the file cache, then `--times` times. Prints a card and, as its
last line, one JSON object of medians and maxima in milliseconds and the process's peak memory.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from core.schema import Condition, Cursor, Order, PairFilter
from core.store.instance import Store, open_store
from core.views.browse import browse, count, pair_detail
from core.views.crossfilter import counted, kinds_of, of_kinds, panels
from core.views.flips import conflicts, suspects
from core.views.margins import density, histogram
from core.views.overview import overview
from core.views.scorers import scored_runs
from core.views.similar import similar_pairs, vector_runs
from core.views.slices import slices
from core.views.surprising import surprising


def questions(store: Store) -> dict[str, Callable[[], object]]:
    """Return the views a page asks for, by name."""
    margins = [c.name for c in store.signal_columns if c.name.startswith("explicit_margin_")]
    x, y = margins[:2]
    everything = PairFilter()
    some = PairFilter(conditions=(Condition(x, ">", 0.5), Condition("suspicion", "<", 0.6)))
    by = Order(x, descending=True)
    linked, kinds = panels(store, x, y, "label_kind"), kinds_of(store, "label_kind")
    middle = browse(store, everything, by, Cursor(0.0, store.total // 2), 50).after
    return {
        "overview": lambda: overview(store),
        "runs": lambda: scored_runs(store),
        "count": lambda: count(store, some),
        "histogram": lambda: histogram(store, everything, x),
        "histogram, filtered, by split": lambda: histogram(store, some, x, slice_by="split"),
        "density": lambda: density(store, everything, x, y),
        "page of 50": lambda: browse(store, everything, by, None, 50),
        "page of 50, filtered": lambda: browse(store, some, by, None, 50),
        "page of 50, in the middle": lambda: browse(store, everything, by, middle, 50),
        "suspects, 50": lambda: suspects(store, everything, None, 50),
        "duplicates, 50": lambda: conflicts(store, everything, "duplicate"),
        "one pair": lambda: pair_detail(store, store.total // 2),
        "four linked panels": lambda: counted(store, everything, linked),
        "four linked panels, filtered": lambda: counted(store, some, linked),
        "bars of a category, filtered": lambda: of_kinds(store, some, kinds),
        "slices by length": lambda: slices(store, everything, "length_ratio", None, x),
        "surprising slices": lambda: surprising(store, everything),
        **similar(store),
    }


def similar(store: Store) -> dict[str, Callable[[], object]]:
    """Return the search for similar pairs, where the store has a run of embeddings."""
    return {
        f"similar by {text}, {run}": lambda run=run, text=text: similar_pairs(
            store, store.total // 2, text, run, PairFilter()
        )
        for run, texts in vector_runs(store).items()
        for text in texts[:2]
    }


def measure(ask: Callable[[], object], times: int) -> dict[str, float]:
    """Return median and maximum in milliseconds."""
    ask()
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - started) * 1000)
    return {"median_ms": round(statistics.median(taken), 1), "max_ms": round(max(taken), 1)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    parser.add_argument("--times", type=int, default=20)
    args = parser.parse_args()
    store = open_store(args.store)
    result: dict[str, object] = {}
    for name, ask in questions(store).items():
        result[name] = measure(ask, args.times)
        print(f"{name:>30}  {result[name]}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"rows": store.total, "views": result, "peak_mb": peak}))


if __name__ == "__main__":
    main()
