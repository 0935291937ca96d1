"""people: lists persons, makes links, and says what follows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.relabel import invites, people
from core.relabel.log import open_log
from core.schema.relabel import Person
from core.settings import Settings
from tests.factories import make_pair, make_store


@pytest.fixture
def store(tmp_path: Path) -> Path:
    make_store(tmp_path / "store", [make_pair()]).close()
    return tmp_path / "store"


def kinds(store: Path) -> list[str]:
    log = open_log(Settings(store=store).log_url)
    found = [event.kind for event in log.after(0)]
    log.close()
    return found


def use(store: Path, link: str) -> invites.Pass | None:
    log = open_log(Settings(store=store).log_url)
    listed = people.listed(store) or {}
    found = invites.join(log, invites.Access(), listed, link.rpartition("/")[2])
    log.close()
    return found


def test_the_first_one_is_an_admin_and_is_told_so(assay, store: Path) -> None:
    said = assay("people", "add", "ann", "--role", "admin", store=store)
    assert said.code == 0
    assert "from now on only listed people get in" in said.out
    link = next(line for line in said.out.splitlines() if line.startswith("http"))
    assert link.startswith("http://127.0.0.1:8501/join/")
    assert people.listed(store) == {"ann": "admin"}
    again = assay("people", "add", "bo", store=store)
    assert "from now on" not in again.out
    assert people.listed(store) == {"ann": "admin", "bo": "annotator"}


@pytest.mark.parametrize("role", [None, "annotator", "reviewer"])
def test_the_first_one_who_is_no_admin_is_refused(assay, store: Path, role: str | None) -> None:
    said = assay("people", "add", "bo", *(["--role", role] if role else []), store=store)
    assert (said.code, said.out) == (2, "")
    assert "people add NAME --role admin" in said.err
    assert people.listed(store) is None
    assert kinds(store) == []


def test_a_known_name_gets_a_new_link_and_keeps_the_role(assay, store: Path) -> None:
    assay("people", "add", "ann", "--role", "admin", store=store)
    first = assay("people", "add", "ann", "--json", store=store).data
    second = assay("people", "add", "ann", "--json", store=store).data
    assert first["role"] == second["role"] == "admin"
    assert first["link"] != second["link"]
    assert use(store, str(first["link"])) is None
    assert use(store, str(second["link"])) is not None


@pytest.mark.parametrize(
    ("base", "start"),
    [
        ("https://assay.example", "https://assay.example/join/"),
        ("https://assay.example/", "https://assay.example/join/"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000/join/"),
    ],
)
def test_the_link_is_where_people_reach_the_app(assay, store: Path, base: str, start: str) -> None:
    data = assay("people", "add", "a", "--role", "admin", "--url", base, "--json", store=store).data
    assert str(data["link"]).startswith(start)
    assert len(str(data["link"])) == len(start) + invites.TOKEN_CHARS


def test_the_link_follows_the_settings(assay, store: Path) -> None:
    (store / "assay.toml").write_text('host = "::1"\nport = 9123\n')
    data = assay("people", "add", "ann", "--role", "admin", "--json", store=store).data
    assert str(data["link"]).startswith("http://[::1]:9123/join/")


@pytest.mark.parametrize("base", ["assay.example", "ftp://x", "https://", "https://x?a=1", ""])
def test_what_is_no_address_is_refused(assay, store: Path, base: str) -> None:
    said = assay("people", "add", "ann", "--role", "admin", "--url", base, store=store)
    assert said.code == 2
    assert "not an address" in said.err
    assert people.listed(store) is None


@pytest.mark.parametrize(
    "argv",
    [
        ("add",),
        ("remove",),
        ("list", "ann"),
        ("add", "ann", "--role", "owner"),
        ("add", "a\u200bnn", "--role", "admin"),
        ("add", "a\nnn", "--role", "admin"),
        ("add", "n" * 81, "--role", "admin"),
        ("add", "", "--role", "admin"),
    ],
    ids=str,
)
def test_what_does_not_go_is_a_sentence(assay, store: Path, argv: tuple[str, ...]) -> None:
    said = assay("people", *argv, store=store)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("error: ")
    assert "fault in Assay" not in said.err
    assert people.listed(store) is None


def test_a_removal_is_in_the_list_and_in_the_log(assay, store: Path) -> None:
    assay("people", "add", "ann", "--role", "admin", store=store)
    link = str(assay("people", "add", "bo", "--json", store=store).data["link"])
    said = assay("people", "remove", "bo", store=store)
    assert "Answers given before are kept" in said.out
    assert people.listed(store) == {"ann": "admin"}
    assert kinds(store) == [*("removed", "invite") * 2, "removed"]
    assay("people", "add", "bo", store=store)
    assert use(store, link) is None


def test_a_removal_that_does_not_go_leaves_the_log(assay, store: Path) -> None:
    assay("people", "add", "ann", "--role", "admin", store=store)
    assay("people", "add", "bo", store=store)
    assert "without an admin" in assay("people", "remove", "ann", store=store).err
    unknown = assay("people", "remove", "cy", store=store)
    assert unknown.code == 2
    assert "Known: ann, bo" in unknown.err
    assert kinds(store) == ["removed", "invite"] * 2


def test_a_name_that_comes_back_brings_no_old_cookie_back(assay, store: Path) -> None:
    """The list was changed, and the log could not be written: no removal is in it."""
    assay("people", "add", "ann", "--role", "admin", store=store)
    link = str(assay("people", "add", "bo", "--json", store=store).data["link"])
    old = use(store, link)
    people.drop(store, "bo")
    new = assay("people", "add", "bo", "--role", "admin", "--json", store=store).data
    found, access = use(store, str(new["link"])), invites.Access()
    log = open_log(Settings(store=store).log_url)
    access.catch_up(log)
    log.close()
    listed = people.listed(store) or {}
    assert invites.recognise(old, access, listed) is None
    assert invites.recognise(found, access, listed) == Person("bo", "admin")


def test_a_listed_person_stays_inside_when_a_link_is_made(assay, store: Path) -> None:
    link = str(assay("people", "add", "ann", "--role", "admin", "--json", store=store).data["link"])
    use(store, link)
    assay("people", "add", "ann", store=store)
    assert kinds(store) == ["removed", "invite", "join", "invite"]


def test_the_last_one_gone_is_told(assay, store: Path) -> None:
    assay("people", "add", "ann", "--role", "admin", store=store)
    assert "nobody gets in" in assay("people", "remove", "ann", store=store).out
    assert people.listed(store) == {}
    assert "nobody gets in" in assay("people", "list", store=store).out


def test_the_list_says_who_came_in(assay, store: Path) -> None:
    assert "one local person" in assay("people", "list", store=store).out
    assert kinds(store) == []
    link = str(assay("people", "add", "ann", "--role", "admin", "--json", store=store).data["link"])
    assay("people", "add", "bo", store=store)
    with (store / "assay.toml").open("a") as file:
        file.write('cy = "reviewer"\n')
    use(store, link)
    found = assay("people", "list", "--json", store=store).data
    assert found["listed"] is True
    assert found["people"] == [
        {"person": "ann", "role": "admin", "state": "came in"},
        {"person": "bo", "role": "annotator", "state": "has a link"},
        {"person": "cy", "role": "reviewer", "state": "has no link"},
    ]
    lines = assay("people", "list", store=store).out.splitlines()
    assert lines[0] == "ann: admin, came in"


def test_no_output_but_that_of_add_holds_a_token(assay, store: Path) -> None:
    data = assay("people", "add", "ann", "--role", "admin", "--json", store=store).data
    token = str(data["link"]).rpartition("/")[2]
    listed = assay("people", "list", "--json", store=store)
    removed = assay("people", "remove", "ann", "--json", store=store)
    assert token not in listed.out + listed.err + removed.out + removed.err
    assert json.dumps(data).count(token) == 1
    held = b"".join(path.read_bytes() for path in store.glob("*") if path.is_file())
    assert token.encode() not in held


def test_a_folder_without_a_store_is_a_sentence(assay, tmp_path: Path) -> None:
    said = assay("people", "add", "ann", "--role", "admin", store=tmp_path)
    assert said.err.startswith("error: There is no store in")
    assert list(tmp_path.iterdir()) == []
