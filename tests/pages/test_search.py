"""The search box: what it cannot read is a sentence, what it could not finish is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from pages.components import cached
from tests.factories import make_pair, make_store
from tests.pages.conftest import OpenApp, said

UNREADABLE = {
    '"': "this quotation mark is not closed",
    "a AND": "nothing follows AND",
    "[": "the index knows only letters and digits",
    "x" * 10_000: "The search has 10,000 characters",
    "colour:red": "there is no field 'colour'",
    "re:[": "The pattern '\\[' cannot be read",
    "re:(?<!a)b": "cannot be read",
    "exact:": "Nothing follows exact:",
}


@pytest.mark.parametrize("page", ["browse", "margins"])
@pytest.mark.parametrize("text", UNREADABLE, ids=lambda text: text[:12])
def test_what_cannot_be_read_is_a_sentence_and_can_be_cleared(
    open_app: OpenApp, stored: Path, text: str, page: str
) -> None:
    app = open_app(stored, page, q=text)
    assert not app.exception
    assert UNREADABLE[text].replace("\\", "") in said(app).replace("\\", "")
    next(button for button in app.button if button.label == "Clear filters").click()
    app.run()
    assert not app.exception
    assert not app.error
    assert app.text_input(key="q").value == ""


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("901", 1),
        ("prompt:quest* AND chosen:good -902", 66),
        ("exact:question 90", 5),
        ("re:bad 90[12]$", 2),
    ],
)
def test_a_search_is_part_of_the_filter(
    open_app: OpenApp, stored: Path, text: str, kept: int
) -> None:
    app = open_app(stored, "browse", q=text)
    assert f"**{kept}** of 68 pairs" in said(app)


def test_a_scan_that_ran_out_of_time_says_so(
    open_app: OpenApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cached, "SCAN_SECONDS", 0.0)
    make_store(tmp_path, [make_pair(i) for i in range(3)]).close()
    app = open_app(tmp_path, "browse", q="exact:question")
    assert not app.exception
    assert "0 % of the texts searched in 0 s" in said(app)
    assert "Nothing found in the part of the texts that was searched" in said(app)
    assert "No pair matches" not in said(app)
