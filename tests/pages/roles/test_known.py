"""Nothing but a cookie says who somebody is, and a change holds from the next press."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.util import calc_hash

from core.relabel import desk, invites, people
from tests.pages.roles.conftest import (
    NEED,
    Visit,
    assert_tells_nothing,
    cookie_of,
    is_refused,
    link,
    remove,
    use,
)


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
