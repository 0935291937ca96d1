"""The judge's key and address: where they come from, and that neither goes astray."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path

import pytest

from core.errors import ScoreError, UsageError
from tests.judge_endpoint import (
    PAIR,
    Asked,
    JudgeEndpoint,
    Reply,
    fails,
    judged,
    open_judge,
    refusal,
    verdict,
)

pytestmark = pytest.mark.usefixtures("no_keys")
KEY = "sk-sentinel-4711"


def test_a_redirect_is_not_followed(endpoint: JudgeEndpoint, other: JudgeEndpoint) -> None:
    to = {"Location": other.url + "/chat/completions"}
    endpoint.judge = lambda asked: Reply(307, {}, to)
    assert "points elsewhere" in fails(endpoint).message
    assert other.asked == []


def test_nothing_in_the_environment_leads_elsewhere(
    endpoint: JudgeEndpoint, other: JudgeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does the library tell what machine this is, or who the person works for."""
    proxy = other.url.removesuffix("/v1")
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy)
    monkeypatch.setenv("OPENAI_BASE_URL", other.url)
    monkeypatch.setenv("OPENAI_ORG_ID", "org-sentinel")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "project-sentinel")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "admin-sentinel")
    headers = "Host: evil.example\nAuthorization: Bearer evil-sentinel\nX-Evil: evil-sentinel"
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", headers)
    (row,) = judged(open_judge(endpoint.url), [PAIR])
    assert row["winner_id"] == 11
    assert other.asked == []
    for asked in endpoint.asked:
        assert dict(asked.headers) == {
            "host": endpoint.url.removeprefix("http://").removesuffix("/v1"),
            "authorization": "Bearer none",
            "accept": "application/json",
            "content-type": "application/json",
            "content-length": asked.headers["content-length"],
            "user-agent": "assay",
        }
        assert "sentinel" not in str(asked.body)


@pytest.mark.parametrize(
    ("environment", "sent"),
    [
        ({}, "none"),
        ({"OPENAI_API_KEY": KEY}, KEY),
        ({"ASSAY_JUDGE_KEY": f" {KEY}\n", "OPENAI_API_KEY": "sk-other"}, KEY),
        ({"ASSAY_JUDGE_KEY": "", "OPENAI_API_KEY": "sk-other"}, "none"),
    ],
)
def test_the_key_comes_from_the_environment(
    endpoint: JudgeEndpoint,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    sent: str,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    judged(open_judge(endpoint.url), [PAIR])
    assert {asked.headers["authorization"] for asked in endpoint.asked} == {f"Bearer {sent}"}


@pytest.mark.parametrize("key", ["sk-line\nbreak", "sk-höhe", "sk-\x00"])
def test_a_key_that_cannot_be_sent_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setattr("os.environ", {"ASSAY_JUDGE_KEY": key})
    with pytest.raises(UsageError, match="The key in ASSAY_JUDGE_KEY holds") as caught:
        open_judge("http://127.0.0.1:9/v1")
    assert "sk-" not in str(caught.value)


@pytest.mark.parametrize("status", [200, 400, 401, 404, 429, 500])
def test_the_key_is_nowhere_even_when_the_endpoint_repeats_it(
    endpoint: JudgeEndpoint,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    status: int,
) -> None:
    monkeypatch.setenv("ASSAY_JUDGE_KEY", KEY)
    caplog.set_level(logging.DEBUG)

    def telltale(asked: Asked) -> Reply:
        said = f"You sent {asked.headers['authorization']}"
        return verdict("A", reason=said) if status == 200 else refusal(status, said)

    endpoint.judge = telltale
    judge = open_judge(endpoint.url)
    try:
        shown = str(judged(judge, [PAIR]))
    except ScoreError as error:
        shown = f"{error} {''.join(traceback.format_exception(error))}"
    assert "You sent" in shown
    assert KEY not in shown
    assert KEY not in caplog.text
    assert KEY not in f"{judge.provenance} {judge.said} {judge._asking}"
    assert "What is 2+2?" not in caplog.text


@pytest.mark.parametrize(
    ("url", "told"),
    [("http://192.0.2.1/v1", True), ("https://192.0.2.1/v1", False), ("http://[::1]/v1", False)],
)
def test_a_key_that_would_travel_unencrypted_is_told(
    monkeypatch: pytest.MonkeyPatch, url: str, told: bool
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    said = [f"The key travels unencrypted to {url}."] if told else []
    assert open_judge(url).said == said


@pytest.mark.parametrize(
    "url",
    [
        "localhost:8000",
        "//localhost/v1",
        "ftp://localhost/v1",
        "file:///etc/passwd",
        "http://",
        "http:///v1",
        "http://local host/v1",
        "http://localhost:99999/v1",
        "http://localhost:port/v1",
        "http://localhost:0/v1",
        "http://[::1/v1",
        "http://höst/v1",
        "http://localhost\n/v1",
        "javascript:alert(1)",
    ],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="is no http or https address"):
        open_judge(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://user:secret@localhost/v1",
        "http://secret@localhost/v1",
        "http://user:sec/ret@localhost/v1",
        "http://localhost/v1?key=secret",
        "http://localhost/v1#secret",
    ],
)
def test_secrets_in_an_address_are_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(UsageError, match="ASSAY_JUDGE_KEY") as caught:
        open_judge(url)
    assert "sec" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read"),
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"\xff\xfe\x00", "is not UTF-8 text"),
        (b"x" * 100_001, "is longer than 100,000 bytes"),
    ],
)
def test_a_template_that_is_none_is_named(
    tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    file = tmp_path / "rules.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UsageError, match=rf"rules\.txt {sentence}"):
        open_judge("http://127.0.0.1:9/v1", template=file)
