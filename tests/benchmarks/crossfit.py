"""How well `crossfit` finds planted flips: `python -m tests.benchmarks.crossfit [FILE]`.

Reads HH transcripts, reverses 10 % of the labels at random, scores, and ranks rows by −margin.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

import core.scorers  # noqa: F401
from core.schema import PLAN_COLUMNS, LabelledPairs, ScoringPlan
from core.scorers.local import open_session, shards
from core.scorers.spec import SCORERS, ScorerOptions

SAMPLE = Path("sample_data/hh-rlhf/helpful-base_test.jsonl.gz")
RATE = 0.1
TURN = "\n\nAssistant:"


@dataclass(frozen=True)
class Pair:
    prompt: str
    chosen: str
    rejected: str


@dataclass(frozen=True)
class Result:
    auroc: float
    agreement: float
    seconds: float


def read_pairs(path: Path) -> list[Pair]:
    """Cut each transcript after the last turn that both sides share."""
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as lines:
        rows = [json.loads(line) for line in lines]
    return [cut(row["chosen"], row["rejected"]) for row in rows]


def cut(chosen: str, rejected: str) -> Pair:
    pairs = enumerate(zip(chosen, rejected, strict=False))
    shared = next((i for i, (a, b) in pairs if a != b), min(len(chosen), len(rejected)))
    end = chosen.rfind(TURN, 0, shared) + len(TURN)
    return Pair(chosen[:end], chosen[end:].strip(), rejected[end:].strip())


def number(*parts: str) -> int:
    content = "\0".join(parts).encode("utf-8", "replace")
    return int.from_bytes(hashlib.sha256(content).digest()[:8], "big") >> 1


def make_plan(pairs: list[Pair], flipped: np.ndarray) -> ScoringPlan:
    ids = np.array(
        [[number(p.prompt), *(number(p.prompt, t) for t in (p.chosen, p.rejected))] for p in pairs]
    )
    found = {number(p.prompt, t): (p.prompt, t) for p in pairs for t in (p.chosen, p.rejected)}
    order = sorted(found, key=lambda response: number(found[response][0]))
    labels = LabelledPairs(
        ids[:, 0],
        np.where(flipped, ids[:, 2], ids[:, 1]),
        np.where(flipped, ids[:, 1], ids[:, 2]),
        ("hh",) * len(pairs),
    )
    return ScoringPlan(
        ids=np.array(order),
        prompt_id=np.array([number(found[response][0]) for response in order]),
        chars=np.array([sum(map(len, found[response])) for response in order]),
        read=partial(rows, found),
        labels=labels,
    )


def rows(found: dict[int, tuple[str, str]], ids: np.ndarray) -> pa.Table:
    texts = [found[response] for response in ids.tolist()]
    columns = {
        "prompt_id": [number(prompt) for prompt, _ in texts],
        "prompt_text": [prompt for prompt, _ in texts],
        "prompt_messages": [None] * len(texts),
        "response_id": ids,
        "response_text": [text for _, text in texts],
        "response_messages": [None] * len(texts),
    }
    return pa.table(columns, schema=PLAN_COLUMNS)


def trial(pairs: list[Pair], seed: int) -> Result:
    from sklearn.metrics import roc_auc_score

    flipped = np.random.default_rng(seed).random(len(pairs)) < RATE
    plan, spec = make_plan(pairs, flipped), SCORERS.get("crossfit")
    start = time.perf_counter()
    session = open_session(spec, ScorerOptions(parameters=spec.settled({})), plan)
    reward: dict[int, float] = {}
    for table in session.run(shards(plan, session, np.empty(0, np.int64))):
        scored = table.to_pydict()
        reward |= dict(zip(scored["response_id"], scored["reward"], strict=True))
    seconds = time.perf_counter() - start
    chosen, rejected = (
        np.array([reward[i] for i in side.tolist()])
        for side in (plan.labels.chosen_id, plan.labels.rejected_id)
    )
    margin = chosen - rejected
    return Result(float(roc_auc_score(flipped, -margin)), float((margin > 0).mean()), seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=SAMPLE)
    parser.add_argument("--seeds", type=int, default=5)
    asked = parser.parse_args()
    pairs = read_pairs(asked.file)
    results = [trial(pairs, seed) for seed in range(asked.seeds)]
    print(f"{asked.file.name}: {len(pairs):,} pairs, {RATE:.0%} of the labels reversed")
    print("seed  AUROC  agreement  seconds")
    for seed, result in enumerate(results):
        print(f"{seed:4}  {result.auroc:.3f}  {result.agreement:9.3f}  {result.seconds:7.2f}")
    auroc = [round(result.auroc, 4) for result in results]
    seconds = [round(result.seconds, 2) for result in results]
    card = {"pairs": len(pairs), "auroc": auroc, "auroc_mean": round(float(np.mean(auroc)), 4)}
    print(json.dumps({**card, "seconds": seconds, "seconds_max": max(seconds)}))


if __name__ == "__main__":
    main()
