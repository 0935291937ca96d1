"""A store with a list of people, and its pages opened as one of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.runtime import context
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from core.relabel import invites, people
from core.relabel.log import open_log
from core.settings import Settings
from pages.components import menu
from tests.factories import demo_pairs, make_store
from tests.pages.conftest import ROOT, said

NAMES = [page.name for page in menu._PAGES]
ROLES = {"ann": "admin", "rev": "reviewer", "bo": "annotator"}
NEED = "You need a link to come in"


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store on whose pages every text holds the word `question` or `answer`."""
    folder = tmp_path_factory.mktemp("roles") / "store"
    make_store(folder, demo_pairs(20), source="secretive", search=True).close()
    return folder


@pytest.fixture
def store(made: Path, tmp_path: Path) -> Path:
    """The store with a list of its own: ann, rev and bo."""
    folder = shutil.copytree(made, tmp_path / "store")
    for name, role in ROLES.items():
        people.put(folder, name, role)
    return folder


def link(store: Path, person: str) -> str:
    log = open_log(Settings(store=store).log_url)
    with log.writing() as writing:
        token = invites.invite(writing, person)
    log.close()
    return token


def use(store: Path, token: str) -> invites.Pass | None:
    log = open_log(Settings(store=store).log_url)
    found = invites.join(log, invites.Access(), people.listed(store) or {}, token)
    log.close()
    return found


def remove(store: Path, person: str) -> None:
    log = open_log(Settings(store=store).log_url)
    with log.writing() as writing:
        invites.remove(writing, person)
        people.drop(store, person)
    log.close()


def cookie_of(store: Path, person: str) -> str:
    found = use(store, link(store, person))
    assert found is not None
    return invites.sign(invites.secret_of(store), found)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What the browser sends: change its cookies and headers."""
    client = SimpleNamespace(cookies={}, headers=[], remote_ip="127.0.0.1")
    monkeypatch.setattr(context, "_get_client_context", lambda: client)
    return client


Visit = Callable[..., AppTest]


@pytest.fixture
def visit(sent: SimpleNamespace, store: Path, monkeypatch: pytest.MonkeyPatch) -> Visit:
    """Open a page as the holder of a cookie, by its hash as a forged press would."""

    def run(page: str, cookie: str = "", /, **query: str) -> AppTest:
        monkeypatch.setenv("ASSAY_STORE", str(store))
        monkeypatch.chdir(ROOT)
        sent.cookies = {invites.cookie_name(invites.secret_of(store)): cookie} if cookie else {}
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
        app.query_params.update(query)
        app._page_hash = calc_hash(page)
        return app.run()

    return run


def is_refused(app: AppTest) -> bool:
    """Whether the page has one sentence, and nothing of the store or of who is here."""
    assert not app.exception
    assert not app.error
    assert_tells_nothing(app)
    return app.title[0].value == "Assay" and len(app.info) == 1


def assert_tells_nothing(app: AppTest) -> None:
    """Assert that no text, count, source or control of the store is on the page."""
    words = said(app).lower()
    for secret in ("secretive", "question", "answer", "pairs", "alpha", "chosen"):
        assert secret not in words
    assert not app.sidebar.multiselect
    assert not app.sidebar.text_input
    assert not app.get("download_button")
    assert not app.get("plotly_chart")
