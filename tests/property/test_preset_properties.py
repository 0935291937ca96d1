"""Whatever the rows: order changes no choice, all are accounted for, no scale counts."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.curate.presets import PRESETS, PresetInputs, PresetSpec
from tests.presets import kept

EVERY = pytest.mark.parametrize("spec", list(PRESETS), ids=lambda spec: spec.name)
FEW = settings(max_examples=40)
NUMBERS = st.integers(-4, 4).map(float) | st.floats(-1e6, 1e6, width=32) | st.just(np.nan)
SHARES = st.integers(0, 8).map(lambda n: n / 8) | st.just(np.nan)
BOUNDED = {"suspicion", "votes", "bald", "committee_bald"}


@st.composite
def rows_of(draw: st.DrawFn, spec: PresetSpec) -> PresetInputs:
    n = draw(st.integers(0, 24))
    column = {True: st.lists(SHARES, min_size=n, max_size=n)}
    column[False] = st.lists(NUMBERS, min_size=n, max_size=n)
    ids = st.integers(0, 2**63 - 1) | st.integers(0, 40)
    prompts = draw(st.lists(st.integers(0, 9), min_size=n, max_size=n))
    points = np.random.default_rng(3).normal(size=(10, 3))
    points[9] = np.nan
    bounded = {need.role: need.role in BOUNDED for need in spec.needs}
    return PresetInputs(
        row_id=np.arange(n),
        pair_id=np.array(draw(st.lists(ids, min_size=n, max_size=n, unique=True)), np.int64),
        prompt_id=np.array(prompts, np.int64),
        source=np.array(draw(st.lists(st.integers(0, 1), min_size=n, max_size=n)), np.int64),
        sources=("a", "b"),
        signals={
            role: np.minimum(draw(column[share]), 0.69 if role == "bald" else np.inf)
            for role, share in bounded.items()
        },
        seed=draw(st.integers(-(2**40), 2**40)),
        texts=dict.fromkeys(spec.texts, "b"),
        vectors=points[prompts] if spec.vectors else None,
        settled=np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)), np.bool_),
    )


def shuffled(inputs: PresetInputs, order: np.ndarray) -> PresetInputs:
    names = ("row_id", "pair_id", "prompt_id", "source", "vectors", "settled")
    columns = {name: getattr(inputs, name) for name in names}
    return replace(
        inputs,
        signals={role: column[order] for role, column in inputs.signals.items()},
        **{name: None if c is None else c[order] for name, c in columns.items()},
    )


def params_of(draw: st.DrawFn, spec: PresetSpec) -> dict[str, float]:
    made = {}
    for param in spec.params:
        if isinstance(param.default, int):
            made[param.name] = float(draw(st.integers(int(param.low), min(int(param.high), 30))))
        else:
            made[param.name] = draw(st.floats(param.low, param.high))
    return dict(spec.settled(made))


@EVERY
@FEW
@given(st.data())
def test_the_order_of_rows_changes_no_choice(spec: PresetSpec, data: st.DataObject) -> None:
    inputs = data.draw(rows_of(spec))
    params = data.draw(st.composite(params_of)(spec))
    order = np.array(data.draw(st.permutations(range(inputs.row_id.size))), np.int64)
    first, second = spec.select(inputs, params), spec.select(shuffled(inputs, order), params)
    ids = [inputs.row_id[first.places].tolist(), inputs.row_id[order][second.places].tolist()]
    assert sorted(ids[0]) == sorted(ids[1])
    assert first.left_out == second.left_out
    assert first.facts == pytest.approx(second.facts, rel=1e-6, abs=1e-6)
    if first.ranked and not spec.texts:
        assert ids[0] == ids[1]
    for name in ("reversed", "weight"):
        here, there = getattr(first, name), getattr(second, name)
        assert (here is None) == (there is None)
        if here is not None:
            by_id = dict(zip(ids[1], there.tolist(), strict=True))
            assert here.tolist() == pytest.approx([by_id[i] for i in ids[0]])


@EVERY
@FEW
@given(st.data())
def test_every_row_is_kept_once_or_counted(spec: PresetSpec, data: st.DataObject) -> None:
    inputs = data.draw(rows_of(spec))
    found = spec.select(inputs, data.draw(st.composite(params_of)(spec)))
    assert np.unique(found.places).size == found.places.size
    assert found.places.size + sum(found.left_out.values()) == inputs.row_id.size
    assert all(n > 0 for n in found.left_out.values())
    assert np.isfinite(list(found.facts.values())).all()
    for aligned in (found.reversed, found.weight):
        assert aligned is None or aligned.shape == found.places.shape
    if found.weight is not None and found.weight.size:
        assert found.weight.mean() == pytest.approx(1)


@FEW
@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(-50, 50)), min_size=1, max_size=30),
    st.integers(1, 1000),
    st.integers(0, 1000),
    st.integers(1, 1000),
)
def test_alignment_potential_has_no_scale(
    rows: list[tuple[int, int]], slope: int, shift: int, size: int
) -> None:
    """Reward models have any unit and zero, log-probability margins any unit."""
    explicit, implicit = np.array(rows, np.float64).T
    plain, moved = (
        kept("alignment_potential", inputs, keep_negative=1)
        for inputs in (
            _margins(explicit, implicit),
            _margins(explicit * slope / 7 + shift, implicit * size / 7),
        )
    )
    assert plain.places.tolist() == moved.places.tolist()


def _margins(explicit: np.ndarray, implicit: np.ndarray) -> PresetInputs:
    n = explicit.size
    return PresetInputs(
        *(np.arange(n) for _ in range(3)),
        source=np.zeros(n, np.int64),
        sources=("a",),
        signals={"explicit": explicit, "implicit": implicit},
        seed=42,
    )


@FEW
@given(
    st.lists(st.tuples(SHARES, st.booleans()), min_size=1, max_size=40),
    st.integers(-(2**40), 2**40),
)
def test_a_draw_of_fewer_rows_has_the_same_order(rows: list[tuple[float, bool]], seed: int) -> None:
    """So a filter that takes out other pairs moves no pair past another."""
    unsure, stays = np.minimum([v for v, _ in rows], 0.69), np.array([s for _, s in rows])
    inputs = replace(_margins(unsure, unsure), signals={"bald": unsure}, seed=seed)
    every = kept("upo_certainty", inputs, share=1.0).places
    fewer = shuffled(inputs, np.flatnonzero(stays))
    found = fewer.row_id[kept("upo_certainty", fewer, share=1.0).places]
    assert found.tolist() == [row for row in every.tolist() if stays[row]]


@FEW
@given(st.lists(SHARES, max_size=60), st.integers(0, 20), st.integers(0, 20))
def test_a_larger_share_keeps_all_that_a_smaller_one_keeps(
    values: list[float], one: int, other: int
) -> None:
    n = len(values)
    column = np.minimum(np.array(values, np.float64), 0.69)
    for name, role in (("upo_certainty", "bald"), ("smallest_gap", "margin")):
        inputs = replace(_margins(column, column), signals={role: column})
        small, large = (
            kept(name, inputs, share=share / 20).places.tolist() for share in sorted((one, other))
        )
        assert large[: len(small)] == small, n
