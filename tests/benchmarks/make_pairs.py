"""Write synthetic pairs to Parquet: `python -m tests.benchmarks.make_pairs OUT.parquet --rows N`.

Words are drawn from a Zipf-like vocabulary, so that text compresses and tokenises about as real
text does; a row has about 2.7 kB, as in public preference sets.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

CHUNK = 10_000
VOCABULARY = 30_000
PROMPT_WORDS, ANSWER_WORDS = 54, 162


def chunks(
    rows: int, shape: str, seed: int = 1, words_each: tuple[int, int] = (PROMPT_WORDS, ANSWER_WORDS)
) -> Iterator[pa.Table]:
    """Yield tables of `shape` flat (three strings) or nested (implicit prompt, messages).

    `words_each`: mean words of a prompt and of an answer.
    """
    draw = np.random.default_rng(seed)
    words = _vocabulary(draw)
    for start in range(0, rows, CHUNK):
        n = min(CHUNK, rows - start)
        prompts = _texts(draw, words, n, words_each[0])
        chosen, rejected = (_texts(draw, words, n, words_each[1]) for _ in range(2))
        if shape == "flat":
            yield pa.table({"prompt": prompts, "chosen": chosen, "rejected": rejected})
        else:
            yield pa.table(
                {"chosen": _turns(prompts, chosen), "rejected": _turns(prompts, rejected)}
            )


def write(
    path: Path,
    rows: int,
    shape: str = "flat",
    words_each: tuple[int, int] = (PROMPT_WORDS, ANSWER_WORDS),
) -> None:
    """Write `rows` pairs to `path`."""
    writer: pq.ParquetWriter | None = None
    for table in chunks(rows, shape, words_each=words_each):
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer:
        writer.close()


def _vocabulary(draw: np.random.Generator) -> np.ndarray:
    letters = np.array(list("etaoinshrdlucmfwypvbgkjqxz"))
    lengths = draw.integers(2, 11, VOCABULARY)
    return np.array(["".join(draw.choice(letters, k)) for k in lengths], dtype=object)


def _texts(draw: np.random.Generator, words: np.ndarray, n: int, mean: int) -> list[str]:
    lengths = draw.poisson(mean, n) + 1
    ranks = np.minimum(draw.zipf(1.2, lengths.sum()), VOCABULARY) - 1
    ends = np.cumsum(lengths)
    picked = words[ranks]
    return [" ".join(picked[end - k : end]) for end, k in zip(ends, lengths, strict=True)]


def _turns(prompts: list[str], answers: list[str]) -> list[list[dict[str, str]]]:
    return [
        [{"role": "user", "content": p}, {"role": "assistant", "content": a}]
        for p, a in zip(prompts, answers, strict=True)
    ]


def main() -> None:
    """Read the arguments and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--shape", choices=("flat", "nested"), default="flat")
    args = parser.parse_args()
    write(args.out, args.rows, args.shape)


if __name__ == "__main__":
    main()
