"""The door: a link is looked at freely, used once, from its own page, for a cookie."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.relabel import invites, people
from core.relabel.log import open_log
from core.settings import Settings
from pages.components.door import INSIDE, Door, application

OWN = {"Sec-Fetch-Site": "same-origin"}
NONE = "x" * invites.TOKEN_CHARS
Make = Callable[..., str]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    people.put(tmp_path, "ann", "admin")
    people.put(tmp_path, "bo", "annotator")
    return Settings(store=tmp_path)


def client_of(settings: Settings, base: str = "http://127.0.0.1:8501") -> TestClient:
    app = Starlette(routes=Door(settings).routes())
    return TestClient(app, base_url=base, follow_redirects=False)


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    with client_of(settings) as made:
        yield made


@pytest.fixture
def link(settings: Settings) -> Make:
    def make(person: str = "bo") -> str:
        log = open_log(settings.log_url)
        with log.writing() as writing:
            token = invites.invite(writing, person)
        log.close()
        return f"/join/{token}"

    return make


def test_looking_does_not_use_a_link(client: TestClient, link: Make) -> None:
    path = link()
    for method in ("GET", "HEAD", "GET"):
        found = client.request(method, path)
        assert found.status_code == 200
        assert "set-cookie" not in found.headers
    assert '<form method="post"><button' in client.get(path).text
    assert client.post(path, headers=OWN).status_code == 303


def test_the_button_gives_a_cookie_and_leads_inside(
    client: TestClient, link: Make, settings: Settings
) -> None:
    found = client.post(link(), headers=OWN)
    assert (found.status_code, found.headers["location"]) == (303, INSIDE)
    ((name, cookie),) = SimpleCookie(found.headers["set-cookie"]).items()
    secret = invites.secret_of(settings.store)
    assert name == invites.cookie_name(secret)
    assert cookie["httponly"] is True
    assert not cookie["secure"]
    assert cookie["samesite"].lower() == "strict"
    assert (cookie["path"], cookie["max-age"]) == ("/", str(90 * 86_400))
    assert not cookie["domain"]
    given = invites.read_cookie(secret, cookie.value, open_log(settings.log_url).now())
    assert given is not None
    assert given.person == "bo"


def test_over_https_the_cookie_is_for_https_alone(settings: Settings, link: Make) -> None:
    with client_of(settings, "https://assay.example") as client:
        found = client.post(link(), headers=OWN)
    assert "secure" in found.headers["set-cookie"].lower()


def test_a_used_link_says_so_and_no_more(client: TestClient, link: Make) -> None:
    path = link()
    client.post(path, headers=OWN)
    for found in (client.get(path), client.post(path, headers=OWN)):
        assert found.status_code == 410
        assert "no longer lets anybody in" in found.text
        assert "set-cookie" not in found.headers
        assert "bo" not in re.sub(r"<style>.*?</style>", "", found.text, flags=re.DOTALL).split()


@pytest.mark.parametrize("path", ["zq", NONE, f"{NONE}x", "..%2f..%2fsecret", "%00", "a" * 5_000])
def test_a_link_that_nobody_made_is_not_found(
    client: TestClient, settings: Settings, path: str
) -> None:
    for found in (client.get(f"/join/{path}"), client.post(f"/join/{path}", headers=OWN)):
        assert found.status_code == 404
        assert "set-cookie" not in found.headers
        assert path not in found.text
    assert not (settings.store / "secret").exists()


def test_a_link_of_one_who_is_not_listed_lets_nobody_in(
    client: TestClient, link: Make, settings: Settings
) -> None:
    path = link()
    people.drop(settings.store, "bo")
    assert client.get(path).status_code == 410
    assert client.post(path, headers=OWN).status_code == 410


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8502"},
        {"Origin": "http://127.0.0.1"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8501"},
    ],
    ids=str,
)
def test_a_form_of_another_page_is_refused_and_uses_nothing(
    client: TestClient, link: Make, headers: dict[str, str]
) -> None:
    path = link()
    found = client.post(path, headers=headers)
    assert found.status_code == 403
    assert "set-cookie" not in found.headers
    assert client.post(path, headers={"Origin": "http://127.0.0.1:8501"}).status_code == 303


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_nothing_but_looking_and_using(client: TestClient, link: Make, method: str) -> None:
    assert client.request(method, link(), headers=OWN).status_code == 405


def test_many_presses_on_many_servers_let_one_in(settings: Settings, link: Make) -> None:
    path = link()
    clients = [client_of(settings) for _ in range(3)]
    with ThreadPoolExecutor(9) as pool:
        found = list(pool.map(lambda c: c.post(path, headers=OWN).status_code, clients * 3))
    assert sorted(found) == [303] + [410] * 8


def test_its_page_asks_nobody_and_runs_nothing(client: TestClient, link: Make) -> None:
    found = client.get(link())
    assert "script" not in found.text
    assert "//" not in found.text
    assert "default-src 'none'" in found.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in found.headers["content-security-policy"]
    assert found.headers["cache-control"] == "no-store"
    assert found.headers["x-content-type-options"] == "nosniff"


def test_a_log_that_is_away_tells_no_addresses(tmp_path: Path) -> None:
    (tmp_path / "votes.sqlite3").write_bytes(b"not a database, and quite long enough for one" * 99)
    with client_of(Settings(store=tmp_path)) as client:
        for found in (client.get(f"/join/{NONE}"), client.post(f"/join/{NONE}", headers=OWN)):
            assert found.status_code == 503
            assert str(tmp_path) not in found.text
            assert "Try the link again later" in found.text


def test_a_secret_that_others_can_read_lets_nobody_in(
    client: TestClient, link: Make, settings: Settings
) -> None:
    invites.secret_of(settings.store)
    (settings.store / "secret").chmod(0o644)
    path = link()
    assert client.post(path, headers=OWN).status_code == 503
    (settings.store / "secret").chmod(0o600)
    assert client.post(path, headers=OWN).status_code == 303


def test_the_door_stands_before_the_app() -> None:
    assert application().script_path.name == "app.py"
