"""Scorers without a model, for tests: `with registered():`, or `python -m tests.fake_scorers ARGV`.

A reward depends on the texts and on the batch they came in, as a real model's last digits do.
FAKE_STOPS_AT=N raises at the N-th shard; FAKE_WAITS_AT=N waits there while FAKE_GATE is a file.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

import core.scorers  # noqa: F401
from core.commands.cli import main
from core.errors import ScoreError
from core.registry import Param
from core.schema import Provenance, ScoringPlan
from core.scorers.spec import SCORERS, ScorerOptions, ScorerSpec

ASKED: list[int] = []
"""Ids in the order in which this process scored them."""


def draw(*texts: str | None) -> float:
    """Return a number in [0, 1) that belongs to the texts."""
    content = "\0".join(text or "" for text in texts).encode()
    return int.from_bytes(hashlib.sha256(content).digest()[:6], "big") / 2**48


@dataclass(frozen=True)
class Fake:
    """Columns as `kind` says, a pause per shard, an error at the n-th."""

    kind: str
    provenance: Provenance
    shard_chars: int
    shard_items: int
    numbers: dict[str, float]
    seen: list[int] = field(default_factory=list)

    def prepare(self, rows: pa.Table) -> pa.Table:
        return rows

    def score(self, prepared: pa.Table) -> Iterator[pa.Table]:
        time.sleep(self.numbers["pause"])
        self.seen.append(prepared.num_rows)
        gate = Path(os.environ.get("FAKE_GATE", ""))
        while os.environ.get("FAKE_WAITS_AT") == str(len(self.seen)) and gate.is_file():
            time.sleep(0.01)
        if os.environ.get("FAKE_STOPS_AT") == str(len(self.seen)):
            raise ScoreError("The fake model has stopped.", "It was told to.")
        half, size = prepared.num_rows // 2, prepared.num_rows
        for piece in (prepared.slice(half), prepared.slice(0, half)):
            if piece.num_rows:
                yield MAKERS[self.kind](piece, size)


def responses(rows: pa.Table, batch: int) -> pa.Table:
    found = rows.to_pydict()
    ids = found["response_id"]
    ASKED.extend(ids)
    texts = found["response_text"]
    prompts = found["prompt_text"]
    values = [
        np.nan if text and "nan" in text else draw(prompt, text) + batch * 1e-12
        for prompt, text in zip(prompts, texts, strict=True)
    ]
    cut = [bool(text and "bad 3" in text) for text in texts]
    tokens = [len((text or "").split()) for text in texts]
    return pa.table(
        {
            "response_id": pa.array(ids, pa.int64()),
            "reward": pa.array(values, pa.float64()),
            "n_tokens": pa.array(tokens, pa.int32()),
            "truncated": pa.array(cut),
        }
    )


def policies(rows: pa.Table, batch: int) -> pa.Table:
    base = responses(rows, batch)
    logps = pa.array(-10 * base["reward"].to_numpy())
    lists = [[-1.0] * n for n in base["n_tokens"].to_pylist()]
    columns = {
        "response_id": base["response_id"],
        "policy_logps": logps,
        "ref_logps": pa.array(-9 * base["reward"].to_numpy()),
        "klsum": base["reward"],
        "policy_mixp_logps": logps,
        "policy_mixm_logps": logps,
        "policy_token_logps": pa.array(lists, pa.list_(pa.float32())),
        "n_tokens": base["n_tokens"],
    }
    return pa.table(columns)


def embeddings(rows: pa.Table, batch: int) -> pa.Table:
    base = responses(rows, batch)
    values = np.repeat(base["reward"].to_numpy(), 4).astype(np.float32)
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(values), 4)
    return pa.table({"response_id": base["response_id"], "embedding": vectors})


def verdicts(rows: pa.Table, batch: int) -> pa.Table:
    """The first order names the longer response; the second ties, or cannot be read."""
    found = rows.to_pydict()
    sides = [
        (len(a) >= len(b)) for a, b in zip(found["first_text"], found["second_text"], strict=True)
    ]
    ASKED.extend(found["pair_id"])
    return pa.table(
        {
            "pair_id": pa.array(found["pair_id"], pa.int64()),
            "winner_id": pa.array(
                [found["first_id" if s else "second_id"][i] for i, s in enumerate(sides)],
                pa.int64(),
            ),
            "first_order": ["first" if s else "second" for s in sides],
            "second_order": pa.array(
                [None if i % 2 else "tie" for i in range(len(sides))], pa.string()
            ),
            "prompt_tokens": pa.array([7] * len(sides), pa.int32()),
            "answer_tokens": pa.array([2] * len(sides), pa.int32()),
        }
    )


MAKERS = {
    "fake": responses,
    "fake_policy": policies,
    "fake_vectors": embeddings,
    "fake_judge": verdicts,
}
TAKES = (
    "model",
    "revision",
    "reference",
    "device",
    "dtype",
    "template",
    "kl",
    "trust_remote_code_at",
)


def is_folder(model: str | None) -> bool:
    return model is not None and Path(model).is_absolute()


def spec(kind: str) -> ScorerSpec:
    def opened(options: ScorerOptions, plan: ScoringPlan) -> Fake:
        numbers = dict(options.parameters)
        text = options.template.read_text("utf-8") if options.template else None
        made = Provenance(
            model=Path(options.model).name if is_folder(options.model) else options.model,
            revision=options.revision,
            reference=options.reference,
            dtype=options.dtype or "float32",
            chat_template_hash=hashlib.sha256(text.encode()).hexdigest() if text else None,
            device=options.device or "cpu",
            parameters={"scale": numbers["scale"], "kl": options.kl},
            versions={"fake": os.environ.get("FAKE_VERSION", "1")},
        )
        options.say("The fake model is open.")
        return Fake(kind, made, int(numbers["chars"]), int(numbers["items"]), numbers)

    return ScorerSpec(
        name=kind,
        title="Fake",
        description="Numbers from a hash.",
        limits="Means nothing.",
        paper="none",
        columns={"reward": "A hash in [0, 1)."},
        takes=TAKES,
        open=opened,
        parameters=(
            Param("scale", "Scale", 1.0, 0.0, 10.0, "Changes the numbers."),
            Param("chars", "Characters", 200, 1, 10_000_000, "Of a shard."),
            Param("items", "Items", 1000, 1, 10_000_000, "Of a shard."),
            Param("pause", "Pause", 0.0, 0.0, 60.0, "Seconds per shard."),
        ),
        of_pairs=kind == "fake_judge",
    )


@contextmanager
def registered() -> Iterator[None]:
    """Add the fakes for the time of a test."""
    for kind in MAKERS:
        SCORERS.register(spec(kind))
    ASKED.clear()
    try:
        yield
    finally:
        for kind in MAKERS:
            del SCORERS._entries[kind]


if __name__ == "__main__":
    with registered():
        code = main(sys.argv[1:])
    sys.exit(code)
