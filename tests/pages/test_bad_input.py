"""Bad input on every page: links, searches and filters that fit nothing, and stores that change.

Whatever comes, a page says it in a sentence, raises nothing, and its filter bar works on.
"""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.store.layout import read_generation
from core.store.trials import write_trial
from pages.components import filters
from tests.factories import demo_pairs, make_pair, make_store
from tests.pages.conftest import ROOT, OpenApp, said
from tests.pages.test_pages import PAGES
from tests.runs import add_run, policy
from tests.unit.test_views_trial import BOARD, replace

LINKS: dict[str, tuple[str, ...]] = {
    "overview": (),
    "browse": ("sort", "desc", "after", "pair"),
    "margins": ("view", "signal", "by", "x", "y", "policy", "reward", "keep", "lambda"),
    "margins?view=linked": ("x", "y", "category"),
    "slices": ("slice", "measure", "whose"),
    "slices?measure=mean of a signal": ("mean_of",),
    "flips": ("show", "band", "after"),
    "scorers": ("run", "flips"),
    "export": ("preset", "format", "file", "ratios", "names", "seed"),
    "methods": ("about",),
}
"""What a link can say on a page, besides the filter."""
HTML = "<img src=x onerror=alert(1)>"
HOSTILE = {
    "html": HTML,
    "sql": "'; DROP TABLE signals; --",
    "nul": "\x00",
    "long": "x" * 10_000,
    "number": "17",
    "infinite": "-1e999",
    "nan": "nan",
    "signs": "[](){}%$:\\`*_~\u202e\ud7ff",
    "empty": "",
}
UNREADABLE = {
    '"': "not closed",
    "a AND": "nothing follows AND",
    "[": "only letters and digits",
    "re:[": "cannot be read",
    "x" * 10_000: "10,000 characters",
    "foo:bar": "no field 'foo'",
}
"""Searches; `test_search.py` has more of them, on fewer pages."""


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which every choice is offered: policies, several runs, two trials."""
    folder = tmp_path_factory.mktemp("rich") / "store"
    make_store(folder, demo_pairs(30), search=True).close()
    for name in ("one", "two"):
        add_run(folder, name, policy(), scorer="policy")
    for kind in ("symmetric", "length"):
        write_trial(folder, read_generation(folder), replace(BOARD, kind=kind))
    return folder


def opened(open_app: OpenApp, store: Path, address: str, **link: str) -> AppTest:
    """Open `page?key=value` with more parameters."""
    page, _, query = address.partition("?")
    given = dict([query.split("=")]) if query else {}
    return open_app(store, page, **given, **link)


def told(app: AppTest) -> str:
    """Return the warnings and errors of a page in which nothing was raised."""
    assert not app.exception, app.exception[0].message
    return "\n".join(str(m.value).replace("\\", "") for m in (*app.warning, *app.error))


def usable(app: AppTest) -> None:
    """Nothing was raised, and the filter bar stands and answers."""
    told(app)
    clear = [button for button in app.button if button.label == "Clear filters"]
    if clear:
        clear[0].click().run()
        told(app)
    app.text_input(key="q").set_value("question").run()
    told(app)
    assert app.text_input(key="q").value == "question"


def bound() -> Iterator[str]:
    """Yield the keys that the source of the pages binds to the link by their names."""
    for file in (ROOT / "pages").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                given = {word.arg: word.value for word in node.keywords}
                key = given.get("key")
                if "bind" in given and isinstance(key, ast.Constant):
                    yield str(key.value)


def test_every_key_of_a_link_is_tried() -> None:
    assert set(bound()) <= {*filters.KEYS, *(key for keys in LINKS.values() for key in keys)}


@pytest.mark.parametrize(
    ("address", "key"), [(address, key) for address, keys in LINKS.items() for key in keys]
)
def test_what_fits_nothing_is_named(open_app: OpenApp, rich: Path, address: str, key: str) -> None:
    said_of = told(opened(open_app, rich, address, **{key: HTML}))
    assert (HTML if key != "names" else "1 split names") in said_of


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("address", [*LINKS, "browse?pair=3"])
def test_a_hostile_link_opens_its_page(
    open_app: OpenApp, rich: Path, address: str, value: str
) -> None:
    given = address.partition("?")[2].partition("=")[0]
    keys = {key for keys in LINKS.values() for key in keys} - {given}
    app = opened(open_app, rich, address, **dict.fromkeys(keys, value))
    told(app)
    assert app.text_input(key="q").value == ""


@pytest.mark.parametrize("key", ["source", "split", "q", "where"])
@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_filter_is_a_sentence(
    open_app: OpenApp, stored: Path, key: str, value: str
) -> None:
    app = open_app(stored, "browse", **{key: value})
    # Nearly everything is a search; the rest is named, except a condition that is not there.
    assert told(app) or key == "q" or (key == "where" and not value)
    usable(app)


@pytest.mark.parametrize("page", PAGES)
def test_a_search_that_cannot_be_read_is_a_sentence(
    open_app: OpenApp, stored: Path, page: str
) -> None:
    app = open_app(stored, page)
    for text, why in UNREADABLE.items():
        app.text_input(key="q").set_value(text).run()
        assert why in told(app) or page == "methods"
    usable(app)


def test_an_exploding_pattern_answers(open_app: OpenApp, tmp_path: Path) -> None:
    rows = [make_pair(0, chosen_text="a" * 50_000 + "!"), make_pair(1, chosen_text="ba")]
    make_store(tmp_path, rows).close()
    app = open_app(tmp_path, "browse", q="re:(a+)+$")
    assert "**1** of 2 pairs" in said(app)
    usable(app)


@pytest.mark.parametrize("page", PAGES)
def test_a_filter_that_matches_nothing_leaves_the_page(
    open_app: OpenApp, stored: Path, page: str
) -> None:
    app = open_app(stored, page, q="nosuchword", where="row_id < 0")
    assert "**0** of 68 pairs" in said(app)
    usable(app)


@pytest.mark.parametrize("page", PAGES)
def test_a_signal_that_vanished_is_named(open_app: OpenApp, unscored: Path, page: str) -> None:
    gone = "explicit_margin_gone"
    link = {"where": f"{gone} > 0", "sort": gone, "signal": gone, "x": gone, "slice": gone}
    app = open_app(unscored, page, **link)
    assert gone in told(app) or page == "methods"
    usable(app)


@pytest.mark.parametrize("page", PAGES)
def test_a_store_swapped_under_an_open_page(open_app: OpenApp, tmp_path: Path, page: str) -> None:
    """Another import and a lost run between two looks: the page is that of the new generation."""
    root = tmp_path / "store"
    make_store(root, demo_pairs(20), search=True).close()
    margin = "explicit_margin_alpha"
    app = open_app(root, page, where=f"{margin} > -9", sort=margin, signal=margin, pair="19")
    assert "of 23 pairs" in said(app)
    make_store(tmp_path / "other", [make_pair(1)], source="two").close()
    shutil.rmtree(root)
    shutil.copytree(tmp_path / "other", root)
    assert margin in told(app.run()) or page == "methods"
    usable(app)


@pytest.mark.parametrize("page", PAGES)
def test_a_store_removed_under_an_open_page(open_app: OpenApp, tmp_path: Path, page: str) -> None:
    root = tmp_path / "store"
    make_store(root, demo_pairs(20)).close()
    app = open_app(root, page, pair="3")
    shutil.rmtree(root)
    told(app.run())
    if page != "methods":
        assert "There is no store" in said(app)
    make_store(root, [make_pair(1)]).close()
    assert "All **1** pair" in said(app.run())
    usable(app)
