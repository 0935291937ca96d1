"""A link's text reads back as the same conditions, whatever names and values they hold."""

from __future__ import annotations

import contextlib

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import FilterError
from core.schema import Condition, PairFilter
from core.store.filters import OPERATORS, compile_filter, parse_where, where_text

NAMES = st.one_of(
    st.sampled_from(["suspicion", "and", "is", "null", "not", "AND x"]), st.text(min_size=1)
)
VALUES = st.one_of(
    st.text(), st.booleans(), st.floats(allow_nan=False, allow_infinity=False, width=64)
)
CONDITIONS = st.one_of(
    st.builds(Condition, NAMES, st.sampled_from(list(OPERATORS)), VALUES),
    st.builds(Condition, NAMES, st.sampled_from(["null", "notnull"])),
)


@given(st.lists(CONDITIONS, max_size=4))
def test_text_and_back(conditions: list[Condition]) -> None:
    read = parse_where(where_text(conditions))
    assert read == tuple(conditions)
    assert [type(c.value) for c in read] == [type(c.value) for c in conditions]


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(FilterError):
        conditions = parse_where(text)
        assert parse_where(where_text(conditions)) == conditions


@settings(max_examples=50)
@given(
    st.lists(st.text(), max_size=3),
    st.lists(
        st.builds(
            Condition,
            st.just("n"),
            st.sampled_from(list(OPERATORS)),
            st.floats(allow_nan=False, allow_infinity=False),
        ),
        max_size=3,
    ),
)
def test_a_compiled_filter_binds_exactly_what_it_uses(
    sources: list[str], conditions: list[Condition]
) -> None:
    """DuckDB refuses a parameter that the SQL does not use, and one that is missing."""
    filter = PairFilter(sources=tuple(sources), conditions=tuple(conditions))
    where = compile_filter(filter, {"source": "text", "n": "number"})
    with duckdb.connect(":memory:") as con:
        con.execute("CREATE TABLE t AS SELECT 'a' AS source, 1.0::REAL AS n")
        found = con.execute(f"SELECT count(*) FROM t WHERE {where.sql}", dict(where.params))
        assert found.fetchall()[0][0] in (0, 1)
