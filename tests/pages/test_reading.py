"""The reader: one row after the other in any order, related rows, and hostile texts on pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.schema import Condition, Order, PairFilter
from core.store.instance import Store, open_store
from core.views.browse import browse
from pages.components import cached, neighbours
from tests.factories import make_pair, make_store
from tests.pages.conftest import OpenApp, said
from tests.pages.test_texts import PAYLOADS

ACTIVE = re.compile(r"(?<!\\)<(?:img|script|svg|iframe)|!\[|(?<!\\)\]\(javascript")
"""What Markdown would take for an element, an image or a script's link."""
FILTERS = {
    "all": PairFilter(),
    "some": PairFilter(conditions=(Condition("row_id", ">=", 10.0), Condition("tie", "=", False))),
}


@pytest.fixture
def opened(stored: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("ASSAY_STORE", str(stored))
    store = open_store(stored)
    monkeypatch.setattr(cached, "ask", lambda question, *args: question(store, *args))
    yield store
    store.close()


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("name", ["row_id", "suspicion", "duplicate_rows", "vote_share"])
@pytest.mark.parametrize("filter", FILTERS.values(), ids=FILTERS)
def test_neighbours_walk_the_table_in_both_directions(
    opened: Store, filter: PairFilter, name: str, descending: bool
) -> None:
    order = Order(name, descending)
    rows = browse(opened, filter, order, None, 500).rows
    assert len(rows) > 40
    for i, row in enumerate(rows):
        value = float(row.row_id) if name == "row_id" else row.signals[name]
        found = neighbours.around(filter, order, row.row_id, value)
        before, after = rows[i - 1] if i else None, rows[i + 1] if i + 1 < len(rows) else None
        for near, right in ((found.before, before), (found.after, after)):
            assert (near and (near.row_id, near.pair_id)) == (
                right and (right.row_id, right.pair_id)
            )


def test_the_reader_opens_by_link_and_moves_on(open_app: OpenApp, stored: Path) -> None:
    store = open_store(stored)
    first, second = browse(store, PairFilter(), Order(), None, 2).rows
    store.close()
    app = open_app(stored, "browse", pair=first.pair_id)
    assert "question 0" in said(app)
    assert "Contradiction" in "".join(b.label for b in app.button)
    app.button(key="read_next").click().run()
    assert app.query_params["pair"] == second.pair_id
    assert "question 1" in said(app)
    app.button(key="read_previous").click().run()
    assert app.query_params["pair"] == first.pair_id


def test_gold_is_hidden_until_it_is_asked_for(open_app: OpenApp, stored: Path) -> None:
    app = open_app(stored, "browse", pair="3")
    assert "Gold **" not in said(app)
    assert "Suspicion</th>" in said(app)
    assert "Gold agrees" not in said(app)
    app.toggle(key="reader_gold").set_value(True).run()
    assert "Gold **" in said(app)


def test_long_texts_are_cut_until_the_whole_is_asked_for(open_app: OpenApp, tmp_path: Path) -> None:
    long = "word " * 5000
    make_store(tmp_path, [make_pair(0, chosen_text=long, rejected_text=long + "end")]).close()
    app = open_app(tmp_path, "browse", pair="0")
    assert len(said(app)) < 30_000
    assert "the first 6,000 of 25,003 characters" in said(app)
    app.toggle(key="reader_more").set_value(True).run()
    assert len(said(app)) > 50_000


@pytest.mark.parametrize(
    "page", ["overview", "browse", "margins", "slices", "flips", "scorers", "export", "methods"]
)
def test_hostile_texts_stay_texts(open_app: OpenApp, tmp_path: Path, page: str) -> None:
    make_store(
        tmp_path,
        [
            make_pair(
                i,
                split=payload.replace("\x00", ""),
                prompt_text=payload,
                chosen_text=payload,
                rejected_text=f"{payload} {i}",
                chosen_model=payload,
                scores={"run": (float(i), 1.0)},
                votes={payload: "chosen"},
                gold="chosen",
            )
            for i, payload in enumerate(PAYLOADS)
        ],
        source=PAYLOADS[1],
    ).close()
    link = {"pair": "2"} if page == "browse" else {}
    app = open_app(tmp_path, page, **link)
    assert not app.exception
    for kind in ("markdown", "caption", "warning", "error"):
        for element in app.get(kind):
            assert not ACTIVE.search(str(element.value))


def test_the_calculator_is_opened_and_reckons_with_a_typed_margin(
    open_app: OpenApp, stored: Path
) -> None:
    app = open_app(stored, "browse", pair="3")
    assert not app.get("plotly_chart")
    app.session_state["calculator"] = True
    app.run()
    assert not app.exception
    assert "as typed: h = 0.10 · 15 = **1.500** nats" in said(app).replace("\\", "")
    assert any("0.1824" in str(table.value) for table in app.table)
    app.slider(key="calculator_rate").set_value(0.2).run()
    assert "h* = 1.386 nats: cDPO narrows this pair's margin" in said(app).replace("\\", "")
    app.slider(key="calculator_rate").set_value(0.0).run()
    assert "all three are DPO" in said(app)


def test_a_tie_has_no_calculator(open_app: OpenApp, stored: Path) -> None:
    tie = open_app(stored, "browse", pair="60")
    assert "tie: both bad" in said(tie)
    assert not [e for e in tie.expander if e.label.startswith("Calculator")]
