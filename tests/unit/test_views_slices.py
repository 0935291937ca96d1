"""Slices: what each says, that its filter keeps just its rows, and which ones surprise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.charts.slices import SHOWN, slices_figure, slices_table, slices_text
from core.errors import FilterError
from core.schema import Condition, PairFilter
from core.store.filters import parse_where, where_text
from core.store.instance import Store
from core.views import slicing
from core.views.browse import count
from core.views.slices import slices
from core.views.slicing import Slice, cuts_of, sliceable
from core.views.surprising import surprising
from core.views.wilson import share
from tests.factories import Row, make_pair, make_store

ALL = PairFilter()
MODELS = ("it's <b>bold</b>", "plain")
LANGUAGES = ('{"language": "German"}', '{"lang": "日本語"}', None)


def _pairs(n: int = 900) -> list[Row]:
    """Return pairs where `alpha` agrees wherever the chosen answer is the longer one."""
    draw = np.random.default_rng(5)
    rows = []
    for i in range(n):
        delta = int(draw.integers(-40, 41))
        agrees = draw.random() < (0.9 if delta > 0 else 0.3)
        texts = {"chosen_text": "a" * (60 + delta), "rejected_text": f"{i:05d}".ljust(60, "b")}
        scores = {"alpha": (1.0 if agrees else -1.0, 0.0), "even": (float(i % 2), 0.5)}
        named = {"chosen_model": MODELS[i // 2 % 2], "extra": LANGUAGES[i // 3 % 3]}
        split = "train" if i % 3 else "test"
        rows.append(make_pair(i, split=split, scores=scores, **texts, **named))
    return [*rows, make_pair(n, tie_kind="tie", label_kind="tie")]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = make_store(tmp_path_factory.mktemp("slices") / "store", _pairs())
    yield opened
    opened.close()


def _kept(store: Store, slice: Slice) -> int:
    """Count the rows that a slice's conditions keep, read back from a link."""
    conditions = parse_where(where_text(slice.conditions))
    assert conditions == slice.conditions
    return count(store, PairFilter(conditions=conditions)).matching


@pytest.mark.parametrize(
    "column",
    [
        *("split", "source", "label_kind", "tie_kind", "chosen_model", "language"),
        *("length_ratio", "duplicate_rows", "suspicion"),
    ],
)
def test_a_slices_filter_keeps_just_its_rows(store: Store, column: str) -> None:
    seen = slices(store, ALL, column, "alpha", "suspicion")
    assert seen.rows
    assert sum(row.n for row in seen.rows) + seen.left_out == store.total
    assert [_kept(store, row.slice) for row in seen.rows] == [row.n for row in seen.rows]


def test_a_slice_says_what_its_rows_do(store: Store) -> None:
    """Every number is the one that Python counts over the rows of the filter."""
    seen = slices(
        store, PairFilter(splits=("test",)), "length_ratio", "alpha", "explicit_margin_even"
    )
    where = PairFilter(splits=("test",), conditions=seen.rows[0].slice.conditions)
    inside = slices(store, where, "split", "alpha", "explicit_margin_even").rows[0]
    assert replace(inside, slice=seen.rows[0].slice) == seen.rows[0]
    made = [
        row
        for row in _pairs()
        if row["split"] == "test"
        and row["tie_kind"] is None
        and np.log(len(str(row["chosen_text"])) / 60) < seen.rows[0].slice.conditions[0].value  # type: ignore[operator]
    ]
    agree = sum(row["scores"]["alpha"][0] > 0 for row in made)  # type: ignore[index]
    assert seen.rows[0].agreement == share(agree, len(made))
    even = np.array([row["scores"]["even"][0] - 0.5 for row in made])  # type: ignore[index]
    mean = seen.rows[0].mean
    assert mean.value == pytest.approx(even.mean())
    half = 1.959964 * even.std(ddof=1) / np.sqrt(len(even))
    assert (mean.low, mean.high) == pytest.approx((even.mean() - half, even.mean() + half))


def test_models_and_languages_are_slices_and_what_nobody_says_is_not(store: Store) -> None:
    categories = sliceable(store)[:6]
    assert categories == ("source", "split", "label_kind", "tie_kind", "chosen_model", "language")
    for column, labels in (
        ("chosen_model", [*MODELS, "unknown"]),
        ("language", ["unknown", "German", "日本語"]),
        ("tie_kind", ["none", "tie"]),
    ):
        seen = slices(store, ALL, column, "alpha", "suspicion")
        assert [row.slice.label for row in seen.rows] == labels
    with pytest.raises(FilterError, match="annotator"):
        slices(store, ALL, "annotator", "alpha", "suspicion")


def test_the_tie_is_no_agreement_and_no_mean(store: Store) -> None:
    tie = {r.slice.label: r for r in slices(store, ALL, "label_kind", "alpha", "suspicion").rows}
    assert tie["tie"].n == 1
    assert tie["tie"].agreement.value is None
    assert tie["tie"].mean.value is None


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], None),
        ([3.0] * 50, None),
        ([0.0, 1.0] * 50, None),
        (list(range(100)), ((24.75, 49.5, 74.25), None)),
        ([0.0] * 80 + list(range(-9, 10)), ((0.0,), 0.0)),
        ([0.1] * 90 + list(range(10)), ((0.1,), 0.1)),
    ],
)
def test_where_quarters_end(
    values: Sequence[float], expected: tuple[tuple[float, ...], float | None] | None
) -> None:
    found = cuts_of("x", np.array(values, np.float32))
    assert (found and (found.ends, found.above)) == expected


def test_values_a_hair_apart_still_fall_into_quarters() -> None:
    values = np.linspace(1000.0, 1000.1, 1000).astype(np.float32)
    found = cuts_of("x", values)
    assert found is not None
    assert np.bincount(found.codes(values)).min() > 200


def test_a_sample_is_never_larger_than_asked(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slicing, "SAMPLE", 100)
    taken = slicing.sample(store, ALL, ["suspicion"], store.total).num_rows
    assert 50 < taken < 200
    seen = surprising(store, ALL)
    assert seen.rows == taken
    assert seen.matching == store.total


def test_a_planted_difference_is_found_and_said(store: Store) -> None:
    seen = surprising(store, ALL)
    first = seen.strongest[0]
    assert (first.measure.run, first.slice.column[:6]) == ("alpha", "length")
    assert 0 <= first.p < 1e-6
    assert first.sentence.startswith("alpha agrees with ")
    assert first.sentence.endswith(" % elsewhere.")
    assert not any(found.measure.run == "even" for found in seen.found)
    kept = replace(ALL, conditions=first.slice.conditions)
    inside = slices(store, kept, "source", "alpha", "suspicion").rows[0]
    assert inside.agreement == first.here


def test_nothing_is_held_against_what_it_is_made_of(store: Store) -> None:
    columns = {(s.measure.kind, s.slice.column) for s in surprising(store, ALL).found}
    assert not any(column.startswith(("explicit", "committee")) for _, column in columns)
    assert ("longer", "length_ratio") not in columns


def test_few_rows_make_no_comparison(tmp_path: Path) -> None:
    with_few = make_store(tmp_path, _pairs(30))
    seen = surprising(with_few, ALL)
    assert (seen.found, seen.comparisons, seen.rows) == ((), 0, 31)
    none = surprising(with_few, PairFilter(conditions=(Condition("row_id", "<", 0.0),)))
    assert (none.found, none.rows) == ((), 0)
    with_few.close()


@pytest.mark.parametrize(
    ("column", "run", "signal"),
    [
        ("row_id", "alpha", "suspicion"),
        ("gone", "alpha", "suspicion"),
        ("split", "gone", "suspicion"),
        ("split", "alpha", "gone"),
    ],
)
def test_what_is_not_there_is_named(store: Store, column: str, run: str, signal: str) -> None:
    with pytest.raises(FilterError, match=r"gone|row_id"):
        slices(store, ALL, column, run, signal)


def test_no_labels_and_no_runs_are_no_numbers(tmp_path: Path) -> None:
    ties = make_store(tmp_path, [make_pair(i, tie_kind="tie", label_kind="tie") for i in range(3)])
    for column in sliceable(ties):
        for row in slices(ties, ALL, column, None, "duplicate_rows").rows:
            assert row.agreement.value is row.mean.value is None
    ties.close()


@pytest.mark.parametrize("shown", list(SHOWN))
def test_the_chart_has_its_words_and_its_table(store: Store, shown: str) -> None:
    seen = slices(store, ALL, "length_ratio", "alpha", "suspicion")
    table = slices_table(seen)
    assert table.num_rows == len(seen.rows)
    drawn = slices_figure(seen, shown, "dark").data[0]
    assert len(drawn.x) == sum(
        v is not None for v in table.column(2 + 3 * list(SHOWN).index(shown)).to_pylist()
    )
    assert ("no slice" in slices_text(seen, shown)) == (len(drawn.x) == 0)
