"""Similar pairs in the reader: on request, closed again; hostile texts, several runs, no time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from core.commands.runs import remove_run
from core.schema import Ints
from core.settings import Settings
from core.views import similar
from tests.factories import make_pair, make_store
from tests.pages.conftest import OpenApp, said
from tests.pages.hostile import CORPUS
from tests.runs import add_run

UNESCAPED = re.compile(r"(?<!\\)(?:\\\\)*[<>*_`$\[\]\u202e\u200b\x00]")
FIND = "Find similar pairs"


def vectors(*names: str, seed: int = 0, zeros: bool = False, width: int = 4):
    def values(ids: Ints) -> Mapping[str, object]:
        draw = np.random.default_rng(seed)
        made = np.zeros((len(ids), width)) if zeros else draw.normal(size=(len(ids), width))
        return {name: pa.array(made.tolist(), pa.list_(pa.float32(), width)) for name in names}

    return values


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pairs with hostile texts, one tie, and runs with embeddings of other texts and widths."""
    root = tmp_path_factory.mktemp("embedded") / "store"
    texts = [text.encode("utf-8", "ignore").decode() for text in CORPUS]
    rows = [
        make_pair(
            i,
            prompt_text=f"{i} {text}",
            chosen_text=f"{text} chosen {i}",
            rejected_text=f"{text} rejected {i}",
            split=text.replace("\x00", ""),
        )
        for i, text in enumerate(texts)
    ]
    rows.append(make_pair(len(rows), tie_kind="both_good", label_kind="tie"))
    make_store(root, rows, source="<b>source</b>").close()
    add_run(root, "answers", vectors("embedding", seed=1, width=6), scorer="embedding")
    add_run(root, "both", vectors("embedding", "prompt_embedding"), scorer="embedding")
    add_run(root, "nothing", vectors("embedding", zeros=True), scorer="embedding")
    return root


def found(app: AppTest) -> list[str]:
    """Return the lines of the list."""
    return [b.label for b in app.button if b.key and b.key.removeprefix("similar_").isdecimal()]


def find(app: AppTest, row: int) -> AppTest:
    return app.button(key=f"similar_find_{row}").click().run()


def words(app: AppTest) -> str:
    kinds = ("info", "caption", "warning", "error")
    return "\n".join(str(element.value) for kind in kinds for element in app.get(kind))


def test_without_embeddings_the_command_stands_there(open_app: OpenApp, stored: Path) -> None:
    app = open_app(stored, "browse", pair="3")
    assert "python -m core score embedding" in said(app)
    assert FIND not in [button.label for button in app.button]
    assert not app.exception


def test_nothing_is_compared_before_the_press(
    open_app: OpenApp, embedded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError

    with monkeypatch.context() as patch:
        patch.setattr(similar.Store, "nearest", never)
        app = open_app(embedded, "browse", pair="2")
    assert not app.exception
    assert found(app) == []
    find(app, 2)
    assert len(found(app)) == similar.SIZE
    assert "Compared with all" in words(app)


def test_every_neighbour_is_letters_and_opens(open_app: OpenApp, embedded: Path) -> None:
    for row in range(0, len(CORPUS), 9):
        app = find(open_app(embedded, "browse", pair=str(row)), row)
        assert not app.exception
        assert len(found(app)) == similar.SIZE
        for line in found(app):
            assert "\\<b\\>source" in line
            assert not UNESCAPED.search(line), line
    key = next(
        b.key
        for b in app.button
        if b.key and b.key.startswith("similar_") and b.key[8:].isdecimal()
    )
    app.button(key=key).click().run()
    assert not app.exception
    assert f"row {int(key[8:]):,}" in said(app)


def test_it_is_closed_on_the_next_pair_and_on_the_way_back(
    open_app: OpenApp, embedded: Path
) -> None:
    app = find(open_app(embedded, "browse", pair="2"), 2)
    app.button(key="read_next").click().run()
    assert found(app) == []
    app.button(key="similar_find_3")
    app.button(key="read_previous").click().run()
    assert found(app) == []
    find(app, 2)
    app.button(key="similar_close").click().run()
    assert found(app) == []
    assert not app.exception


def test_run_and_text_can_be_chosen(open_app: OpenApp, embedded: Path) -> None:
    app = find(open_app(embedded, "browse", pair="2"), 2)
    assert app.session_state["similar_run"] == "answers"
    first = found(app)
    assert all(" chosen · " in line or " rejected · " in line for line in first)
    app.session_state["similar_run"] = "both"
    app.run()
    assert app.session_state["similar_text_both"] == "prompt"
    assert found(app) != first
    assert not any(" chosen · " in line for line in found(app))
    app.session_state["similar_text_both"] = "rejected"
    app.run()
    assert len(found(app)) == similar.SIZE
    app.session_state["similar_run"] = "nothing"
    app.run()
    assert found(app) == []
    assert "vector of zeros" in words(app)
    assert not app.exception


def test_a_run_may_go_while_its_neighbours_are_read(open_app: OpenApp, tmp_path: Path) -> None:
    make_store(tmp_path, [make_pair(i) for i in range(4)]).close()
    for run in ("first", "second"):
        add_run(tmp_path, run, vectors("embedding"), scorer="embedding")
    app = find(open_app(tmp_path, "browse", pair="2"), 2)
    app.session_state["similar_run"] = "second"
    app.run()
    assert len(found(app)) == 3
    remove_run(Settings(store=tmp_path), "second")
    app.run()
    assert not app.exception
    assert len(found(app)) == 3
    remove_run(Settings(store=tmp_path), "first")
    app.run()
    assert "python -m core score embedding" in said(app)
    assert not app.exception


def test_a_tie_has_a_first_and_a_second_answer(open_app: OpenApp, embedded: Path) -> None:
    row = len(CORPUS)
    app = find(open_app(embedded, "browse", pair=str(row)), row)
    assert not app.exception
    options = [list(g.options) for g in app.get("button_group") if g.key == "similar_text_answers"]
    assert options == [["First answer", "Second answer"]]


def test_it_looks_within_the_filter(open_app: OpenApp, embedded: Path) -> None:
    app = find(open_app(embedded, "browse", pair="2", where="row_id < 6"), 2)
    assert len(found(app)) == 5
    assert "row\\_id \\< 6" in words(app)
    app = find(open_app(embedded, "browse", pair="2", where="row_id > 9000"), 2)
    assert found(app) == []
    assert "No pair of another prompt was found" in words(app)
    assert not app.exception


def test_out_of_time_it_says_so_and_offers_the_rest(
    open_app: OpenApp, embedded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = similar.Store.nearest

    def late(self, asked, where, seconds):
        made = real(self, asked, where, None)
        part = {"searched": 0.25, "seconds": 2.0} if seconds else {}
        return similar.Nearest(**{**vars(made), **part})

    monkeypatch.setattr(similar.Store, "nearest", late)
    app = find(open_app(embedded, "browse", pair="7"), 7)
    assert "25 % of the run, in 2 s" in words(app)
    assert app.button(key="similar_all").label == "Compare with all, about 8 s"
    app.button(key="similar_all").click().run()
    assert "Compared with all" in words(app)
    assert "similar_all" not in [button.key for button in app.button]
    assert not app.exception
