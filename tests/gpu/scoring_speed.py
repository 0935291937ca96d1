"""On one GPU: share of the bf16 peak, against TRL and a plain forward; memory against vocabulary.

    python -m tests.gpu.scoring_speed [--pairs 2000] [--rounds 3] [--tokens 16384] [--json]

A Llama of 1.2 B parameters with random weights reads HH pairs. Tells the device and the date; its
table belongs in docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.scorers.forward import BATCH_TOKENS
from core.scorers.models import Loaded
from tests.benchmarks.scoring_models import VOCABULARY, make_model, read_pairs
from tests.benchmarks.scoring_speed import flops, matrix_peak, measured, table
from tests.benchmarks.scoring_ways import Way, cached, opened, ours, plain, trl, trl_trainer

BILLION: Mapping[str, int] = {
    "hidden_size": 2048,
    "intermediate_size": 8192,
    "num_hidden_layers": 16,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
}


def main() -> int:
    import torch

    if not torch.cuda.is_available():
        print("There is no CUDA device here: nothing was measured.", file=sys.stderr)
        return 1
    given = _arguments()
    pairs = read_pairs(given.pairs)
    with tempfile.TemporaryDirectory() as folder:
        rows = _speed(Path(folder), pairs, given)
        memory = {
            words: _memory(Path(folder) / str(words), pairs[:200], words, given.tokens)
            for words in (VOCABULARY, 8 * VOCABULARY)
        }
    found = {
        "device": torch.cuda.get_device_name(),
        "date": datetime.now(UTC).date().isoformat(),
        "rows": rows,
        "megabytes_beyond_weights_by_vocabulary": memory,
    }
    print(json.dumps(found, indent=1) if given.json else f"{table(rows)}\n\n{memory}")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=BATCH_TOKENS["cuda"])
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _speed(
    folder: Path, pairs: list[dict[str, str]], given: argparse.Namespace
) -> list[dict[str, Any]]:
    loaded, items = opened(make_model(folder / "billion", **BILLION), pairs, "cuda")
    trainer = trl_trainer(loaded, pairs, folder)
    ways: Mapping[str, Way] = {
        "TRL precompute": lambda: trl(trainer),
        "plain padded forward": lambda: plain(loaded, items),
        "response positions only": lambda: ours(loaded, items, "separate", given.tokens),
        "shared KV cache": lambda: cached(loaded, items, given.tokens),
        "packed, tree mask": lambda: ours(loaded, items, "packed", given.tokens),
    }
    for way in ways.values():  # kernels are chosen at the first use of a shape
        way()
    peak = matrix_peak(time.perf_counter, "cuda", 8192, 30)
    print(f"bf16 matrix peak {peak / 1e12:.0f} TFLOP/s", file=sys.stderr)
    return measured(ways, len(pairs), given.rounds, time.perf_counter, flops(loaded, items) / peak)


def _memory(folder: Path, pairs: list[dict[str, str]], words: int, tokens: int) -> float:
    """Return the most memory in MB beyond the weights while scoring."""
    import torch

    sizes = {**BILLION, "num_hidden_layers": 2, "vocab_size": words}
    loaded, items = opened(make_model(folder, **sizes), pairs, "cuda")
    return _peak(loaded, items, tokens, torch.cuda.memory_allocated())


def _peak(loaded: Loaded, items: list[Any], tokens: int, weights: int) -> float:
    import torch

    torch.cuda.reset_peak_memory_stats()
    ours(loaded, items, "packed", tokens)
    return (torch.cuda.max_memory_allocated() - weights) / 1e6


if __name__ == "__main__":
    raise SystemExit(main())
