"""Scores the held-out half with the toy models, and says how far the runs agree with its labels."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.commands.serve import ROOT
from core.schema import Bools, Floats, LabelledPairs
from core.settings import Settings
from core.store.instance import open_store
from core.store.plan import scoring_plan
from core.views.wilson import share
from sample_data.toy_data import Messages, Pair


def score(settings: Settings, models: Path, minilm: Path | None) -> Iterator[Path]:
    """Score the store with `python -m core score`, run by run; yield the folders of the runs."""
    policy, reference, reward = (
        str(models.resolve() / f"toy-{name}") for name in ("policy", "reference", "reward")
    )
    scored = {
        "toy_policy": ("policy", "--model", policy, "--reference", reference, "--kl"),
        "toy_reward": ("reward_model", "--model", reward),
        "toy_dropout": ("mc_dropout", "--model", reward),
    }
    if minilm:
        scored["minilm"] = ("embedding", "--model", str(minilm.resolve()))
    store = settings.store.resolve()
    for name, said in scored.items():
        command = [sys.executable, "-m", "core", "score", *said, "--name", name, "--device", "cpu"]
        subprocess.run([*command, "--store", str(store)], cwd=ROOT, check=True)  # noqa: S603
        yield store / "runs" / name


def report(scores: Path, held_out: Sequence[Pair], settings: Settings) -> str:
    """Return what the README says of the runs, as Markdown."""
    store = open_store(settings.store)
    labels = scoring_plan(store, settings.seed, labels=True).labels
    store.close()
    assert labels is not None  # noqa: S101 - asked for above
    policy = _values(scores / "toy_policy")
    margins = {
        "`toy_policy`, implicit margin": _margins(
            policy["response_id"], _column(policy, "policy_logps", "ref_logps"), labels
        )
    }
    for name in ("toy_reward", "toy_dropout"):
        run = _values(scores / name)
        margins[f"`{name}`"] = _margins(run["response_id"], _column(run, "reward"), labels)
    source = np.array(labels.source)
    names = sorted(set(labels.source))
    lines = [_row(["agrees with the label", *names, "all"]), _row(["---"] * (len(names) + 2))]
    lines += [_agreement(name, values, source) for name, values in margins.items()]
    longer = [pair for pair in held_out if not pair.tie]
    lines.append(
        _agreement(
            "the longer answer",
            np.array([float(_chars(p.chosen) - _chars(p.rejected)) for p in longer]),
            np.array([pair.source for pair in longer]),
        )
    )
    lines += [f"\nPerplexity: {_perplexity(policy, kind):.1f} ({kind})" for kind in KINDS]
    return "\n".join(lines) + "\n"


KINDS = ("ref", "policy")


def _values(run: Path) -> pa.Table:
    return pa.concat_tables([pq.read_table(part) for part in sorted(run.glob("part-*.parquet"))])


def _column(run: pa.Table, name: str, minus: str | None = None) -> Floats:
    """Return a column, or the difference of two, NaN where it is unknown."""
    values = np.asarray(run[name].to_numpy(), np.float64)
    return values - _column(run, minus) if minus else values


def _margins(ids: pa.ChunkedArray, values: Floats, labels: LabelledPairs) -> Floats:
    """Return the values of the chosen minus those of the rejected responses."""
    of = dict(zip(ids.to_pylist(), values.tolist(), strict=True))
    sides = ([of[i] for i in side.tolist()] for side in (labels.chosen_id, labels.rejected_id))
    chosen, rejected = map(np.array, sides)
    margins: Floats = chosen - rejected
    return margins


def _agreement(name: str, margins: Floats, source: np.ndarray) -> str:
    every = (*sorted(set(source.tolist())), None)
    return _row([name, *(_share(margins, source == one if one else None) for one in every)])


def _share(margins: Floats, among: Bools | None) -> str:
    some = margins if among is None else margins[among]
    known = share(int((some > 0).sum()), int((np.abs(some) > 0).sum()))
    p, low, high = (100 * (part or 0.0) for part in (known.value, known.low, known.high))
    return f"{p:.1f} % ({low:.1f} to {high:.1f}) of {known.n:,}"


def _perplexity(policy: pa.Table, kind: str) -> float:
    """Return exp of the mean loss per token of the held-out responses, given their prompts."""
    sums = _column(policy, f"{kind}_logps")
    known = np.isfinite(sums)
    return float(np.exp(-sums[known].sum() / _column(policy, "n_tokens")[known].sum()))


def _chars(messages: Messages) -> int:
    return sum(len(message["content"]) for message in messages)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
