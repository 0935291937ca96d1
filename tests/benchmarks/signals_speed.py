"""Time to rebuild all signals and to move a slider.

`python -m tests.benchmarks.signals_speed STORE`. Each slider moves four times over the whole store.
Prints a table whose last column sets each time against sorting as many numbers as the store has
rows, and one JSON object as its last line.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from core.registry import Param
from core.schema import PairFilter
from core.signals.compute import compute_signals
from core.signals.noise_estimates import noise_estimates
from core.signals.spec import SIGNALS
from core.signals.suspicion_model import judge_labels
from core.store.inputs import signal_inputs
from core.store.instance import open_store
from core.views.live import recompute_histogram

MOVES = 4


def seconds(work: Callable[[], object]) -> float:
    """Return how long a call takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def places(param: Param) -> list[float]:
    """Return where a slider is moved to: inside its bounds, whole where it counts."""
    steps = [param.low + (param.high - param.low) * k / (MOVES + 1) for k in range(1, MOVES + 1)]
    return [float(round(v)) for v in steps] if float(param.high - param.low) == 1.0 else steps


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    store = open_store(parser.parse_args().store)
    numbers = np.random.default_rng(0).normal(size=store.total)
    sort = statistics.median(seconds(lambda: np.sort(numbers)) for _ in range(5))
    started = time.perf_counter()
    inputs = signal_inputs(store)
    found = {"read the inputs": time.perf_counter() - started}
    found["compute the signals"] = seconds(lambda: compute_signals(inputs))
    judged = judge_labels(inputs)
    found["estimate the noise"] = seconds(lambda: noise_estimates(inputs, judged))
    for column in store.signal_columns:
        for param in SIGNALS.get(column.signal).params:
            moves = [
                seconds(
                    lambda at=at, column=column, param=param: recompute_histogram(  # type: ignore[misc]
                        store, PairFilter(), inputs, column, {param.name: at}
                    )
                )
                for at in places(param)
            ]
            found[f"{param.name} of {column.name}"] = statistics.median(moves)
    for name, taken in found.items():
        print(f"| {name} | {1000 * taken:,.0f} ms | {taken / sort:.1f} |")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(json.dumps({**found, "sort": sort, "rows": store.total, "peak_gb": peak}))


if __name__ == "__main__":
    main()
