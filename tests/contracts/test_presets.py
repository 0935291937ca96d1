"""Every preset says what it is, replays its example and takes rows that know nothing."""

import numpy as np
import pytest

from core.curate.presets import PRESETS, RUN_COLUMNS, Example, Kept, PresetInputs, PresetSpec
from core.curate.presets.cuts import NOT_SCORED
from core.signals.spec import SIGNALS

EVERY = pytest.mark.parametrize("spec", list(PRESETS), ids=lambda spec: spec.name)
NAMES = (
    "everything",
    "remove_suspects",
    "alignment_potential",
    "goldilocks",
    "unanimity",
    "upo_certainty",
)


def inputs_of(spec: PresetSpec, example: Example) -> PresetInputs:
    """Return rows 0 … n−1 whose pair and prompt ids are their rows."""
    columns = [*example.signals.values(), example.sources, example.vectors]
    n = max(len(column) for column in columns)
    names = tuple(dict.fromkeys(example.sources or ("a",)))
    return PresetInputs(
        *(np.arange(n) for _ in range(3)),
        source=np.array([names.index(s) for s in example.sources] or [0] * n, np.int64),
        sources=names,
        signals={role: np.array(v, np.float64) for role, v in example.signals.items()},
        seed=example.seed,
        texts=example.texts,
        vectors=np.array(example.vectors, np.float64) if spec.vectors else None,
    )


def blank(spec: PresetSpec, n: int) -> PresetInputs:
    """Return n rows of which nothing is known."""
    return PresetInputs(
        *(np.arange(n) for _ in range(3)),
        source=np.zeros(n, np.int64),
        sources=("a", "b"),
        signals={need.role: np.full(n, np.nan) for need in spec.needs},
        seed=42,
        texts=dict.fromkeys(spec.texts, "b"),
        vectors=np.full((n, 2), np.nan) if spec.vectors else None,
    )


def accounted(kept: Kept, n: int) -> bool:
    return sum(kept.left_out.values()) + kept.places.size == n


@EVERY
def test_the_example_comes_out_as_it_says(spec: PresetSpec) -> None:
    inputs = inputs_of(spec, spec.example)
    kept = spec.select(inputs, spec.settled(spec.example.params))
    assert kept.places.tolist() == list(spec.example.places)
    assert accounted(kept, inputs.row_id.size)


@EVERY
def test_no_rows_give_none(spec: PresetSpec) -> None:
    for inputs in (
        blank(spec, 0),
        blank(spec, 0).__class__(**vars(blank(spec, 0)) | {"sources": ()}),
    ):
        kept = spec.select(inputs, spec.settled({}))
        assert kept.places.size == 0
        assert kept.places.dtype == np.int64
        assert not kept.left_out


@EVERY
def test_rows_without_signals_are_counted(spec: PresetSpec) -> None:
    kept = spec.select(blank(spec, 3), spec.settled({}))
    stays = {"everything", "remove_suspects"}
    assert kept.places.size == (3 if spec.name in stays else 0)
    assert dict(kept.left_out) == ({} if spec.name in stays else {NOT_SCORED: 3})
    assert np.isfinite(list(kept.facts.values())).all()


@EVERY
def test_it_says_what_it_is(spec: PresetSpec) -> None:
    assert all((spec.title, spec.description, spec.formula, spec.limits))
    assert spec.description.endswith(".")
    assert spec.limits.endswith(".")
    assert all(param.low <= param.default <= param.high and param.help for param in spec.params)
    assert all(need.help.endswith(".") for need in spec.needs)
    assert len({need.role for need in spec.needs} | set(spec.texts)) == len(spec.needs) + len(
        spec.texts
    )


@EVERY
def test_needs_are_signals_and_the_example_has_them(spec: PresetSpec) -> None:
    known = {*SIGNALS.names(), *RUN_COLUMNS}
    assert {need.signal for need in spec.needs if need.signal} <= known
    assert all(need.optional for need in spec.needs if not need.signal)
    roles = {need.role for need in spec.needs}
    required = {need.role for need in spec.needs if not need.optional}
    assert required <= set(spec.example.signals) <= roles
    assert set(spec.example.texts) == set(spec.texts)
    assert spec.vectors == bool(spec.example.vectors)


def test_the_gallery_begins_with_the_first_six() -> None:
    assert PRESETS.names()[:6] == NAMES
    assert len(PRESETS.names()) == 19
