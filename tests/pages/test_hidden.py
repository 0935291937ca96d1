"""A pair that is open to whoever is at the page: on no page but Relabel, in no count."""

from __future__ import annotations

import io
import re
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.curate.export import archive
from core.curate.recipe import Recipe
from core.errors import UsageError
from core.relabel.desk import Desk
from core.relabel.log import open_log
from core.relabel.people import LOCAL, put
from core.schema import PairFilter, id_text
from core.schema.relabel import Answer, QueueDraft, QueueItem, Ruling
from core.store.filters import parse_where
from core.store.instance import open_store
from core.views.browse import count, rows_of
from core.views.overview import overview
from core.views.scorers import scored_runs
from core.views.without import overview_without, runs_without
from pages.components import exportfile
from tests.factories import demo_pairs, make_pair, make_store
from tests.pages.conftest import OpenApp, said

PAGES = ("overview", "browse", "margins", "flips", "slices", "scorers", "export", "methods")
SECRET = "xyzzyopenpair"
OPEN = "This pair is open to you on Relabel. It is shown here once you have answered it."
ROW = 34
"""Of the open pair, the last of 35: demo_pairs makes 33, and the one before shares its prompt."""

BESIDE = make_pair(600, prompt_text="shared question", scores={"alpha": (1.0, 0.0)})


@dataclass(frozen=True)
class Opened:
    """A store with one pair open to the local person."""

    store: Path
    desk: Desk
    pair_id: int
    sides: tuple[int, int]
    token: str

    @property
    def traces(self) -> tuple[bytes, ...]:
        """What may stand nowhere: texts, model and ids of the pair."""
        ids = (self.pair_id, *self.sides)
        return tuple(word.encode() for word in (SECRET, *map(id_text, ids), *map(str, ids)))

    def answer(self) -> None:
        """Vote for the rejected side, and give back what was drawn after it."""
        self.desk.vote("local", self.token, Answer(winner_id=self.sides[1], rationale="*why* <b>"))


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """Make the store, its log, a queue of one pair, and lease that."""
    hidden = make_pair(
        700,
        prompt_text="shared question",
        chosen_text=f"{SECRET} good",
        rejected_text=f"{SECRET} bad",
        chosen_model=f"model{SECRET}",
        scores={"alpha": (-40.0, 0.0), "beta": (-90.0, 0.0)},
        votes={f"voter{SECRET}": "chosen"},
        gold="rejected",
    )
    make_store(tmp_path, [*demo_pairs(30), BESIDE, hidden], search=True).close()
    store = open_store(tmp_path)
    pair = store.query("browse_pair", {"row_id": ROW}).to_pylist()[0]
    store.close()
    sides = (pair["chosen_id"], pair["rejected_id"])
    desk = Desk(open_log(f"sqlite:///{tmp_path / 'votes.sqlite3'}"))
    item = QueueItem(pair["pair_id"], min(sides), max(sides), "made", sides[0])
    draft = QueueDraft("q", "suspects", (item,), "all", "", gold_share=0.0, repeat_share=0.0)
    queue = desk.make_queue(draft, "local")
    (shown,) = desk.showing("local", queue)
    yield Opened(tmp_path, desk, pair["pair_id"], sides, shown.token)
    desk.log.close()


def everything(app: AppTest) -> bytes:
    """Return all that the browser gets but for the text boxes: a link's own words stand there."""
    nodes, found = list(app._tree.children.values()), []
    while nodes:
        node = nodes.pop()
        nodes += getattr(node, "children", {}).values()
        proto = getattr(node, "proto", None)
        if proto is not None and node.type != "text_input":
            found.append(proto.SerializeToString())
    return b"\n".join(found)


def traces(app: AppTest, opened: Opened) -> list[bytes]:
    assert not app.exception
    sent = everything(app)
    return [trace for trace in opened.traces if trace in sent]


def again(app: AppTest) -> AppTest:
    """Run once more when the app looks at the log again."""
    time.sleep(1.1)
    return app.run()


@pytest.mark.parametrize("page", PAGES)
def test_no_page_tells_of_an_open_pair(open_app: OpenApp, opened: Opened, page: str) -> None:
    app = open_app(opened.store, page)
    assert traces(app, opened) == []
    assert "All **34** pairs" in said(app)
    assert "1 row left out on every page" in said(app)
    opened.answer()
    again(app)
    assert "All **35** pairs" in said(app)
    assert "left out on every page" not in said(app)


def test_browse_shows_it_again_after_the_vote(open_app: OpenApp, opened: Opened) -> None:
    """The test above can fail: what it looks for is there once the pair is answered."""
    app = open_app(opened.store, "browse")
    assert traces(app, opened) == []
    opened.answer()
    assert SECRET.encode() in traces(again(app), opened)


@pytest.mark.parametrize(
    ("page", "link"),
    [
        ("flips", {"show": "contested"}),
        ("flips", {"show": "contradictions"}),
        ("flips", {"show": "duplicates"}),
        ("margins", {"view": "linked"}),
        ("margins", {"by": "run"}),
        ("slices", {"slice": "chosen_model"}),
        ("browse", {"q": SECRET}),
        ("browse", {"where": f"row_id = {ROW}"}),
        ("browse", {"where": "gold_agrees = 0"}),
        ("browse", {"where": "suspicion > 0.9"}),
        ("browse", {"where": "verdict is null"}),
        ("browse", {"pair": str(ROW - 1)}),
        ("browse", {"after": f"{ROW - 2}.0:{ROW - 2}"}),
        ("overview", {"where": f"row_id = {ROW}"}),
        ("export", {"preset": "everything", "where": f"row_id >= {ROW - 1}"}),
    ],
)
def test_no_link_leads_to_it(
    open_app: OpenApp, opened: Opened, page: str, link: dict[str, str]
) -> None:
    app = open_app(opened.store, page, **link)
    found = traces(app, opened)
    # What a person types into the search box stands in the sentence.
    assert found == ([SECRET.encode()] if "q" in link else [])
    assert "of 35 pairs" not in said(app)


@pytest.mark.parametrize("rows", [(ROW,), (ROW - 1, ROW), (0,), (2, 3)])
def test_overview_and_scorers_count_as_if_it_were_not_there(
    opened: Opened, rows: tuple[int, ...]
) -> None:
    """What they say less what Browse counts would be the label: each number must be as counted.

    Each is compared with the same question asked of the rows that are left, one by one.
    """
    store = open_store(opened.store)
    pairs = {store.query("browse_pair", {"row_id": r})["pair_id"][0].as_py() for r in rows}
    hidden = rows_of(store, tuple(sorted(pairs)))
    left = tuple(r for r in range(store.total) if r not in hidden)
    seen, runs = overview(store), scored_runs(store)
    told = overview_without(seen, overview(store, hidden))
    kept = overview(store, left)
    assert replace(told, prompts=0, responses=0) == kept
    assert told != seen
    assert (told.pairs, told.ties) == (
        count(store, PairFilter(hidden=hidden)).matching,
        count(store, PairFilter(conditions=parse_where("tie = true"), hidden=hidden)).matching,
    )
    less, asked = runs_without(runs, scored_runs(store, hidden)), scored_runs(store, left)
    assert (less.rows, less.runs, less.longer_labelled) == (
        *(asked.rows, asked.runs, asked.longer_labelled),
    )
    assert less.agreement.same.tolist() == asked.agreement.same.tolist()
    assert less.agreement.both.tolist() == asked.agreement.both.tolist()
    store.close()


@pytest.mark.parametrize("page", ["overview", "scorers"])
def test_no_number_differs_from_a_store_without_it(
    open_app: OpenApp, opened: Opened, tmp_path_factory: pytest.TempPathFactory, page: str
) -> None:
    """Tiles, tables, shares and charts of all rows: any that counts it would tell its label."""
    without = tmp_path_factory.mktemp("without") / "store"
    make_store(without, [*demo_pairs(30), BESIDE], search=True).close()
    found, wanted = (numbers(open_app(at, page), at) for at in (opened.store, without))
    assert len(wanted) > 10
    assert found == wanted
    opened.answer()
    time.sleep(1.1)
    assert numbers(open_app(opened.store, page), opened.store) != wanted


_STORED = re.compile(
    r"^1 row left out|^of \d+, |^Label noise: |^Worth as clean|"
    r"Share of reversed labels|^\*\*Scored\*\*"
)


def numbers(app: AppTest, store: Path) -> list[str]:
    """Return every line of a page that has a number, but for what was stored with the signals."""
    assert not app.exception
    boxes = (*app.table, *app.dataframe)
    tables = [line for box in boxes for line in box.value.to_csv().splitlines()]
    tiles = [f"{tile.label}: {tile.value}" for tile in app.metric]
    charts = [str(chart.proto.spec) for chart in app.get("plotly_chart")]
    words = [line.replace(str(store), "") for line in said(app).splitlines()]
    lines = [line for line in (*words, *tables, *tiles, *charts) if any(map(str.isdigit, line))]
    return [line for line in lines if not _STORED.search(line)]


@pytest.mark.parametrize("name", ["id", "id-1", "row"])
def test_a_link_to_the_pair_itself_says_where_it_is(
    open_app: OpenApp, opened: Opened, name: str
) -> None:
    pair = id_text(opened.pair_id)
    link = {"id": pair, "id-1": f"{pair}-1", "row": str(ROW)}[name]
    app = open_app(opened.store, "browse", pair=link)
    assert traces(app, opened) == []
    assert [box.value for box in app.info] == [OPEN]
    opened.answer()
    again(app)
    assert SECRET in said(app)
    assert not app.info


def test_the_reader_shows_votes_verdict_and_ruling_of_an_answered_pair(
    open_app: OpenApp, opened: Opened
) -> None:
    opened.answer()
    app = open_app(opened.store, "browse", pair=str(ROW))
    (table,) = [t.value for t in app.table if "On Relabel" in t.value.columns]
    assert table["Vote"].tolist() == ["rejected"]
    assert table["Why"].tolist() == ["\\*why\\* \\<b\\>"]
    assert "the label is reversed" in said(app)
    opened.desk.decide("lead *x*", opened.pair_id, Ruling(tie="both_bad", note="<i>"))
    again(app)
    assert "both are bad" in said(app)
    assert "lead \\*x\\*" in said(app)


def test_a_row_of_the_same_prompt_does_not_tell_of_it(open_app: OpenApp, opened: Opened) -> None:
    """Its siblings, its ranking and the way to the next row leave the open pair out."""
    app = open_app(opened.store, "browse", pair=str(ROW - 1))
    assert traces(app, opened) == []
    assert "All responses" not in said(app)
    assert app.button(key="read_next").disabled
    opened.answer()
    again(app)
    assert "All responses" in said(app)
    assert not app.button(key="read_next").disabled


def test_all_rows_and_those_of_no_filter_do_not_differ_by_it(
    open_app: OpenApp, opened: Opened
) -> None:
    """A chart of all rows beside one of the filter's would show it as their difference."""
    app = open_app(opened.store, "margins", view="linked")
    assert "Filled: the" not in said(app)
    app = open_app(opened.store, "overview")
    assert "Filled: the" not in said(app)
    assert any(button.label == "Draw the bars" for button in app.button)


def test_an_export_says_what_it_lacks_and_offers_it_back(open_app: OpenApp, opened: Opened) -> None:
    app = open_app(opened.store, "export")
    assert "neither counted here nor in the download" in said(app)
    assert "--where" not in said(app)
    assert "of 34 rows" in said(app)
    app.button(key="leftout_export").click().run()
    assert "of 35 rows" in said(app)
    assert "left out on every page" not in said(app)


def test_a_download_holds_nothing_of_it(opened: Opened) -> None:
    store = open_store(opened.store)
    held = archive(store, Recipe(filter=PairFilter(hidden=(ROW,))))
    whole = archive(store, Recipe())
    store.close()
    assert b'"hidden"' not in _unzipped(held)
    assert b'"rows_left_out_open_to_relabel": 1' in _unzipped(held)
    assert b"left_out_open" not in _unzipped(whole)
    assert SECRET.encode() not in _unzipped(held)
    assert SECRET.encode() in _unzipped(whole)


def test_a_download_of_before_is_refused_while_another_pair_is_open(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_STORE", str(opened.store))
    held = exportfile.later(Recipe(filter=PairFilter(hidden=(ROW,))), LOCAL)
    assert SECRET.encode() not in _unzipped(held())
    with pytest.raises(UsageError, match="Other pairs are open to you"):
        exportfile.later(Recipe(), LOCAL)()
    put(opened.store, "ann", "admin")
    with pytest.raises(UsageError, match="no longer on the list"):
        held()


def _unzipped(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as held:
        return b"\n".join(held.read(name) for name in held.namelist())


def test_the_frame_puts_open_pairs_back(open_app: OpenApp, opened: Opened) -> None:
    app = open_app(opened.store, "browse")
    app.button(key="leftout_back").click().run()
    assert "All **35** pairs" in said(app)
    assert SECRET.encode() in traces(app, opened)


def test_what_is_open_to_others_is_shown(open_app: OpenApp, opened: Opened) -> None:
    opened.desk.release("local")
    opened.desk.showing("somebody", next(iter(opened.desk.state.queues)))
    app = open_app(opened.store, "browse")
    assert "All **35** pairs" in said(app)
    assert "left out on every page" not in said(app)


def test_looking_makes_no_log(open_app: OpenApp, tmp_path: Path) -> None:
    make_store(tmp_path, demo_pairs(5)).close()
    app = open_app(tmp_path, "browse", where="votes_cast = 0")
    assert "**8** of 8 pairs" in said(app)
    assert list(tmp_path.glob("votes*")) == []


def test_a_vote_in_another_process_is_seen(open_app: OpenApp, opened: Opened) -> None:
    """The desk of the test is another one than the app's: they meet in the log alone."""
    app = open_app(opened.store, "browse", where="verdict = 'reversed'")
    assert "**0** of 34 pairs" in said(app)
    opened.answer()
    again(app)
    assert "**1** of 35 pairs: verdict is reversed" in said(app)


def test_a_log_that_was_never_read_shows_no_page(
    open_app: OpenApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows which pairs are open then; showing them all would tell their labels."""
    make_store(tmp_path, demo_pairs(5)).close()
    (tmp_path / "votes.sqlite3").write_bytes(b"no database at all" * 100)
    app = open_app(tmp_path)  # nobody gets further than the door
    assert app.error
    assert "question" not in everything(app).decode("utf-8", "replace")
