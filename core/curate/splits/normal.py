"""Texts as they are compared: case, punctuation and white space make no difference."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import numpy as np
import pyarrow as pa

from core.schema import Ints

_SPACED = ("P", "Z", "C")
"""Unicode's punctuation, separators and controls; signs such as + and = mean something."""


def normal_form(text: str) -> str:
    """Return the text in NFKC, case folded, runs of punctuation and white space as one space.

    "What's  2+2?" becomes "what s 2+2". Signs that are not seen, such as soft hyphens, go.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.translate(_SIGNS).split())


def normal_forms(texts: pa.StringArray) -> list[bytes]:
    """Return `normal_form` of each text as UTF-8; all of the ASCII ones at once."""
    texts = texts.fill_null("")
    offsets, data = _buffers(texts)
    plain = _BYTES[data]
    kept = np.ones(len(plain), np.bool_)
    kept[1:] = (plain[1:] != 32) | (plain[:-1] != 32)
    ends = np.concatenate([[0], np.cumsum(kept, dtype=np.int32)])[offsets]
    whole = plain[kept].tobytes()
    forms = [whole[start:end].strip() for start, end in pairwise(ends.tolist())]
    wide = np.searchsorted(offsets, np.flatnonzero(data >= 128), side="right") - 1
    for at in np.unique(wide).tolist():
        forms[at] = normal_form(texts[at].as_py()).encode()
    return forms


def _buffers(texts: pa.StringArray) -> tuple[Ints, np.ndarray[tuple[int], np.dtype[np.uint8]]]:
    """Return where each text begins in the bytes, and the end; and the bytes."""
    _, places, held = texts.buffers()
    if not len(texts) or held is None:
        return np.zeros(len(texts) + 1, np.int64), np.empty(0, np.uint8)
    every = np.frombuffer(places, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    offsets = every.astype(np.int64)
    return offsets - offsets[0], np.frombuffer(held, np.uint8)[offsets[0] : offsets[-1]]


class _Signs(dict[int, int | None]):
    """What becomes of each sign, found out when it is met."""

    def __missing__(self, sign: int) -> int | None:
        category = unicodedata.category(chr(sign))
        unseen = category == "Cf"
        self[sign] = None if unseen else ord(" ") if category.startswith(_SPACED) else sign
        return self[sign]


_SIGNS = _Signs()
_BYTES = np.array(
    [ord(chr(i).lower().translate(_SIGNS)) if i < 128 else i for i in range(256)], np.uint8
)
