"""Words of texts as hashes, their 3-grams, and MinHash signatures: all of a shard at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from core.schema import Floats, Ints
from core.schema.texts import SIGNATURE_BYTES

Hashes = npt.NDArray[np.uint64]
_SPACE = r"[^\p{L}\p{M}\p{N}_]+"
# Chinese, Japanese and Korean write no spaces: each sign is a word.
_CJK = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]"
_GRAM = 3
_SEED = 1
_WEIGHTS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)
_MIX = np.uint64(0xD6E8FEB86659FD93)
_TEXT_BITS = np.uint64(13)
"""Of a sorted key: which text of a block; the rest is its 3-gram's hash."""
_BLOCK = 1 << int(_TEXT_BITS)


@dataclass(frozen=True)
class Words:
    """The words of texts, lower case, without punctuation."""

    hashes: Hashes
    offsets: Ints
    """Where each text's words begin, and the end, shape (n + 1,)."""

    @property
    def counts(self) -> Ints:
        """Return how many words each text has."""
        return np.diff(self.offsets)


@dataclass(frozen=True)
class Grams:
    """The different word 3-grams of texts."""

    signature: pa.FixedSizeBinaryArray
    """SIGNATURE_BYTES each; NULL for a text without a word."""
    repetition: Floats
    """1 − different 3-grams / 3-grams, in [0,1); NaN for a text without a word."""


def words(texts: pa.StringArray) -> Words:
    """Split texts into words; a word has the same hash in every text, shard and run."""
    lower = pc.utf8_lower(texts)
    signs = pc.match_substring_regex(lower, _CJK)
    if pc.any(signs, min_count=0).as_py():
        apart = pc.replace_substring_regex(lower.filter(signs), _CJK, r" \0 ")
        lower = pc.replace_with_mask(lower, signs, apart)
    split = pc.split_pattern_regex(lower, _SPACE)
    coded = split.flatten().dictionary_encode()
    known = coded.dictionary
    hashes = np.array(_hashing().hash_token_sets([known.to_pylist()])[0], np.uint64)
    code = coded.indices.to_numpy()
    kept = pc.greater(pc.binary_length(known), 0).to_numpy(zero_copy_only=False)[code]
    before = np.concatenate([[0], np.cumsum(kept)])
    ends = np.concatenate([[0], np.cumsum(pc.list_value_length(split).to_numpy())])
    return Words(hashes[code[kept]], before[ends].astype(np.int64))


def grams(found: Words) -> Grams:
    """Return repetition and signature of each text.

    A text of one or two words has one 3-gram, its words. Broder 1997; Lee et al. 2021.
    """
    blocks = [_block(found, start) for start in range(0, len(found.counts), _BLOCK)]
    repetition = np.concatenate([np.empty(0), *(part for part, _ in blocks)])
    empty = np.empty((0, SIGNATURE_BYTES), np.uint8)
    signature = np.concatenate([empty, *(part for _, part in blocks)])
    return Grams(_binary(signature, np.isfinite(repetition)), repetition)


def _block(found: Words, start: int) -> tuple[Floats, npt.NDArray[np.uint8]]:
    offsets = found.offsets[start : start + _BLOCK + 1]
    n = np.diff(offsets)
    count = np.where(n > 0, np.maximum(n - _GRAM + 1, 1), 0)
    text = np.repeat(np.arange(len(n)), count)
    at = np.arange(len(text)) + np.repeat(offsets[:-1] - np.cumsum(count) + count, count)
    key = np.sort(
        (text.astype(np.uint64) << (np.uint64(64) - _TEXT_BITS)) | _hashed(found, at, n[text])
    )
    key = key[np.concatenate([np.ones(min(len(key), 1), np.bool_), key[1:] != key[:-1]])]
    different = np.bincount(
        (key >> (np.uint64(64) - _TEXT_BITS)).astype(np.int64), minlength=len(n)
    )
    with np.errstate(invalid="ignore"):
        repetition = np.where(count > 0, 1 - different / np.maximum(count, 1), np.nan)
    ends = np.concatenate([[0], np.cumsum(different)]).astype(np.uint64)
    made = _hashing().digest_matrix_from_flat_token_hashes(
        key << _TEXT_BITS, ends, SIGNATURE_BYTES, _SEED
    )
    rows = np.array(made.to_rows(), np.uint32).reshape(-1, SIGNATURE_BYTES)
    return repetition, rows.astype(np.uint8)


def _hashed(found: Words, at: Ints, n: Ints) -> Hashes:
    """Return the 3-gram that begins at each word, in the low bits; `n` words are in its text."""
    padded = np.concatenate([found.hashes, np.zeros(_GRAM - 1, np.uint64)])
    total = np.zeros(len(at), np.uint64)
    for place, weight in enumerate(_WEIGHTS):
        total += np.where(n > place, padded[at + place], np.uint64(0)) * weight
    total ^= total >> np.uint64(31)
    return (total * _MIX) >> _TEXT_BITS


def _binary(signature: npt.NDArray[np.uint8], known: npt.NDArray[np.bool_]) -> pa.Array:
    valid = pa.py_buffer(np.packbits(known, bitorder="little").tobytes())
    data = pa.py_buffer(np.ascontiguousarray(signature).tobytes())
    kind = pa.binary(SIGNATURE_BYTES)
    return pa.FixedSizeBinaryArray.from_buffers(kind, len(known), [valid, data])


def _hashing() -> Any:
    from rensa import RMinHash

    return RMinHash
