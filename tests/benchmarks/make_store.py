"""Make a synthetic store of millions of pairs with runs.

`python -m tests.benchmarks.make_store DIR --rows 10000000 --words 4,6` makes ten million pairs with
short texts (mean words of a prompt, of an answer). The way is that of real data: Parquet, import,
runs, signals; `--index` builds the search index too.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from core.commands import import_, index, runs
from core.settings import Settings
from core.store.instance import open_store
from tests.benchmarks import make_pairs, make_runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--words", default="54,162", help="mean words of a prompt, of an answer")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--policies", type=int, default=1)
    parser.add_argument("--embeddings", type=int, default=0, help="width of their vectors")
    parser.add_argument("--index", action="store_true")
    args = parser.parse_args()
    prompt, answer = map(int, args.words.split(","))
    settings = Settings(store=args.store)
    with tempfile.TemporaryDirectory() as folder:
        pairs, made = Path(folder) / "pairs.parquet", Path(folder) / "made"
        told("wrote pairs", lambda: make_pairs.write(pairs, args.rows, words_each=(prompt, answer)))
        request = import_.Request(str(pairs), name="synthetic")
        told("imported", lambda: import_.import_source(settings, request, index=args.index))
        told("wrote runs", lambda: _runs(args.store, made, args))
        folders = sorted(path.parent for path in made.rglob("run.json"))
        told("added runs", lambda: runs.add_runs(settings, folders))
    if args.index:
        told("indexed", lambda: index.build(settings))


def told(what: str, work: Callable[[], object]) -> None:
    """Do a step and say how long it took."""
    started = time.monotonic()
    work()
    print(f"{what}: {time.monotonic() - started:.0f} s", file=sys.stderr)


def _runs(root: Path, out: Path, asked: argparse.Namespace) -> None:
    with closing(open_store(root)) as store:
        for number in range(asked.runs):
            make_runs.write(out, f"made_{number}", "made", [make_runs.rewards(store, number)])
        for number in range(asked.policies):
            table = make_runs.log_probabilities(store, number)
            make_runs.write(out, f"policy_{number}", "policy", [table])
        if asked.embeddings:
            vectors = make_runs.embeddings(store, asked.embeddings)
            make_runs.write(out, "embedded", "embedding", vectors)


if __name__ == "__main__":
    main()
