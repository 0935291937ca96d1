"""Names and roles in assay.toml; links, cookies, and the secret that signs them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import StoreError, UnknownName, UsageError
from core.relabel import invites, people
from core.relabel.log import Log, open_log
from core.schema.relabel import Person
from core.settings import Settings

DAY = 86_400_000_000


class Clock:
    """Microseconds since 1970 that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000 * DAY

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(tmp_path: Path, clock: Clock) -> Iterator[Log]:
    made = open_log(f"sqlite:///{tmp_path / 'votes.sqlite3'}", now=clock)
    yield made
    made.close()


def write(root: Path, text: str) -> Path:
    path = root / "assay.toml"
    path.write_text(text, "utf-8")
    return path


# --- the list ----------------------------------------------------------------------------------


def test_without_a_list_one_local_person_may_everything(tmp_path: Path) -> None:
    assert people.people(Settings(store=tmp_path)) == {"local": "admin"}
    write(tmp_path, "port = 9000\n")
    assert people.listed(tmp_path) is None


def test_an_empty_list_lets_nobody_in(tmp_path: Path) -> None:
    write(tmp_path, "[people]\n")
    assert people.listed(tmp_path) == {}
    assert people.people(Settings(store=tmp_path)) == {}


def test_a_change_of_the_file_is_seen(tmp_path: Path) -> None:
    write(tmp_path, '[people]\nann = "admin"\nbo = "annotator"\n')
    assert people.listed(tmp_path) == {"ann": "admin", "bo": "annotator"}
    write(tmp_path, '[people]\nann = "admin"\nbo = "reviewer"\n')
    assert people.people(Settings(store=tmp_path))["bo"] == "reviewer"
    (tmp_path / "assay.toml").unlink()
    assert people.listed(tmp_path) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[people\n", "not valid TOML"),
        ("people = 3\n", "not a table"),
        ('[people]\nann = "boss"\n', "'boss', which is no role"),
        ("[people]\nann = 7\n", "7, which is no role"),
        ('[people]\nann.lee = "admin"\n', "no role"),
        ('[people]\n"an\u200bn" = "admin"\n', "cannot be seen"),
        ('[people]\n"an\\nn" = "admin"\n', "cannot be seen"),
        ('[people]\n"an\u202en" = "admin"\n', "cannot be seen"),
        ('[people]\n" ann" = "admin"\n', "cannot be seen"),
        ('[people]\n"" = "admin"\n', "1 to 80 characters"),
        (f'[people]\n{"n" * 81} = "admin"\n', "this has 81"),
    ],
)
def test_a_list_that_is_none_is_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    write(tmp_path, text)
    with pytest.raises(UsageError, match=said):
        people.listed(tmp_path)


def test_a_file_of_bytes_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "assay.toml").write_bytes(b"\xff\xfe[people]")
    with pytest.raises(UsageError, match="cannot be read as text"):
        people.listed(tmp_path)


@pytest.mark.parametrize("name", ["ann", "Zoë 李", "o'neil-2", "n" * 80, 'say "hi"', "a.b", "𝔸"])
def test_a_name_is_kept_as_it_is(tmp_path: Path, name: str) -> None:
    assert people.put(tmp_path, name, "admin")
    assert people.listed(tmp_path) == {name: "admin"}


def test_the_rest_of_the_file_stays_as_it_was(tmp_path: Path) -> None:
    text = (
        '# our project\nport = 9000 # not 8501\nmemory = "2GB"\n\n[people] # who\n'
        'zed = "admin" # the lead\nbo = "reviewer"\n\n[later]\nkey = [1, 2]\n'
    )
    path = write(tmp_path, text)
    path.chmod(0o640)
    assert not people.put(tmp_path, "ann lee", "annotator")
    people.put(tmp_path, "bo", "annotator")
    changed = path.read_text("utf-8")
    assert [line for line in text.splitlines() if line not in changed.splitlines()] == [
        'bo = "reviewer"'
    ]
    assert changed.index("zed") < changed.index("bo =") < changed.index("ann lee")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    people.drop(tmp_path, "ann lee")
    people.put(tmp_path, "bo", "reviewer")
    assert path.read_text("utf-8") == text
    assert sorted(p.name for p in tmp_path.iterdir()) == ["assay.toml"]


def test_an_inline_list_can_be_changed(tmp_path: Path) -> None:
    write(tmp_path, 'people = {ann = "admin"}\nport = 1\n')
    people.put(tmp_path, "bo", "reviewer")
    assert people.listed(tmp_path) == {"ann": "admin", "bo": "reviewer"}


def test_somebody_must_be_an_admin(tmp_path: Path) -> None:
    for role in ("annotator", "reviewer"):
        with pytest.raises(UsageError, match="without an admin"):
            people.put(tmp_path, "ann", role)
    assert people.listed(tmp_path) is None
    people.put(tmp_path, "ann", "admin")
    people.put(tmp_path, "bo", "annotator")
    with pytest.raises(UsageError, match="without an admin"):
        people.put(tmp_path, "ann", "reviewer")
    with pytest.raises(UsageError, match="without an admin"):
        people.drop(tmp_path, "ann")
    people.drop(tmp_path, "bo")
    people.drop(tmp_path, "ann")
    assert people.listed(tmp_path) == {}


def test_names_that_read_alike_are_refused(tmp_path: Path) -> None:
    people.put(tmp_path, "Ann", "admin")
    for twin in ("ann", "ANN", "\uff21nn"):
        with pytest.raises(UsageError, match="reads like"):
            people.put(tmp_path, twin, "annotator")
    with pytest.raises(UnknownName, match="ann"):
        people.drop(tmp_path, "ann")


def test_a_list_that_cannot_be_written_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, '[people]\nann = "admin"\n')

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(StoreError, match="No space left"):
        people.put(tmp_path, "bo", "annotator")
    assert path.read_text("utf-8") == '[people]\nann = "admin"\n'


# --- links -------------------------------------------------------------------------------------

LIST: people.People = {"ann": "admin", "bo": "annotator"}


def given(log: Log, person: str = "bo") -> str:
    with log.writing() as writing:
        return invites.invite(writing, person)


def taken_out(log: Log, person: str = "bo") -> None:
    with log.writing() as writing:
        invites.remove(writing, person)


def fate(log: Log, token: str, clock: Clock, listed: people.People = LIST) -> str:
    access = invites.Access()
    access.catch_up(log)
    return access.fate(token, listed, clock())


def test_a_token_is_not_in_the_log(log: Log, tmp_path: Path) -> None:
    token = given(log)
    assert len(token) == invites.TOKEN_CHARS
    log.close()
    held = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert invites.token_hash(token).encode() in held
    assert token.encode() not in held


def test_a_link_works_once(log: Log, clock: Clock) -> None:
    token = given(log)
    assert fate(log, token, clock) == "open"
    found = invites.join(log, invites.Access(), LIST, token)
    assert found is not None
    assert found.person == "bo"
    assert log.after(0)[-1].item_key == f"join/{invites.token_hash(token)}"
    assert fate(log, token, clock) == "gone"
    assert invites.join(log, invites.Access(), LIST, token) is None
    assert len(log.after(0)) == 2


def test_a_link_works_once_on_many_servers(log: Log) -> None:
    token = given(log)
    stale = [invites.Access() for _ in range(8)]
    for access in stale:
        access.catch_up(log)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda access: invites.join(log, access, LIST, token), stale))
    assert sum(one is not None for one in found) == 1
    assert [event.kind for event in log.after(0)] == ["invite", "join"]


def test_a_link_ends(log: Log, clock: Clock) -> None:
    token = given(log)
    clock.now += invites.LINK_DAYS * DAY - 1
    assert fate(log, token, clock) == "open"
    clock.now += 1
    assert fate(log, token, clock) == "gone"
    assert invites.join(log, invites.Access(), LIST, token) is None


def test_a_newer_link_ends_the_one_before(log: Log, clock: Clock) -> None:
    old, other, new = given(log), given(log, "ann"), given(log)
    assert [fate(log, token, clock) for token in (old, other, new)] == ["gone", "open", "open"]


def test_a_removal_ends_links_even_when_the_name_comes_back(log: Log, clock: Clock) -> None:
    token = given(log)
    assert fate(log, token, clock, {"ann": "admin"}) == "gone"
    taken_out(log)
    assert fate(log, token, clock) == "gone"
    assert fate(log, given(log), clock) == "open"
    assert fate(log, token, clock) == "gone"


def test_a_link_that_nobody_made_is_unknown(log: Log, clock: Clock) -> None:
    token = given(log)
    for other in ("", "x", token[:-1], token + "x", token.swapcase(), "ü\ud800"):
        assert fate(log, other, clock) == "unknown"


def test_other_events_are_passed_over(log: Log, clock: Clock) -> None:
    with log.writing() as writing:
        writing.append("vote", "bo", {"anything": 1})
    assert fate(log, given(log), clock) == "open"


# --- cookies -----------------------------------------------------------------------------------

SECRET = bytes(range(32))


def joined(log: Log) -> tuple[invites.Pass, invites.Access]:
    access = invites.Access()
    found = invites.join(log, access, LIST, given(log))
    assert found is not None
    access.catch_up(log)
    return found, access


def test_a_cookie_says_who_it_is(log: Log, clock: Clock) -> None:
    found, access = joined(log)
    cookie = invites.sign(SECRET, found)
    read = invites.read_cookie(SECRET, cookie, clock())
    assert read == found
    assert invites.recognise(read, access, LIST) == Person("bo", "annotator")
    assert invites.recognise(read, access, {**LIST, "bo": "admin"}) == Person("bo", "admin")


def test_a_cookie_of_another_hand_is_none(log: Log, clock: Clock) -> None:
    found, _ = joined(log)
    cookie = invites.sign(SECRET, found)
    body, _, signature = cookie.rpartition(".")
    forged = invites.sign(bytes(32), replace(found, person="ann"))
    others = [
        "",
        "bo",
        "." * 50,
        body,
        f"{body}.",
        f"{body}.{signature[::-1]}",
        f"{forged.rpartition('.')[0]}.{signature}",
        forged,
        "\ud800",
        "a" * 100_000,
    ]
    assert [invites.read_cookie(SECRET, other, clock()) for other in others] == [None] * len(others)


def test_what_we_signed_for_something_else_is_no_cookie(clock: Clock) -> None:
    for said in ("bo", ["bo"], {"person": "bo"}, None, [1] * 9):
        signed = str(invites._serializer(SECRET).dumps(said))
        assert invites.read_cookie(SECRET, signed, clock()) is None


def test_a_cookie_ends(log: Log, clock: Clock) -> None:
    cookie = invites.sign(SECRET, joined(log)[0])
    clock.now += invites.COOKIE_DAYS * DAY - 1
    assert invites.read_cookie(SECRET, cookie, clock()) is not None
    clock.now += 1
    assert invites.read_cookie(SECRET, cookie, clock()) is None


def test_a_clock_that_jumps_back_locks_nobody_out(log: Log, clock: Clock) -> None:
    cookie = invites.sign(SECRET, joined(log)[0])
    clock.now -= 365 * DAY
    assert invites.read_cookie(SECRET, cookie, clock()) is not None


def test_a_cookie_needs_its_event_in_the_log(log: Log) -> None:
    found, access = joined(log)
    assert invites.recognise(found, invites.Access(), LIST) is None
    for wrong in ({"seq": found.seq - 1}, {"person": "ann"}, {"token_hash": "0" * 64}):
        assert invites.recognise(replace(found, **wrong), access, LIST) is None
    assert invites.recognise(None, access, LIST) is None


def test_a_removed_person_is_told_by_name_and_let_in_by_a_new_link_alone(log: Log) -> None:
    found, access = joined(log)
    assert invites.recognise(found, access, {"ann": "admin"}) == "bo"
    taken_out(log)
    access.catch_up(log)
    assert invites.recognise(found, access, {"ann": "admin"}) == "bo"
    assert invites.recognise(found, access, LIST) is None
    new, access = joined(log)
    assert invites.recognise(found, access, LIST) is None
    assert invites.recognise(new, access, LIST) == Person("bo", "annotator")


# --- the secret --------------------------------------------------------------------------------


def test_the_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(invites.secret_of, [tmp_path] * 16))
    assert len(found) == 1
    assert len(found.pop()) == 32
    assert [p.name for p in tmp_path.iterdir()] == ["secret"]
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_each_store_has_its_own(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    one, other = invites.secret_of(tmp_path), invites.secret_of(tmp_path / "other")
    assert one != other
    assert invites.cookie_name(one) != invites.cookie_name(other)
    assert one.hex()[:8] not in invites.cookie_name(one)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644, 0o666])
def test_a_secret_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    invites.secret_of(tmp_path)
    (tmp_path / "secret").chmod(mode)
    with pytest.raises(UsageError, match="Others can read"):
        invites.secret_of(tmp_path)


def test_a_secret_that_is_not_whole_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    for held in (b"", b"short", b"x" * 33):
        path.write_bytes(held)
        path.chmod(0o600)
        with pytest.raises(UsageError, match="does not hold"):
            invites.secret_of(tmp_path)
    path.unlink()
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError):
        invites.secret_of(tmp_path)
    assert not (tmp_path / "elsewhere").exists()


def test_a_secret_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="secret cannot be used"):
        invites.secret_of(tmp_path / "missing")
