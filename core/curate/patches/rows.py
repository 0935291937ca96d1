"""What a patch says of rows: their content hashes, looked up in arrays of the patch's lines."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from core.curate.patches.patch import PatchLine, read_header, read_patch
from core.schema import Bools, Ints

Digests = npt.NDArray[np.bytes_]
"""SHA-256, 32 bytes each, shape (n,): a million lines are 100 MB."""
_DIGEST = np.dtype("S32")
_NOTHING = b""
"""In place of an answer's hash: no row has it."""


class Code(IntEnum):
    """What is done with a row."""

    FOREIGN = 0
    """The patch says nothing of its pair."""
    KEEP = 1
    SOFT = 2
    """The label is soft now, which a row with two sides cannot hold: it stays."""
    FLIP = 3
    REMOVE = 4
    OTHER = 5
    """Its label is not the one that the patch is about."""
    MERGED = 6
    """Its pair stood with both labels: which row was which only the original file tells."""


_ACTIONS = {"keep": Code.KEEP, "soft": Code.SOFT, "flip": Code.FLIP, "remove": Code.REMOVE}


@dataclass(frozen=True)
class Hashes:
    """Content hashes of rows; the arrays are aligned."""

    pair: Digests
    chosen: Digests


@dataclass(frozen=True)
class Lookup:
    """The lines of a patch, ordered by pair; the arrays are aligned."""

    pair: Digests
    label: Digests
    """The answer that is chosen in rows which the line is about."""
    code: Ints
    base: str

    @property
    def removes(self) -> int:
        """Return how many lines remove rows."""
        return int((self.code == Code.REMOVE).sum())

    def find(self, rows: Hashes) -> tuple[Ints, Ints]:
        """Return a `Code` per row, and the line that it comes from, -1 where there is none."""
        low = np.searchsorted(self.pair, rows.pair, "left")
        high = np.searchsorted(self.pair, rows.pair, "right")
        code = np.where(high > low, Code.OTHER, Code.FOREIGN).astype(np.int64)
        line = np.full(low.size, -1, np.int64)
        for step in (1, 0):  # a pair has two lines at most; the first one is looked at last
            at = np.minimum(low + step, max(self.pair.size - 1, 0))
            met = (low + step < high) & (self.label[at] == rows.chosen) if self.pair.size else None
            if met is not None:
                code, line = np.where(met, self.code[at], code), np.where(met, at, line)
        return code, line


def lookup(path: Path, back: bool = False) -> Lookup:
    """Read a patch to apply it, or with `back` to undo it.

    Raises:
        ExportError: the file is no patch, or is damaged.
    """
    lines = [_packed(line, back) for line in read_patch(path)]
    pair, label = (np.array([line[i] for line in lines], _DIGEST) for i in (0, 1))
    code = np.array([line[2] for line in lines], np.int64)
    if back:
        code = np.where(_both(pair, label, code), int(Code.MERGED), code)
    return Lookup(pair, label, code, read_header(path).base)


def row_hashes(pairs: pa.Table) -> Hashes:
    """Return the content hashes of canonical pairs (`PAIR_COLUMNS`), as the store makes them.

    sha256(prompt), sha256(prompt's digits + answer), and over the two answers' in sorted order;
    see `sql/build_keys.sql`.
    """
    sides = [_contents(pairs, side) for side in ("prompt", "chosen", "rejected")]
    pair, label = [], []
    for prompt, chosen, rejected in zip(*sides, strict=True):
        asked = hashlib.sha256(prompt.encode()).hexdigest()
        answers = [
            hashlib.sha256(f"{asked}{text}".encode()).hexdigest() for text in (chosen, rejected)
        ]
        pair.append(hashlib.sha256(f"pair{min(answers)}{max(answers)}".encode()).digest())
        label.append(bytes.fromhex(answers[0]))
    return Hashes(np.array(pair, _DIGEST), np.array(label, _DIGEST))


def _contents(pairs: pa.Table, side: str) -> list[str]:
    messages, texts = (pairs[f"{side}_{kind}"].to_pylist() for kind in ("messages", "text"))
    return [f"t{text}" if m is None else f"m{m}" for m, text in zip(messages, texts, strict=True)]


def _packed(line: PatchLine, back: bool) -> tuple[bytes, bytes, int]:
    label = line.new if back else line.old
    held = bytes.fromhex(label) if label else _NOTHING
    return bytes.fromhex(line.pair), held, int(_ACTIONS[line.action])


def _both(pair: Digests, label: Digests, code: Ints) -> Bools:
    """Return the lines whose rows, once the patch was applied, are like those of another line."""
    same = (pair[1:] == pair[:-1]) & (label[1:] == label[:-1]) & (code[1:] != code[:-1])
    return np.append(same, False) | np.append(False, same) if pair.size else np.zeros(0, np.bool_)
