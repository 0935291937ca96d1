"""Near duplicates by MinHash: bands propose pairs of items, all bytes of the signatures decide."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from core.schema import Floats, Ints
from core.schema.texts import SIGNATURE_BYTES

Signatures = npt.NDArray[np.uint8]
"""Shape (texts, SIGNATURE_BYTES); a text without a word is all 0."""
Hashes = npt.NDArray[np.uint64]
Number = TypeVar("Number", bound=np.integer[Any])
NEAR = 0.8
"""Estimated share of common word 3-grams from which two texts are nearly the same."""
_BANDS = 32
_THREE = np.uint32(0xFFFFFF)
"""A band is three bytes of four. Of pairs with 0.8 in all three texts 99 % share a band."""
_WINDOW = 32
"""Neighbours, before and behind, that an item of a large group is compared with in a band."""
_TRIES = 128
_ENOUGH = 64
"""Comparisons, and near items found, after which an item leaves: they bound the time."""
_PIECE = 16_384
_ODD = np.uint64(0x9E3779B97F4A7C15)


def similarity(signatures: Signatures, at: Ints, to: Ints) -> Floats:
    """Return the estimated share of common 3-grams (Jaccard) of texts `at` and `to`.

    Shape of `at`, in [0,1]. A byte of unequal values is equal in one case of 256, which is taken
    off.
    """
    equal = np.empty(len(at))
    for start in range(0, len(at), _PIECE):
        piece = slice(start, start + _PIECE)
        same = signatures[at[piece]] == signatures[to[piece]]
        # Eight comparisons lie in a word; counting bits takes an eighth of adding them up.
        equal[piece] = np.bitwise_count(same.view(np.uint64)).sum(axis=1) / same.shape[1]
    return np.maximum((equal - 1 / 256) / (1 - 1 / 256), 0.0)


def near_rows(prompts: Signatures, sides: Signatures, rows: Ints, weight: Ints) -> Ints:
    """Return how many others each item is nearly the same as, weighted, shape (n,).

    `rows` has shape (n, 3): an item's places in `prompts`, and in `sides` of its two responses,
    which may meet in either order. `weight` is what an item counts as. Of a group of very many
    that are alike each is compared with about 64 only, so their counts are low.
    """
    counts = np.zeros(len(rows), np.int64)
    for first, second in _pairs(prompts, sides, rows, counts):
        np.add.at(counts, first, weight[second])
        np.add.at(counts, second, weight[first])
    return counts


def signature_rows(column: pa.Array) -> Signatures:
    """Return a column of signatures, shape (n, SIGNATURE_BYTES), 0 where NULL."""
    whole = column.fill_null(bytes(SIGNATURE_BYTES)).cast(pa.binary(SIGNATURE_BYTES))
    data = np.frombuffer(whole.buffers()[1], np.uint8).reshape(-1, SIGNATURE_BYTES)
    return data[whole.offset : whole.offset + len(whole)]


def near_pairs(signatures: Signatures) -> tuple[Ints, Ints]:
    """Return places of texts that are nearly the same: as many pairs as hang them together.

    Equal signatures make a chain; two texts that already hang together are not compared. A text
    leaves after about 128 others that share a band with it and are not near. One without a word is
    near none.
    """
    known = np.flatnonzero(signatures.any(axis=1))
    order, same = _equal(signatures, known)
    firsts, seconds = [order[:-1][same]], [order[1:][same]]
    single = order[np.concatenate([np.ones(min(len(order), 1), np.bool_), ~same])]
    for first, second in _near_texts(signatures, np.sort(single)):
        firsts.append(first)
        seconds.append(second)
    return np.concatenate(firsts), np.concatenate(seconds)


def near_matches(signatures: Signatures, asked: Signatures) -> tuple[Ints, Ints]:
    """Return which texts are nearly the same as one of `asked`, and as which; each text once."""
    of = np.full(len(signatures), -1, np.int64)
    words, wanted = signatures.view("<u4"), asked.view("<u4")
    some = np.flatnonzero(asked.any(axis=1))
    for band in range(_BANDS):
        order = some[np.argsort(wanted[some, band], kind="stable")]
        keys = wanted[order, band]
        at = np.flatnonzero((of < 0) & _among(words[:, band], keys))
        first = np.searchsorted(keys, words[at, band])
        for step in range(_WINDOW):
            to = np.minimum(first + step, len(order) - 1)
            meet = (keys[to] == words[at, band]) & (first + step < len(order)) & (of[at] < 0)
            if not meet.any():
                break
            close = _alike(signatures, at[meet], asked, order[to[meet]]) >= NEAR
            of[at[meet][close]] = order[to[meet]][close]
    found = np.flatnonzero(of >= 0)
    return found, of[found]


def _equal(signatures: Signatures, known: Ints) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Return places so that equal signatures are neighbours, and which equal the one before."""
    words = signatures.view("<u8")
    key = np.zeros(len(known), np.uint64)
    for column in range(words.shape[1]):
        key = _mixed(key ^ words[known, column])
    order = known[np.argsort(key, kind="stable")]
    key = np.sort(key)
    same = key[1:] == key[:-1]
    at = np.flatnonzero(same)
    same[at] = (words[order[at]] == words[order[at + 1]]).all(axis=1)
    return order, same


def _near_texts(signatures: Signatures, items: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Yield pairs of near texts among `items` that do not hang together by earlier ones."""
    n, words = len(signatures), signatures.view("<u4")
    label, tries = np.arange(n), np.zeros(n, np.int64)
    for band in range(_BANDS):
        items = items[tries[items] < _TRIES]
        # A whole word of a signature is the band: of texts with 0.8 in common all but 1 in 10^7
        # share one of 32, and few others do. Nobody leaves for having met enough: a newcomer of a
        # later band would find none of its crowd there.
        met = [
            _near_ones(signatures, first, second, label, tries)
            for first, second in _meetings(words[items, band], items)
        ]
        if not sum(len(first) for first, _ in met):
            continue
        yield from met
        first, second = (np.concatenate(ends) for ends in zip(*met, strict=True))
        graph = coo_array((np.ones(len(first), np.bool_), (label[first], label[second])), (n, n))
        label = connected_components(graph, directed=False)[1].astype(np.int64)[label]


def _near_ones(
    signatures: Signatures, first: Ints, second: Ints, label: Ints, tries: Ints
) -> tuple[Ints, Ints]:
    apart = label[first] != label[second]
    first, second = first[apart], second[apart]
    near = similarity(signatures, first, second) >= NEAR
    np.add.at(tries, np.concatenate([first[~near], second[~near]]), 1)
    return first[near], second[near]


def _alike(signatures: Signatures, at: Ints, others: Signatures, to: Ints) -> Floats:
    both = np.concatenate([signatures[at], others[to]])
    return similarity(both, np.arange(len(at)), np.arange(len(at), 2 * len(at)))


def _pairs(
    prompts: Signatures, sides: Signatures, rows: Ints, counts: Ints
) -> Iterator[tuple[Ints, Ints]]:
    """Yield pairs of near items, each once; `counts` grows between two of them.

    In one band two items meet once at most. Items that met enough leave the later bands.
    """
    n, found = len(rows), np.empty(0, np.int64)
    tries = np.zeros(n, np.int64)
    for band in range(_BANDS):
        open_ = (tries < _TRIES) & (counts < _ENOUGH)
        found = found[open_[found // n] & open_[found % n]]
        met, items = [found], np.flatnonzero(open_)
        for first, second in _meetings(_keys(prompts, sides, rows[items], band), items):
            code = np.minimum(first, second) * n + np.maximum(first, second)
            code = code[~_among(code, found)]
            for one in (code // n, code % n):
                np.add.at(tries, one, 1)
            code = code[_near(prompts, sides, rows[code // n], rows[code % n])]
            met.append(code)
            yield code // n, code % n
        found = np.sort(np.concatenate(met))


def _among(code: npt.NDArray[Number], known: npt.NDArray[Number]) -> npt.NDArray[np.bool_]:
    """Return which codes are among sorted ones."""
    if not len(known):
        return np.zeros(len(code), np.bool_)
    at = np.minimum(np.searchsorted(known, code), len(known) - 1)
    return np.asarray(known[at] == code)


def _keys(prompts: Signatures, sides: Signatures, rows: Ints, band: int) -> Hashes:
    """Return one key per item; a sum of mixed ones is the same in either order of responses."""
    prompt, both = _banded(prompts, band), _banded(sides, band)
    return _mixed(prompt[rows[:, 0]]) + both[rows[:, 1]] + both[rows[:, 2]]


def _banded(signatures: Signatures, band: int) -> Hashes:
    word = signatures.view("<u4")[:, band] & _THREE
    return _mixed(word.astype(np.uint64) + np.uint64(1))


def _mixed(keys: Hashes) -> Hashes:
    keys = keys * _ODD
    return (keys ^ (keys >> np.uint64(29))) * _ODD


def _meetings(keys: npt.NDArray[Number], items: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Yield pairs of items with the same key: all of a small group, neighbours of a large one."""
    # Most items meet nobody: a sort of plain numbers, a tenth of an argsort, finds who does.
    every = np.sort(keys)
    kept = _among(keys, np.unique(every[1:][every[1:] == every[:-1]]))
    keys, items = keys[kept], items[kept]
    order = np.argsort(keys, kind="stable")
    keys, items = keys[order], items[order]
    for step in range(1, _WINDOW + 1):
        at = np.flatnonzero(keys[step:] == keys[:-step])
        if not len(at):
            return
        for start in range(0, len(at), _PIECE):
            piece = at[start : start + _PIECE]
            yield items[piece], items[piece + step]


def _near(
    prompts: Signatures, sides: Signatures, first: Ints, second: Ints
) -> npt.NDArray[np.bool_]:
    def like(signatures: Signatures, at: Ints, one: int, other: int) -> Ints:
        here, there = first[at, one], second[at, other]
        alike = here == there
        apart = np.flatnonzero(~alike)
        alike[apart] = similarity(signatures, here[apart], there[apart]) >= NEAR
        return np.asarray(at[alike])

    near = np.zeros(len(first), np.bool_)
    at = like(prompts, np.arange(len(first)), 0, 0)
    near[like(sides, like(sides, at, 1, 1), 2, 2)] = True
    at = at[~near[at]]
    near[like(sides, like(sides, at, 1, 2), 2, 1)] = True
    return near
