"""The worked example of docs/curate.md: `python -m tests.benchmarks.curate_example FOLDER`.

Builds the demo store in FOLDER, lets three made-up people judge the 300 pairs of UltraFeedback that
look most reversed, exports that source in several ways, counts the labels in each that are known to
be reversed, and verifies each. 200 of its 996 labels were reversed on purpose; gold tells which.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from core.schema import id_text
from core.store.instance import Store, open_store

SOURCE, JUDGED, RIGHT = "ultrafeedback", 300, 0.9
PEOPLE = ("one", "two", "three")
WAYS: Mapping[str, tuple[str, ...]] = {
    "everything": (),
    "a fifth removed by suspicion": ("--preset=remove_suspects", "--param=share=0.2"),
    "what people reversed removed": ("--verdicts=majority",),
    "what people reversed flipped": ("--verdicts=majority", "--on-reversed=flip"),
    "both: people first, then suspicion": (
        "--verdicts=majority", "--on-reversed=flip", "--preset=remove_suspects",
        "--param=share=0.1",
    ),
}  # fmt: skip


def main() -> None:
    """Build, export, verify and print a table."""
    asked = argparse.ArgumentParser()
    asked.add_argument("folder", type=Path)
    folder = asked.parse_args().folder
    store = folder / "store"
    run("demo", "--build-only", store=store)
    opened = open_store(store)
    truth = winners(opened)
    write_votes(opened, truth, folder / "votes.jsonl")
    opened.close()
    run("votes", "import", str(folder / "votes.jsonl"), store=store)
    print("| way | pairs | reversed | share | verified |\n| --- | --- | --- | --- | --- |")
    for number, (name, options) in enumerate(WAYS.items()):
        out = folder / f"way-{number}"
        written = ("--file=parquet", "--splits=0.9,0.1", "--columns=flipped")
        run("export", f"--out={out}", f"--source={SOURCE}", *options, *written, store=store)
        pairs, wrong = reversed_labels(out, truth)
        said = json.loads(run("verify", str(out), "--json", store=store).splitlines()[-1])
        print(f"| {name} | {pairs:,} | {wrong:,} | {wrong / pairs:.1%} | {said['ok']} |")


def run(*words: str, store: Path) -> str:
    """Run a command of Assay; return what it prints."""
    command = [sys.executable, "-m", "core", *words, f"--store={store}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def winners(store: Store) -> Mapping[str, tuple[int, int, int]]:
    """Return pair_id → the answers called chosen and rejected, and the one that truly is better."""
    rows = store.con.cursor().execute(
        "SELECT p.pair_id, p.chosen_id, p.rejected_id, g.winner_id FROM data.pairs AS p "
        "JOIN data.sources AS s USING (source_id) JOIN data.gold AS g USING (source_id, pair_id) "
        "WHERE s.name = ?", [SOURCE]
    )  # fmt: skip
    return {id_text(pair): (chosen, other, best) for pair, chosen, other, best in rows.fetchall()}


def write_votes(store: Store, truth: Mapping[str, tuple[int, int, int]], path: Path) -> None:
    """Write what people who are right nine times of ten say of the first suspects."""
    suspects = store.con.cursor().execute(
        "SELECT p.pair_id FROM sig.signals JOIN data.pairs AS p USING (row_id) WHERE source = ? "
        "ORDER BY suspicion DESC, p.pair_id LIMIT ?", [SOURCE, JUDGED]
    )  # fmt: skip
    draw = np.random.default_rng(0)
    with path.open("w") as file:
        for (pair,) in suspects.fetchall():
            chosen, other, best = truth[id_text(pair)]
            for name in PEOPLE:
                wrong = chosen if best == other else other
                says = best if draw.random() < RIGHT else wrong
                vote = {"pair_id": id_text(pair), "winner_id": id_text(says), "annotator": name}
                vote["at"] = "2026-01-31T12:00:00Z"
                file.write(json.dumps(vote) + "\n")


def reversed_labels(out: Path, truth: Mapping[str, tuple[int, int, int]]) -> tuple[int, int]:
    """Return how many pairs an export holds, and how many of their labels are reversed."""
    pairs = wrong = 0
    for path in sorted((out / "data").glob("*.parquet")):
        table = pq.read_table(path, columns=["pair_id", "flipped"])
        for pair, flipped in zip(*table.to_pydict().values(), strict=True):
            chosen, _, best = truth[pair]
            pairs += 1
            wrong += (chosen != best) != flipped
    return pairs, wrong


if __name__ == "__main__":
    main()
