"""Stores for page tests, and the app opened on one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.desks import fix_lots
from tests.factories import demo_pairs, make_pair, make_store
from tests.pages.rooms import Room

ROOT = Path(__file__).resolve().parents[2]
OpenApp = Callable[..., AppTest]
PATIENCE_SECONDS = 300
"""A page draws in one; a machine at work on something else takes its time."""


@pytest.fixture(scope="session")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with runs, votes, gold, a tie, a contradiction and a search index."""
    folder = tmp_path_factory.mktemp("stored") / "store"
    make_store(folder, demo_pairs(), search=True).close()
    make_store(folder, [make_pair(900 + i) for i in range(5)], source="plain", search=True).close()
    return folder


@pytest.fixture(scope="session")
def unscored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that nothing has scored."""
    folder = tmp_path_factory.mktemp("unscored") / "store"
    make_store(folder, [make_pair(i) for i in range(8)]).close()
    return folder


@pytest.fixture
def open_app(monkeypatch: pytest.MonkeyPatch) -> OpenApp:
    """Open a page on a store: `open_app(store, "browse", where="suspicion > 0.5")`."""

    def run(store: Path, page: str = "overview", **link: str | list[str]) -> AppTest:
        monkeypatch.setenv("ASSAY_STORE", str(store))
        monkeypatch.chdir(ROOT)
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE_SECONDS)
        app.query_params.update(link)
        app.run()
        if page == "overview":
            return app
        app.query_params.update(link)
        return app.switch_page(f"pages/{page}.py").run()

    return run


@pytest.fixture
def room(tmp_path: Path, open_app: OpenApp, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    """Relabel on a store of thirty pairs; gold and repeats come at the same places every time."""
    fix_lots(monkeypatch)
    rows = [
        make_pair(
            i,
            prompt_text=f"ask {i}",
            chosen_text=f"one {i}, as GPT-4 would",
            rejected_text=f"two {i}",
            chosen_model="hidden-model-9b",
            rejected_model="hidden-model-1b",
        )
        for i in range(30)
    ]
    store = make_store(tmp_path / "store", rows, source="hiddensource")
    yield Room(tmp_path / "store", store, open_app)
    store.close()


def said(app: AppTest) -> str:
    """Return every word on the page that Streamlit shows as text."""
    kinds = ("title", "subheader", "markdown", "caption", "error", "warning", "code", "html")
    return "\n".join(str(element.value) for kind in kinds for element in app.get(kind))
