"""The votes of the log in an open store: filled in whole, named by filters, in no file."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from core.errors import FilterError
from core.schema import Order, PairFilter
from core.schema.voted import VERDICT_COLUMNS, VOTED_COLUMNS
from core.store.filters import parse_where
from core.store.instance import Store, open_store
from core.views.browse import browse, count, rows_of
from core.views.margins import histogram
from core.views.voted import LogVote, RowVerdict, row_votes
from tests.factories import make_pair, make_store

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC).replace(tzinfo=None)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six rows: 4 is row 0 with the other label, 5 is a tie of its own."""
    folder = tmp_path_factory.mktemp("voted") / "store"
    rows = [make_pair(i, scores={"a": (float(i), 0.0)}) for i in range(4)]
    first = rows[0]
    swap = {"chosen_text": first["rejected_text"], "rejected_text": first["chosen_text"]}
    rows += [{**first, **swap, "row": 4}, make_pair(5, tie_kind="tie", label_kind="tie")]
    make_store(folder, rows).close()
    return folder


@pytest.fixture
def store(root: Path) -> Iterator[Store]:
    opened = open_store(root)
    yield opened
    opened.close()


def _ids(store: Store, row: int) -> dict[str, int]:
    return store.query("browse_pair", {"row_id": row}).to_pylist()[0]


def _vote(store: Store, row: int, annotator: str, winner: str | None, **over: object) -> dict:
    pair = _ids(store, row)
    return {
        "pair_id": pair["pair_id"],
        "annotator": annotator,
        "winner_id": pair[f"{winner}_id"] if winner else None,
        "tie_kind": None if winner else "tie",
        "strength": 2,
        "voted_at": AT,
        "seconds": 4.5,
        "tags": "taste",
        "rationale": "",
        "queue": "q",
        "late": False,
        **over,
    }


def _verdict(store: Store, row: int, outcome: str, winner: str | None, n: int) -> dict:
    pair = _ids(store, row)
    return {
        "pair_id": pair["pair_id"],
        "outcome": outcome,
        "winner_id": pair[f"{winner}_id"] if winner else None,
        "share": 1.0 if winner else None,
        "n_votes": n,
        "source_of": f"majority of {n} votes",
    }


def _filled(store: Store, head: int = 7) -> None:
    """Rows 0 and 4: the first label won twice. Row 1: reversed. Row 2: a ruling alone. 5: a tie."""
    votes = [
        _vote(store, 0, "ann", "chosen"),
        _vote(store, 0, "bo", "chosen"),
        _vote(store, 1, "ann", "rejected", late=False),
        _vote(store, 1, "cy", "chosen", late=True),
        _vote(store, 5, "ann", "chosen"),
        {**_vote(store, 3, "ann", None), "pair_id": 12345},
    ]
    verdicts = [
        _verdict(store, 0, "winner", "chosen", 2),
        _verdict(store, 1, "winner", "rejected", 1),
        _verdict(store, 2, "both_bad", None, 0),
        _verdict(store, 5, "winner", "chosen", 1),
    ]
    store.fill(_table(votes, VOTED_COLUMNS), _table(verdicts, VERDICT_COLUMNS), head)


def _table(rows: list[dict], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist(rows, schema)


def _rows(store: Store, where: str) -> list[int]:
    found = browse(store, PairFilter(conditions=parse_where(where)), Order())
    assert count(store, PairFilter(conditions=parse_where(where))).matching == len(found.rows)
    return [row.row_id for row in found.rows]


CASES = {
    "verdict = 'keep'": [0],
    "verdict = 'reversed'": [1, 4],
    "verdict = 'winner'": [5],
    "verdict != 'keep'": [1, 2, 4, 5],
    "verdict is null": [3],
    "verdict is not null": [0, 1, 2, 4, 5],
    "verdict = 'both_bad' AND votes_cast = 0": [2],
    "votes_cast = 0": [2, 3],
    "votes_cast < 1": [2, 3],
    "votes_cast >= 0": [0, 1, 2, 3, 4, 5],
    "votes_cast != 0": [0, 1, 4, 5],
    "votes_cast != 1": [0, 2, 3, 4],
    "votes_cast >= 2": [0, 4],
    "votes_cast > 0 AND votes_cast <= 1": [1, 5],
    "votes_cast > -1": [0, 1, 2, 3, 4, 5],
    "votes_cast is null": [],
    "votes_cast is not null": [0, 1, 2, 3, 4, 5],
}


@pytest.mark.parametrize("where", CASES)
def test_filters_name_what_the_log_says(store: Store, where: str) -> None:
    _filled(store)
    assert _rows(store, where) == CASES[where]


@pytest.mark.parametrize("where", CASES)
def test_without_votes_no_row_has_a_verdict(store: Store, where: str) -> None:
    told = "null" if "not" not in where and "null" in where and "verdict" in where else ""
    none = where.startswith("verdict") and not told
    counted_none = where in ("votes_cast = 0", "votes_cast < 1", "votes_cast >= 0")
    counted_none |= where in ("votes_cast != 1", "votes_cast > -1", "votes_cast is not null")
    every = list(range(6))
    assert _rows(store, where) == ([] if none else every if told or counted_none else [])


def test_the_tables_have_the_columns_that_pass_between_the_rooms(store: Store) -> None:
    def columns(table: str) -> list[str]:
        sql = f"SELECT * FROM live.{table} LIMIT 0"
        return store.con.cursor().sql(sql).to_arrow_table().column_names

    before = [columns(table) for table in ("votes", "verdicts", "judged_rows")]
    _filled(store)
    assert [columns(table) for table in ("votes", "verdicts", "judged_rows")] == before
    assert before[:2] == [VOTED_COLUMNS.names, VERDICT_COLUMNS.names]


def test_an_older_head_is_passed_over(store: Store) -> None:
    assert store.live_head == 0
    _filled(store, 7)
    store.fill(VOTED_COLUMNS.empty_table(), VERDICT_COLUMNS.empty_table(), 6)
    assert (store.live_head, _rows(store, "votes_cast > 0")) == (7, [0, 1, 4, 5])
    store.fill(VOTED_COLUMNS.empty_table(), VERDICT_COLUMNS.empty_table(), 8)
    assert (store.live_head, _rows(store, "votes_cast > 0")) == (8, [])


def test_a_fill_that_fails_changes_nothing(store: Store) -> None:
    _filled(store)
    with pytest.raises((pa.ArrowException, KeyError)):
        store.fill(VOTED_COLUMNS.empty_table(), pa.table({"pair_id": ["no number"]}), 9)
    assert (store.live_head, _rows(store, "votes_cast > 0")) == (7, [0, 1, 4, 5])


def test_who_reads_meanwhile_sees_no_half(store: Store) -> None:
    """Every fill gives as many votes as verdicts; a statement that reads both finds them equal."""
    pairs, wrong, stop = list(range(1, 2001)), [], threading.Event()
    blank = _vote(store, 0, "ann", "chosen")
    told = _verdict(store, 0, "winner", "chosen", 1)

    def fill(head: int, n: int) -> None:
        votes = [{**blank, "pair_id": pair} for pair in pairs[:n]]
        verdicts = [{**told, "pair_id": pair} for pair in pairs[:n]]
        store.fill(_table(votes, VOTED_COLUMNS), _table(verdicts, VERDICT_COLUMNS), head)

    def read() -> None:
        sql = "SELECT (SELECT count(*) FROM live.votes), (SELECT count(*) FROM live.verdicts)"
        while not stop.is_set():
            try:
                ((a, b),) = store.con.cursor().execute(sql).fetchall()
                _rows(store, "votes_cast > 0")
            except Exception as error:
                wrong.append(repr(error))
                return
            if a != b:
                wrong.append(f"{a} votes, {b} verdicts")

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for head in range(1, 30):
        fill(head, 2000 if head % 2 else 1)
    stop.set()
    for reader in readers:
        reader.join()
    assert wrong == []


def test_what_the_log_says_is_no_column_to_draw_or_sort_by(store: Store) -> None:
    _filled(store)
    assert store.columns["verdict"] == "text"
    for ask in (
        lambda: histogram(store, PairFilter(), "votes_cast"),
        lambda: browse(store, PairFilter(), Order("votes_cast")),
    ):
        with pytest.raises(FilterError, match="no column of numbers named 'votes_cast'"):
            ask()
    with pytest.raises(FilterError) as caught:
        _rows(store, "verdit = 'keep'")
    assert "Did you mean 'verdict'?" in caught.value.hint
    with pytest.raises(FilterError, match="verdict cannot be compared with <"):
        _rows(store, "verdict < 'keep'")


def test_the_sentence_says_it_as_of_any_other_name(store: Store) -> None:
    filter = PairFilter(conditions=parse_where("verdict is null AND votes_cast >= 2"))
    assert count(store, filter).sentence == "verdict is unknown and votes_cast ≥ 2"


def test_votes_and_verdict_of_a_row(store: Store) -> None:
    assert row_votes(store, 1).votes == ()
    assert row_votes(store, 1).verdict is None
    _filled(store)
    assert row_votes(store, 1).votes == (
        LogVote("ann", "rejected", None, 2, "taste", "", AT, False),
        LogVote("cy", "chosen", None, 2, "taste", "", AT, True),
    )
    assert row_votes(store, 1).verdict == RowVerdict("reversed", 1.0, 1, "majority of 1 votes")
    assert row_votes(store, 4).verdict == RowVerdict("reversed", 1.0, 2, "majority of 2 votes")
    assert row_votes(store, 2).verdict == RowVerdict("both_bad", None, 0, "majority of 0 votes")
    assert row_votes(store, 3) == row_votes(store, 99)


def test_rows_of_pairs(store: Store) -> None:
    first, third = _ids(store, 0)["pair_id"], _ids(store, 3)["pair_id"]
    assert rows_of(store, (third, first, 77)) == (0, 3, 4)
    assert rows_of(store, ()) == ()
