"""A pair that is open to whoever is at the page: on no page but Relabel, in no count."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.curate.export import archive
from core.curate.recipe import Recipe
from core.relabel.desk import Desk
from core.relabel.log import open_log
from core.schema import PairFilter, id_text
from core.schema.relabel import Answer, QueueDraft, QueueItem, Ruling
from core.store.instance import open_store
from tests.factories import demo_pairs, make_pair, make_store
from tests.pages.conftest import OpenApp, said

PAGES = ("overview", "browse", "margins", "flips", "slices", "scorers", "export", "methods")
SECRET = "xyzzyopenpair"
OPEN = "This pair is open to you on Relabel. It is shown here once you have answered it."
ROW = 34
"""Of the open pair, the last of 35: demo_pairs makes 33, and the one before shares its prompt."""


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
    beside = make_pair(600, prompt_text="shared question", scores={"alpha": (1.0, 0.0)})
    make_store(tmp_path, [*demo_pairs(30), beside, hidden], search=True).close()
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
    app = open_app(tmp_path, "browse")
    assert app.error
    assert "question" not in everything(app).decode("utf-8", "replace")
