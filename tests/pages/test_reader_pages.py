"""The reader in the app: its switches, signal groups, tokens, and a prompt with many responses."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.factories import make_pair, make_store
from tests.pages.conftest import OpenApp, said
from tests.pages.hostile import CORPUS
from tests.pages.test_reading import ACTIVE
from tests.runs import add_run
from tests.unit.test_views_reader import ORDERED, compared, of_tokens


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prompt of four responses, and runs with tokens with and without a reference."""
    root = tmp_path_factory.mktemp("rich") / "store"
    rows = [compared(a, b, i, scores={"alpha": (i, 1)}) for i, (a, b) in enumerate(ORDERED)]
    make_store(root, [*rows, make_pair(9)]).close()
    add_run(root, "toks", of_tokens(), scorer="policy")
    add_run(root, "alone", of_tokens(reference=False), scorer="policy")
    return root


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def test_signals_stand_in_groups_with_percentiles(open_app: OpenApp, stored: Path) -> None:
    page = said(open_app(stored, "browse", pair="3"))
    for family in ("Rewards", "Suspicion", "Length", "Votes"):
        assert f"<caption>{family}</caption>" in page
    assert page.count('class="as-meter"') > 5
    assert "<dt>Suspicion</dt>" in page
    assert 'title="' in page


def test_switches_say_what_they_do_and_stay_on_the_next_pair(
    open_app: OpenApp, stored: Path
) -> None:
    app = open_app(stored, "browse", pair="3")
    assert "<ins>" in said(app)
    app.button(key="reader_diff_switch").click().run()
    assert "<ins>" not in said(app)
    assert "Mark differences" in labels(app)
    app.button(key="read_next").click().run()
    assert "<ins>" not in said(app)
    app.button(key="reader_markdown_switch").click().run()
    assert "Raw text" in labels(app)
    assert "Mark differences" not in labels(app)
    assert "as-first" not in said(app)
    assert not app.exception


def test_every_key_is_on_its_button_and_none_twice(open_app: OpenApp, rich: Path) -> None:
    app = open_app(rich, "browse", pair="0")
    keys = [b.proto.shortcut for b in app.button if b.proto.shortcut]
    assert sorted(keys) == sorted(set(keys))
    assert {key.lower() for key in keys} == {"left", "right", "l", "m", "d", "t"}


def test_the_link_is_copied_by_its_button(open_app: OpenApp, stored: Path) -> None:
    app = open_app(stored, "browse", pair="3")
    app.button(key="read_copy").click().run()
    assert not app.exception


def test_tokens_are_shown_on_request(open_app: OpenApp, rich: Path, stored: Path) -> None:
    assert "Tokens" not in labels(open_app(stored, "browse", pair="3"))
    app = open_app(rich, "browse", pair="0")
    assert "as-heat" not in said(app)
    app.button(key="reader_tokens_switch").click().run()
    assert not app.exception
    assert "no reference" in "".join(str(info.value) for info in app.info)
    app.session_state["reader_token_run"] = "toks"
    app.run()
    assert "3 tokens, sum -0.500 nats" in said(app)
    assert 'class="as-up as-' in said(app)
    app.session_state["reader_token_table"] = True
    app.run()
    assert any("Log-ratio" in table.value.columns for table in app.dataframe)
    assert not app.exception


def test_a_prompt_of_many_responses_is_ranked_and_its_rows_open(
    open_app: OpenApp, rich: Path
) -> None:
    app = open_app(rich, "browse", pair="0")
    page = said(app)
    assert "All responses to this prompt" in page
    assert "<caption>4 responses in 5 rows</caption>" in page
    assert "(chosen here)" in page
    warned = "".join(str(element.value) for element in app.warning)
    assert "they go round" in warned
    app.button(key="compared_3").click().run()
    assert not app.exception
    assert "answer 3" in said(app)
    assert app.button(key="compared_3").disabled
    assert "All responses" not in said(open_app(rich, "browse", pair="5"))


def test_a_hostile_prompt_of_many_responses_stays_text(open_app: OpenApp, tmp_path: Path) -> None:
    texts = [text.encode("utf-8", "ignore").decode() for text in CORPUS[:40]]
    rows = [
        make_pair(
            i,
            prompt_text="p",
            chosen_text=text,
            rejected_text=texts[i - 1],
            chosen_model=text.replace("\x00", ""),
            split=text.replace("\x00", ""),
        )
        for i, text in enumerate(texts)
    ]
    make_store(tmp_path, rows, source="<b>source</b>").close()
    add_run(tmp_path, "toks", of_tokens(), scorer="policy")
    app = open_app(tmp_path, "browse", pair="1")
    app.button(key="reader_tokens_switch").click().run()
    assert not app.exception
    for kind in ("markdown", "caption", "warning", "error"):
        assert not any(ACTIVE.search(str(element.value)) for element in app.get(kind))
    assert not any(ACTIVE.search(label) for label in labels(app))
