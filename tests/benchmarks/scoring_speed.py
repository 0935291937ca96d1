"""Pairs per second of one model pass: Assay's forms, a plain padded forward, TRL's precompute.

    python -m tests.benchmarks.scoring_speed [--pairs 159] [--rounds 3] [--threads 2] [--json]

All run on the same pairs, model and machine, in turn, round after round; medians count. TRL
(tests/requirements.txt) runs its own `compute_ref_log_probs` with its own collator and batch size.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from core.schema import Floats
from core.scorers.forward import BATCH_TOKENS
from core.scorers.models import Loaded
from tests.benchmarks.scoring_models import make_model, read_pairs
from tests.benchmarks.scoring_ways import Way, cached, opened, ours, plain, trl, trl_trainer

Clock = Callable[[], float]


def main() -> None:
    import torch

    given = _arguments()
    torch.set_num_threads(given.threads)
    clock: Clock = time.process_time if given.cpu_time else time.perf_counter
    with tempfile.TemporaryDirectory() as folder:
        pairs = read_pairs(given.pairs)
        loaded, items = opened(make_model(Path(folder) / "llama"), pairs, "cpu")
        trainer = trl_trainer(loaded, pairs, Path(folder))
        ways: Mapping[str, Way] = {
            "TRL precompute": lambda: trl(trainer),
            "plain padded forward": lambda: plain(loaded, items),
            "response positions only": lambda: ours(loaded, items, "separate", given.tokens),
            "shared KV cache": lambda: cached(loaded, items, given.tokens),
            "packed, tree mask": lambda: ours(loaded, items, "packed", given.tokens),
        }
        peak = matrix_peak(clock, "cpu")
        rows = measured(ways, len(pairs), given.rounds, clock, flops(loaded, items) / peak)
    print(json.dumps(rows, indent=1) if given.json else table(rows))
    print(f"matrix peak {peak / 1e9:.0f} GFLOP/s, {given.threads} threads", file=sys.stderr)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=159)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--tokens", type=int, default=BATCH_TOKENS["cpu"], help="of a batch")
    parser.add_argument("--cpu-time", action="store_true", help="count CPU seconds, not seconds")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def measured(
    ways: Mapping[str, Way], pairs: int, rounds: int, clock: Clock, least: float
) -> list[dict[str, Any]]:
    """Return a row per way; `least` is the seconds that the packed form takes at the peak."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    values: dict[str, Floats] = {}
    for _ in range(rounds):
        for name, way in ways.items():
            start = clock()
            values[name] = way()
            seconds[name].append(clock() - start)
    base = next(iter(ways))
    took = {name: statistics.median(taken) for name, taken in seconds.items()}
    return [
        {
            "way": name,
            "pairs_per_second": pairs / took[name],
            "times_first": took[base] / took[name],
            "largest_relative_difference": float(np.abs(values[name] / values[base] - 1).max()),
            "share_of_matrix_peak": least / took[name] if "packed" in name else None,
        }
        for name in ways
    ]


def table(rows: list[dict[str, Any]]) -> str:
    """Return rows as Markdown."""
    lines = [f"| {' | '.join(rows[0])} |", f"|{' --- |' * len(rows[0])}"]
    for row in rows:
        shown = [f"{v:.3g}" if isinstance(v, float) else str(v or "") for v in row.values()]
        lines.append(f"| {' | '.join(shown)} |")
    return "\n".join(lines)


def matrix_peak(clock: Clock, device: str, size: int = 2048, times: int = 8) -> float:
    """Return FLOP/s of a large matrix product, float32 on a CPU and bfloat16 on a GPU."""
    import torch

    kind = torch.float32 if device == "cpu" else torch.bfloat16
    left, right = (torch.randn(size, size, device=device, dtype=kind) for _ in range(2))
    wait = torch.cuda.synchronize if device == "cuda" else lambda: None
    best = float("inf")
    for _ in range(4):
        wait()
        start = clock()
        for _ in range(times):
            left @ right
        wait()
        best = min(best, clock() - start)
    return times * 2 * size**3 / best


def flops(loaded: Loaded, items: list[Any]) -> float:
    """Return the multiplications and additions that the packed form needs, attention left out."""
    config = loaded.model.config
    table_size = config.vocab_size * config.hidden_size
    body = sum(p.numel() for p in loaded.model.base_model.parameters()) - table_size
    tokens = 0
    for first, second in zip(items[::2], items[1::2], strict=True):
        tokens += len(first.ids) + len(second.ids) - min(first.start, second.start)
    answers = sum(len(item.ids) - item.start for item in items)
    return 2.0 * (body * tokens + table_size * answers)


if __name__ == "__main__":
    main()
