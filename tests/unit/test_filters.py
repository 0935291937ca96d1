"""A filter read three ways; the table is the specification."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import numpy as np
import pytest

from core.errors import FilterError
from core.schema import Condition, PairFilter, SignalColumn
from core.schema.voted import VERDICTS
from core.store.filters import (
    Hits,
    compile_filter,
    filter_columns,
    hits_of,
    parse_where,
    where_text,
)
from core.views.browse import count
from tests.factories import make_pair, make_store

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "filters" / "compiled.txt"
COLUMNS = filter_columns([SignalColumn("suspicion", "suspicion", None, {}, 1, 0.5, 0.1)])
HOSTILE = ('a"b', "]", ";--", "x'; DROP TABLE signals; --", "$f0", "naïve <b>", "\\", "%", "")

FILTERS = {
    "nothing": PairFilter(),
    "one source": PairFilter(sources=("judgebench",)),
    "two sources and a split": PairFilter(sources=("a", "b"), splits=("test",)),
    "number": PairFilter(conditions=(Condition("suspicion", ">=", 0.7),)),
    "range": PairFilter(
        conditions=(Condition("suspicion", ">", -1.5), Condition("suspicion", "<=", 1e-7))
    ),
    "row": PairFilter(conditions=(Condition("row_id", "<", 10.0),)),
    "unknown": PairFilter(conditions=(Condition("suspicion", "null"),)),
    "known": PairFilter(conditions=(Condition("suspicion", "notnull"),)),
    "no ties": PairFilter(conditions=(Condition("tie", "=", False),)),
    "text": PairFilter(conditions=(Condition("source", "!=", "it's"),)),
    "search without hits": PairFilter(search=" sorry "),
    "what the log says": PairFilter(
        conditions=(Condition("verdict", "=", "keep"), Condition("votes_cast", "<", 2.0))
    ),
    "without a verdict": PairFilter(
        conditions=(Condition("verdict", "null"), Condition("votes_cast", "notnull"))
    ),
    "hidden rows": PairFilter(sources=("a",), hidden=(3, 17)),
    "everything": PairFilter(
        sources=("judgebench",), search="sorry", conditions=(Condition("suspicion", ">=", 0.7),)
    ),
}


def test_compiled_filters_are_the_golden_ones() -> None:
    compiled = {name: compile_filter(filter, COLUMNS) for name, filter in FILTERS.items()}
    text = "".join(
        f"{name}\n  {where.sql}\n  {dict(where.params)}\n  {where.sentence}\n"
        for name, where in compiled.items()
    )
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text, "utf-8", newline="\n")
    assert text == GOLDEN.read_text("utf-8")


def test_the_sentence_is_for_people() -> None:
    where = compile_filter(FILTERS["everything"], COLUMNS)
    assert where.sentence == ("source is judgebench and suspicion ≥ 0.7 and text matches “sorry”")


def _kept(filter: PairFilter, hits: Hits | None = None) -> list[int]:
    """Rows 0 … 4 that a filter keeps, with suspicion 0.1·row as REAL and NULL in row 4."""
    with duckdb.connect(":memory:") as con:
        con.execute(
            "CREATE TABLE signals AS SELECT range AS row_id, 's' || range AS source, "
            "'train' AS split, range = 1 AS tie, "
            "CASE WHEN range < 4 THEN (range * 0.1)::REAL END AS suspicion FROM range(5)"
        )
        where = compile_filter(filter, COLUMNS, hits)
        rows = con.execute(f"SELECT row_id FROM signals WHERE {where.sql}", dict(where.params))
        return [row[0] for row in rows.fetchall()]


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ("", [0, 1, 2, 3, 4]),
        ("suspicion >= 0.3", [3]),
        ("suspicion = 0.1", [1]),
        ("suspicion != 0.1", [0, 2, 3]),
        ("suspicion < 0.2", [0, 1]),
        ("suspicion is null", [4]),
        ("suspicion is not null AND suspicion > 0.1", [2, 3]),
        ("tie = true", [1]),
        ("source = 's2'", [2]),
        ("row_id > 2", [3, 4]),
        ("suspicion < 1e300 AND suspicion > -1e300", [0, 1, 2, 3]),
    ],
)
def test_rows_kept(where: str, rows: list[int]) -> None:
    """A stored 0.1 is a REAL and no double: the person who types 0.1 means it all the same."""
    assert _kept(PairFilter(conditions=parse_where(where))) == rows


@pytest.mark.parametrize("where", ["", "suspicion < 0.2", "row_id = 1", "suspicion is null"])
def test_hidden_rows_are_left_out_and_not_spoken_of(where: str) -> None:
    conditions = parse_where(where)
    seen = PairFilter(conditions=conditions)
    blind = PairFilter(conditions=conditions, hidden=(1, 4))
    assert _kept(blind) == [row for row in _kept(seen) if row not in (1, 4)]
    assert compile_filter(blind, COLUMNS).sentence == compile_filter(seen, COLUMNS).sentence
    assert where_text(blind.conditions) == where


def test_hidden_rows_stay_hidden_in_a_search() -> None:
    assert _kept(PairFilter(search="x", hidden=(1,)), hits_of(np.ones(5, bool))) == [0, 2, 3, 4]


@pytest.mark.parametrize("hits", [[], [0], [4], [1, 3], [0, 1, 2, 3, 4]])
def test_search_hits_are_kept(hits: list[int]) -> None:
    mask = np.isin(np.arange(5), hits)
    assert _kept(PairFilter(search="x"), hits_of(mask)) == hits


def test_rows_behind_the_last_bit_are_no_hits() -> None:
    assert _kept(PairFilter(search="x"), hits_of(np.array([False, True]))) == [1]


def test_a_search_that_ran_out_of_time_says_so() -> None:
    where = compile_filter(PairFilter(search="exact:x"), COLUMNS, hits_of(np.ones(5, bool), "half"))
    assert where.sentence == "(half) text matches “exact:x”"


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_values_are_values(name: str) -> None:
    assert _kept(PairFilter(sources=(name,), splits=(name, "train"))) == []
    assert _kept(PairFilter(conditions=(Condition("source", "!=", name),))) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_column_is_quoted_where_it_is_known(name: str) -> None:
    if not name:
        return
    filter = PairFilter(conditions=(Condition(name, ">", 1.0),))
    with pytest.raises(FilterError, match="no column named"):
        compile_filter(filter, COLUMNS)
    where = compile_filter(filter, {name: "number"})
    with duckdb.connect(":memory:") as con:
        quoted = '"' + name.replace('"', '""') + '"'
        con.execute(f"CREATE TABLE t AS SELECT 2.0 AS {quoted}")
        assert con.execute(f"SELECT count(*) FROM t WHERE {where.sql}", dict(where.params))


@pytest.mark.parametrize(
    ("text", "conditions"),
    [
        ("", ()),
        ("   ", ()),
        ("a>=0.5", (Condition("a", ">=", 0.5),)),
        ("a is null and b IS NOT NULL", (Condition("a", "null"), Condition("b", "notnull"))),
        ("source = 'x AND y = 1'", (Condition("source", "=", "x AND y = 1"),)),
        ("source != 'it''s'", (Condition("source", "!=", "it's"),)),
        ('"odd ""name""" < -1e3', (Condition('odd "name"', "<", -1000.0),)),
        ("tie = TRUE", (Condition("tie", "=", True),)),
    ],
)
def test_texts_of_links(text: str, conditions: tuple[Condition, ...]) -> None:
    assert parse_where(text) == conditions


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("suspicion", "'suspicion'"),
        ("suspicion >= ", "'suspicion >='"),
        ("suspicion ~ 3", "'suspicion ~ 3'"),
        ("suspicion >= high", "'suspicion >= high'"),
        ("suspicion >= nan", "'suspicion >= nan'"),
        ("suspicion >= 1e999", "'suspicion >= 1e999'"),
        ("source = 'open", '"source = \'open"'),
        ("tie = true AND", "'tie = true AND'"),
        ("tie = true AND 3 > 2 AND a = 1", "'3 > 2'"),
        ("a = 1; DROP TABLE t", "'a = 1; DROP TABLE t'"),
        ("a = 1 b = 2", "'a = 1 b = 2'"),
    ],
)
def test_a_part_that_cannot_be_read_is_named(text: str, part: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse_where(text)
    assert part in caught.value.message
    assert "NAME OP VALUE" in caught.value.hint


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (Condition("suspicoin", ">", 0.5), "There is no column named 'suspicoin'."),
        (Condition("suspicion", ">", "high"), "compared with a number, not with 'high'"),
        (Condition("suspicion", ">", True), "compared with a number, not with 'true'"),
        (Condition("suspicion", ">", float("nan")), "cannot be compared with nan"),
        (Condition("source", "=", 7.0), "compared with text in single quotes, not with '7'"),
        (Condition("source", "<", "a"), "source cannot be compared with <"),
        (Condition("tie", "=", "yes"), "compared with true or false, not with 'yes'"),
        (Condition("suspicion", "LIKE", 1.0), "'LIKE' is no operator"),
    ],
)
def test_conditions_that_do_not_fit(condition: Condition, message: str) -> None:
    with pytest.raises(FilterError) as caught:
        compile_filter(PairFilter(conditions=(condition,)), COLUMNS)
    assert message in caught.value.message


def test_the_nearest_column_is_offered() -> None:
    with pytest.raises(FilterError) as caught:
        compile_filter(PairFilter(conditions=(Condition("suspicoin", ">", 0.5),)), COLUMNS)
    assert "Did you mean 'suspicion'?" in caught.value.hint


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        ("language = 'German'", "language is German"),
        ("annotator != 'it''s'", "annotator is not it's"),
        ("chosen_model is null", "chosen_model is unknown"),
        ("rejected_model is not null", "rejected_model is known"),
        ("tie_kind is null", "tie_kind is none"),
        (
            "tie_kind is not null AND tie_kind != 'both_bad'",
            "tie_kind is not none and tie_kind is not both_bad",
        ),
    ],
)
def test_names_of_rows_are_said_and_written(where: str, sentence: str) -> None:
    conditions = parse_where(where)
    assert where_text(conditions) == where
    assert compile_filter(PairFilter(conditions=conditions), COLUMNS).sentence == sentence


def test_numbers_are_written_as_people_write_them() -> None:
    conditions = (Condition("a", "=", 3.0), Condition("b", "<", 0.25), Condition("c", "=", "x'y"))
    assert where_text(conditions) == "a = 3 AND b < 0.25 AND c = 'x''y'"


def test_a_row_without_a_tie_is_not_both_bad(tmp_path: Path) -> None:
    kinds = (None, "tie", "both_bad", None)
    rows = [
        make_pair(i, tie_kind=kind, label_kind="tie" if kind else "given", chosen_model=model)
        for i, (kind, model) in enumerate(zip(kinds, ("a", "b", None, "a"), strict=True))
    ]
    store = make_store(tmp_path / "store", rows)
    found = {
        text: count(store, PairFilter(conditions=parse_where(text))).matching
        for text in ("tie_kind != 'both_bad'", "chosen_model != 'a'")
    }
    store.close()
    assert found == {"tie_kind != 'both_bad'": 3, "chosen_model != 'a'": 1}


@pytest.mark.parametrize("op", ["=", "!="])
def test_a_verdict_that_there_is_not_is_answered_with_those_there_are(op: str) -> None:
    asked = PairFilter(conditions=(Condition("verdict", op, "nonsense; DROP TABLE votes; --"),))
    with pytest.raises(FilterError, match="no verdict named 'nonsense;") as refused:
        compile_filter(asked, COLUMNS)
    for known in VERDICTS:
        assert known in refused.value.message + refused.value.hint
        compile_filter(PairFilter(conditions=(Condition("verdict", op, known),)), COLUMNS)
