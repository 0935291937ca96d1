"""Import against DuckDB's own load: `python -m tests.benchmarks.import_speed --rows 1000000`.

Each step runs in a process of its own, so that its peak memory is its own. Prints a card and, as
its last line, one JSON object.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from core.commands.import_ import Request, import_source
from core.commands.index import build
from core.settings import Settings
from tests.benchmarks.make_pairs import write


def ctas(source: Path, folder: Path) -> None:
    """Load the file the plainest way DuckDB has."""
    with duckdb.connect(str(folder / "plain.duckdb")) as con:
        con.execute(f"CREATE TABLE pairs AS SELECT * FROM '{source}'")
        con.execute("CHECKPOINT")


def load(source: Path, folder: Path) -> None:
    """Import the file into a store, signals included, the index not."""
    import_source(Settings(store=folder / "store"), Request(str(source)), index=False)


def index(source: Path, folder: Path) -> None:
    """Build the store's search index."""
    build(Settings(store=folder / "store"))


def measured(step: Callable[[Path, Path], None], source: Path, folder: Path) -> dict[str, float]:
    """Run a step in a process of its own; return its seconds and peak megabytes."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_child, args=(step, source, folder, theirs))
    process.start()
    theirs.close()
    result: dict[str, float] = ours.recv()
    process.join()
    return result


def _child(step, source, folder, pipe) -> None:
    started = time.perf_counter()
    step(source, folder)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    pipe.send({"seconds": round(seconds, 2), "peak_mb": round(peak)})


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--shape", choices=("flat", "nested"), default="flat")
    parser.add_argument("--keep", type=Path, help="folder for the files; kept afterwards")
    args = parser.parse_args()
    folder = args.keep or Path(tempfile.mkdtemp(prefix="assay-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / f"{args.shape}-{args.rows}.parquet"
    if not source.exists():
        write(source, args.rows, args.shape)
    for name in ("plain.duckdb", "store"):
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).unlink(missing_ok=True)
    result = {step.__name__: measured(step, source, folder) for step in (ctas, load, index)}
    result["ratio"] = round(result["load"]["seconds"] / result["ctas"]["seconds"], 2)
    for name, value in result.items():
        print(f"{name:>6}  {value}")
    if args.keep is None:
        shutil.rmtree(folder)
    print(json.dumps({"rows": args.rows, "shape": args.shape, **result}))


if __name__ == "__main__":
    main()
