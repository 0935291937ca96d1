"""Packs hold every sequence once, within the budget, and each token at its own position."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.scorers.chat import Encoded
from core.scorers.forward import tree_mask
from core.scorers.packing import PAD, batches, block, packs

IDS = st.lists(st.integers(0, 3), min_size=1, max_size=12)


@st.composite
def sequences(draw: st.DrawFn) -> list[Encoded]:
    found = []
    for prompt in range(draw(st.integers(1, 4))):
        beginning = draw(IDS)
        for rest in draw(st.lists(IDS, min_size=1, max_size=4)):
            ids = beginning + rest
            start = draw(st.integers(1, len(ids)))
            found.append(Encoded(len(found), prompt, ids, start, False, None))
    return found


@given(sequences(), st.integers(1, 60), st.booleans())
@settings(max_examples=200)
def test_each_sequence_stands_once_and_reads_as_itself(
    items: list[Encoded], budget: int, tree: bool
) -> None:
    seen = []
    for rows in batches(packs(items, budget, tree=tree), budget):
        batch = block(rows)
        assert len(rows) == 1 or batch.ids.size <= budget
        for item, at in zip(batch.items, batch.ends, strict=True):
            assert batch.ids.ravel()[at].tolist() == item.ids
            assert batch.positions.ravel()[at].tolist() == list(range(len(item.ids)))
            seen.append(item.response_id)
    assert sorted(seen) == [item.response_id for item in items]


@given(sequences())
@settings(max_examples=100)
def test_under_the_mask_a_token_sees_its_own_sequence_and_no_more(items: list[Encoded]) -> None:
    batch = block(packs(items, 1000, tree=True))
    mask = tree_mask(torch.from_numpy(batch.segments))[:, 0].numpy()
    width = batch.ids.shape[1]
    for at in batch.ends:
        row, places = at[0] // width, at % width
        for k, place in enumerate(places):
            assert np.flatnonzero(mask[row, place]).tolist() == sorted(places[: k + 1])
    assert mask.any(-1).all()
    assert (mask[batch.segments == PAD].sum(-1) == 1).all()


@given(sequences())
@settings(max_examples=100)
def test_no_response_token_is_shared(items: list[Encoded]) -> None:
    for pack in packs(items, 1000, tree=True):
        assert all(pack.shared <= item.start and pack.shared < len(item.ids) for item in pack.items)
