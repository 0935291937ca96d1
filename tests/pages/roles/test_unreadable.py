"""A list, a secret or a log that cannot be read or trusted lets nobody in."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.curate.recipe import Recipe
from core.errors import UsageError
from core.relabel import people
from core.schema.relabel import Person
from pages.components import cached, exportfile, jobs
from tests.pages.roles.conftest import (
    ROLES,
    Visit,
    assert_tells_nothing,
    cookie_of,
    is_refused,
    remove,
)


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
