"""Searches of a store: words by the index, texts and patterns by a scan with a time limit."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pytest
import tantivy

from core.errors import FilterError, StoreError
from core.schema import Order, PairFilter
from core.store import scan
from core.store.instance import Store, open_store
from core.store.layout import read_generation
from core.store.search import TextIndex, build_index
from core.store.textquery import Term
from core.views.browse import browse, count
from tests.factories import demo_pairs, make_pair, make_store

TURNS = '[{"role": "user", "content": "Is it fun?"}, {"role": "assistant", "content": "Quite."}]'
TEXTS = [
    ("A fund for fun", "Yes, it's funny. C++ too", "no"),
    ("fu", "no", "Yes, it's funny."),
    ("Ünïcode straße 今日は", "50% off_all", "x" * 39 + " y " + "z" * 40),
    (None, "new york city", "york new"),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    rows = [
        make_pair(
            i,
            prompt_text=prompt,
            prompt_messages=None if prompt else TURNS,
            chosen_text=chosen,
            rejected_text=rejected,
        )
        for i, (prompt, chosen, rejected) in enumerate(TEXTS)
    ]
    return make_store(tmp_path_factory.mktemp("texts") / "store", rows, search=True)


def found(store: Store, text: str) -> list[int]:
    """Return the source's row numbers that a search keeps."""
    rows = browse(store, PairFilter(search=text), Order()).rows
    assert count(store, PairFilter(search=text)).matching == len(rows)
    return sorted(row.row for row in rows)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("fu", [1]),
        ("fu*", [0, 1, 3]),
        ("FUN", [0, 3]),
        ("chosen:funny", [0]),
        ("rejected:funny", [1]),
        ("funny -chosen:funny", [1]),
        ("NOT funny", [2, 3]),
        ('"new york"', [3]),
        ('rejected:"new york"', []),
        ('"new yo*"', [3]),
        ("it's", [0, 1]),
        ("ünïcode STRASSE", []),
        ("ünïcode Straße", [2]),
        ("c++", [0]),
        ("x" * 39, [2]),
        ('"' + "x" * 39 + " y " + "z" * 40 + '"', [2]),
        ("quite user", [3]),
        ("nowhere", []),
        ("exact:it's", [0, 1]),
        ("exact:It's", []),
        ("exact:50% off_", [2]),
        ("exact:50%off", []),
        ("exact:日", [2]),
        ("exact:C++", [0]),
        ("chosen:exact:funny", [0]),
        ("rejected:exact:funny", [1]),
        ("prompt:exact:funny", []),
        ("prompt:exact:fun?", [3]),
        ("re:fun+y", [0, 1]),
        ("re:(?i)A FUND", [0]),
        ("re:^no$", [0, 1]),
        ("chosen:re:^no$", [1]),
        ("re:(x+x+)+q", []),
    ],
)
def test_a_search_keeps_its_rows(store: Store, text: str, rows: list[int]) -> None:
    assert found(store, text) == rows


def test_a_prefix_is_not_a_word_as_the_index_reads_it(store: Store) -> None:
    """Why the text is parsed here: Tantivy's own parser takes `fu*` for `fu`."""
    index = tantivy.Index.open(str(store.root / str(read_generation(store.root).search)))
    searcher = index.searcher()
    own = [searcher.search(index.parse_query(t, ["prompt"])).hits for t in ("fu", "fu*")]
    assert [len(hits) for hits in own] == [1, 1]
    assert found(store, "prompt:fu") != found(store, "prompt:fu*")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[", "at character 1, '[': the index knows only letters and digits"),
        ("a -", "at character 3, '-': the index knows only"),
        ("*", "at character 1, '*': the index knows only"),
        ('""', "the index knows only letters and digits"),
        ("a " + "z" * 40, "at character 3, 'zzzzzzzzzzzzzzzzzzzz': the index has no words of 40"),
        ("z" * 40 + "*", "no words of 40 bytes"),
        ("re:[", "The pattern '[' cannot be read: missing ]"),
        ("re:(?=a)", "invalid perl operator"),
        ("re:(a{1000}){1000}", "cannot be read"),
    ],
)
def test_what_no_search_can_find_is_said(store: Store, text: str, said: str) -> None:
    with pytest.raises(FilterError) as raised:
        count(store, PairFilter(search=text))
    assert said in raised.value.message


def test_a_phrase_that_goes_on_in_too_many_ways_is_said(tmp_path: Path) -> None:
    texts = [" ".join(f"ox s{i:05d}" for i in range(20_000))]
    columns = {"row_id": [0], "prompt": texts, "chosen": texts, "rejected": texts}
    build_index(tmp_path, "search", iter([pa.RecordBatch.from_pydict(columns)]))
    index = TextIndex(tmp_path / "search")
    assert index.matches(Term("ox s000", prefix=True), '"ox s000*"').tolist() == [True]
    with pytest.raises(FilterError, match="stands for too many words"):
        index.matches(Term("ox s", prefix=True), '"ox s*"')


@pytest.mark.parametrize("n_turned", [0, 1, 4, 5, 6, 9, 10])
def test_a_phrase_of_common_words_is_found(tmp_path: Path, n_turned: int) -> None:
    """Whether it stands in most rows or its words do so only apart."""
    chosen = ["new york"] * (10 - n_turned) + ["york new"] * n_turned
    columns = {"row_id": range(10), "prompt": ["?"] * 10, "chosen": chosen, "rejected": chosen}
    build_index(tmp_path, "search", iter([pa.RecordBatch.from_pydict(columns)]))
    found = TextIndex(tmp_path / "search").matches(Term("new york"), '"new york"')
    assert found.tolist() == [text == "new york" for text in chosen]


def test_a_common_word_is_found_by_what_lacks_it(store: Store) -> None:
    """More than half of the rows: the others are fetched."""
    assert found(store, "NOT nowhere") == [0, 1, 2, 3]
    assert found(store, "no OR york") == found(store, "-y") == [0, 1, 3]


def test_a_sentence_says_the_search(store: Store) -> None:
    assert count(store, PairFilter(search="exact:no")).sentence == "text matches “exact:no”"


def test_a_scan_without_time_says_how_far_it_came(store: Store) -> None:
    hurried = open_store(store.root, scan_seconds=0.0)
    answer = count(hurried, PairFilter(search="exact:no"))
    assert answer.matching == 0
    assert answer.sentence == ("(so far: 0 % of the texts searched in 0 s) text matches “exact:no”")


def test_a_scan_keeps_the_blocks_it_finished(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prompts first, one by one, then the clock jumps."""
    monkeypatch.setattr(scan, "BLOCK_ROWS", 1)
    ticks = iter([0.0, 0.0, 0.0, 99.0])
    monkeypatch.setattr(scan, "time", SimpleNamespace(monotonic=lambda: next(ticks)))
    hurried = open_store(store.root, scan_seconds=60.0)
    hits = hurried.search("re:.")
    texts = store.query("scan_sizes").to_pylist()[0]
    share = int(200 / sum(texts.values()))
    assert hits.n == 2
    assert hits.note == f"so far: {share} % of the texts searched in 60 s"


def test_an_interrupted_statement_is_no_error(store: Store) -> None:
    """A block that takes longer than all of the time is undone and leaves the store usable."""
    cursor = store.con.cursor()
    with pytest.raises(scan.duckdb.InterruptException), scan.interrupted(cursor, 0.05):
        cursor.execute("SELECT count(*) FROM range(1000000000000) AS a").fetchall()
    assert cursor.execute("SELECT 1").fetchall() == [(1,)]


def test_a_scan_needs_no_index_and_words_say_that_it_is_missing(tmp_path: Path) -> None:
    make_store(tmp_path, demo_pairs(), search=True).close()
    later = make_store(tmp_path, [make_pair(900)])
    with pytest.raises(StoreError, match="Search is being built"):
        later.search("question")
    assert later.search("exact:question 900").n == 1


def test_a_search_is_looked_up_once(store: Store) -> None:
    assert store.search(" funny ") is store.search("funny")
