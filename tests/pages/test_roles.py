"""Every page × every role; nothing but a cookie says who somebody is."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.runtime import context
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from core.curate.recipe import Recipe
from core.errors import UsageError
from core.relabel import desk, invites, people
from core.relabel.log import open_log
from core.schema.relabel import Person
from core.settings import Settings
from pages.components import cached, exportfile, jobs, menu
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
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
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


# --- the matrix --------------------------------------------------------------------------------


@pytest.mark.parametrize("page", NAMES)
@pytest.mark.parametrize("person", ["ann", "rev"])
def test_reviewers_and_admins_get_every_page(
    visit: Visit, store: Path, person: str, page: str
) -> None:
    app = visit(page, cookie_of(store, person))
    assert not app.exception
    assert app.title[0].value == page.capitalize()
    bare = {entry.name for entry in menu._PAGES if entry.bare}
    assert bool(app.sidebar.multiselect) == (page not in bare)


@pytest.mark.parametrize("page", NAMES)
def test_annotators_get_relabel_alone(visit: Visit, store: Path, page: str) -> None:
    app = visit(page, cookie_of(store, "bo"))
    assert not app.exception
    assert app.title[0].value == "Relabel"
    assert_tells_nothing(app)


@pytest.mark.parametrize("page", NAMES)
def test_nobody_gets_a_sentence(visit: Visit, page: str) -> None:
    app = visit(page)
    assert is_refused(app)
    assert NEED in app.info[0].value


@pytest.mark.parametrize("page", NAMES)
@pytest.mark.parametrize("person", ["rev", "bo"])
def test_the_removed_get_a_sentence(visit: Visit, store: Path, person: str, page: str) -> None:
    cookie = cookie_of(store, person)
    remove(store, person)
    app = visit(page, cookie)
    assert is_refused(app)
    assert f"{person} is no longer on the list of this project" in app.info[0].value
    assert "Answers given before are kept" in app.info[0].value


@pytest.mark.parametrize("page", NAMES)
def test_a_lone_person_gets_every_page(visit: Visit, store: Path, page: str) -> None:
    (store / "assay.toml").unlink()
    app = visit(page)
    assert not app.exception
    assert app.title[0].value == page.capitalize()
    assert not (store / "votes.sqlite3").exists() or page in {"relabel", "team"}


# --- who somebody is ---------------------------------------------------------------------------


def test_a_forged_cookie_is_nobody(visit: Visit, store: Path, tmp_path: Path) -> None:
    found = use(store, link(store, "bo"))
    assert found is not None
    good = invites.sign(invites.secret_of(store), found)
    body, _, signature = good.rpartition(".")
    (tmp_path / "other").mkdir()
    other = invites.secret_of(tmp_path / "other")
    as_admin = invites.sign(other, replace(found, person="ann"))
    forged = [
        "ann",
        '{"person": "ann"}',
        good[:-1],
        f"{as_admin.rpartition('.')[0]}.{signature}",
        f"{body}.{signature.swapcase()}",
        as_admin,
        invites.sign(other, found),
        invites.sign(invites.secret_of(store), replace(found, person="ann")),
        invites.sign(invites.secret_of(store), replace(found, seq=found.seq + 1)),
    ]
    for cookie in forged:
        assert is_refused(visit("browse", cookie)), cookie
    assert visit("relabel", good).title[0].value == "Relabel"


def test_a_cookie_under_another_name_is_nobody(
    visit: Visit, store: Path, sent: SimpleNamespace
) -> None:
    app = visit("browse", cookie_of(store, "ann"))
    assert app.title[0].value == "Browse"
    sent.cookies = {f"x{name}": value for name, value in sent.cookies.items()}
    assert is_refused(app.run())


def test_a_replayed_link_gives_nothing(visit: Visit, store: Path) -> None:
    token = link(store, "ann")
    assert use(store, token) is not None
    assert use(store, token) is None
    assert is_refused(visit("browse", token))


@pytest.mark.parametrize("key", ["person", "user", "name", "annotator", "role", "cookie"])
def test_a_name_in_a_link_or_a_header_is_nobody(
    visit: Visit, store: Path, sent: SimpleNamespace, key: str
) -> None:
    cookie = cookie_of(store, "ann")
    name = invites.cookie_name(invites.secret_of(store))
    sent.headers = [
        *((header, "ann") for header in (key, f"X-{key}", "X-Forwarded-User", "Remote-User")),
        ("Cookie", f"{name}={cookie}"),
    ]
    assert is_refused(visit("browse", **{key: "ann"}))
    assert is_refused(visit("browse", **{key: cookie}))
    app = visit("browse", cookie_of(store, "bo"), **{key: "ann"})
    assert app.title[0].value == "Relabel"


# --- changes while working ---------------------------------------------------------------------


def test_a_change_of_role_holds_from_the_next_press(visit: Visit, store: Path) -> None:
    app = visit("browse", cookie_of(store, "rev"))
    assert app.title[0].value == "Browse"
    people.put(store, "rev", "annotator")
    app.run()
    assert app.title[0].value == "Relabel"
    assert_tells_nothing(app)
    people.put(store, "rev", "reviewer")
    app._page_hash = calc_hash("browse")
    assert app.run().title[0].value == "Browse"


def test_one_who_is_removed_while_working_is_out_at_the_next_press(
    visit: Visit, store: Path
) -> None:
    app = visit("browse", cookie_of(store, "rev"))
    assert app.title[0].value == "Browse"
    remove(store, "rev")
    assert is_refused(app.run())
    assert "rev is no longer on the list" in app.info[0].value
    people.put(store, "rev", "reviewer")
    fresh = visit("browse", cookie_of(store, "rev"))
    assert fresh.title[0].value == "Browse"


def test_another_person_in_the_same_session_starts_over(
    visit: Visit, store: Path, sent: SimpleNamespace
) -> None:
    """A socket that drops comes back to its session, with the cookie that the browser has then."""
    app = visit("browse", cookie_of(store, "rev"), where="row_id >= 18")
    app.session_state["kept"] = "of rev"
    assert "kept" in app.run().session_state
    sent.cookies = dict.fromkeys(sent.cookies, cookie_of(store, "ann"))
    app.run()
    assert app.title[0].value == "Browse"
    assert not app.exception
    assert "kept" not in app.session_state


def test_who_came_in_just_now_is_known_at_once(
    visit: Visit, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pages look at the log once a second; nobody is turned away for that second."""
    monkeypatch.setattr(desk, "time", SimpleNamespace(monotonic=lambda: 1_000.0))
    assert visit("browse", cookie_of(store, "rev")).title[0].value == "Browse"
    assert visit("browse", cookie_of(store, "ann")).title[0].value == "Browse"


def test_a_name_that_comes_back_needs_a_new_link(visit: Visit, store: Path) -> None:
    cookie = cookie_of(store, "rev")
    remove(store, "rev")
    people.put(store, "rev", "admin")
    app = visit("browse", cookie)
    assert is_refused(app)
    assert NEED in app.info[0].value


def test_the_first_list_shuts_the_local_person_out(visit: Visit, store: Path) -> None:
    listed = (store / "assay.toml").read_text("utf-8")
    (store / "assay.toml").unlink()
    app = visit("browse")
    assert app.title[0].value == "Browse"
    (store / "assay.toml").write_text(listed, "utf-8")
    assert is_refused(app.run())


# --- what cannot be read -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["[people\n", 'people = "all"\n', '[people]\nann = "boss"\n', "\udcff"]
)
def test_a_list_that_cannot_be_read_lets_nobody_in(visit: Visit, store: Path, text: str) -> None:
    cookie = cookie_of(store, "ann")
    (store / "assay.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    app = visit("browse", cookie)
    assert not app.exception
    assert app.title[0].value == "Assay"
    assert len(app.error) == 1
    assert_tells_nothing(app)


@pytest.mark.parametrize("text", [None, "", 'log = ""\n'])
def test_a_list_that_is_gone_lets_nobody_in(visit: Visit, store: Path, text: str | None) -> None:
    """Missing for a moment it would make whoever comes by the local admin."""
    cookie = cookie_of(store, "rev")
    assert visit("browse", cookie).title[0].value == "Browse"
    listed = (store / "assay.toml").read_text("utf-8")
    (store / "assay.toml").unlink()
    if text is not None:
        (store / "assay.toml").write_text(text, "utf-8")
    for given in ("", cookie):
        app = visit("browse", given)
        assert not app.exception
        assert app.title[0].value == "Assay"
        assert ["The list of people is gone" in box.value for box in app.error] == [True]
        assert_tells_nothing(app)
    (store / "assay.toml").write_text(listed, "utf-8")
    assert visit("browse", cookie).title[0].value == "Browse"


def test_a_file_that_goes_while_it_is_read_is_read_again(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_: Path, __: str) -> str:
        raise FileNotFoundError

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_text", gone)
        assert people.listed(store) is None
    assert people.listed(store) == ROLES


@pytest.mark.parametrize("change", ["drop", "demote", "remove and list again", "no list"])
def test_a_download_is_for_who_may_still_read(
    store: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """It is made in a thread of its own, whenever its address is asked for."""
    monkeypatch.setenv("ASSAY_STORE", str(store))
    cookie_of(store, "rev")
    cached.desk().refresh(0)
    made = exportfile.later(Recipe(), Person("rev", "reviewer"))
    assert made()[:2] == b"PK"
    if change == "drop":
        people.drop(store, "rev")
    elif change == "demote":
        people.put(store, "rev", "annotator")
    elif change == "no list":
        (store / "assay.toml").unlink()
    else:
        remove(store, "rev")
        people.put(store, "rev", "reviewer")
        cached.desk().refresh(0)
    with pytest.raises(UsageError):
        made()


def test_what_draws_itself_anew_ends_with_its_person(
    visit: Visit, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit("scorers", cookie_of(store, "rev"))
    key = cached.generation().key
    reruns: list[str] = []

    class Ended(Exception):
        pass

    def rerun() -> None:
        reruns.append("whole")
        raise Ended

    monkeypatch.setattr(jobs.st, "rerun", rerun)
    jobs._look(key, False)
    assert not reruns
    people.put(store, "rev", "annotator")
    with pytest.raises(Ended):
        jobs._look(key, False)
    remove(store, "rev")
    with pytest.raises(Ended):
        jobs._look(key, False)


def test_a_secret_that_others_can_read_lets_nobody_in(visit: Visit, store: Path) -> None:
    cookie = cookie_of(store, "ann")
    app = visit("browse", cookie)
    (store / "secret").chmod(0o644)
    app.run()
    assert "Others can read" in app.error[0].value
    assert_tells_nothing(app)


def test_a_log_that_is_gone_lets_nobody_in(visit: Visit, store: Path) -> None:
    cookie = cookie_of(store, "ann")
    for path in store.glob("votes.sqlite3*"):
        path.unlink()
    assert is_refused(visit("browse", cookie))


def test_a_hostile_name_is_letters(visit: Visit, store: Path) -> None:
    name = "<img src=x> **b** [l](http://evil.example)"
    people.put(store, name, "reviewer")
    cookie = cookie_of(store, name)
    people.drop(store, name)
    app = visit("browse", cookie)
    assert is_refused(app)
    assert r"\<img" in app.info[0].value
    assert r"\[l\]\(" in app.info[0].value


# --- the menu ----------------------------------------------------------------------------------


def test_the_order_is_that_of_the_work() -> None:
    work = ["overview", "browse", "margins", "slices", "flips", "relabel", "team"]
    assert [*work, "scorers", "export", "methods"] == NAMES


def test_a_bare_page_keeps_the_filter_for_the_others(visit: Visit, store: Path) -> None:
    app = visit("browse", cookie_of(store, "rev"), where="row_id >= 18")
    assert "of 23 pairs: row" in said(app).replace("\\", "")
    bare = next(entry.name for entry in menu._PAGES if entry.bare)
    app._page_hash = calc_hash(bare)
    assert_tells_nothing(app.run())
    app._page_hash = calc_hash("browse")
    app.run()
    assert app.text_input(key="where").value == "row_id >= 18"
