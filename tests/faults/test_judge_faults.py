"""The judge when the endpoint fails, lies or repeats secrets, and when addresses are wrong."""

import logging
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.errors import ScoreError, UsageError
from core.scorers.judge_texts import INSTRUCTION
from tests.judge_endpoint import (
    Asked,
    JudgeEndpoint,
    Reply,
    chat,
    judge_rows,
    judged,
    longer_wins,
    open_judge,
    refusal,
    verdict,
)

PAIR = ("What is 2+2?", "It is four.", "Five")
KEY = "sk-sentinel-4711"
FILTER = "The response was filtered: content_filter"


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def endpoint() -> Iterator[JudgeEndpoint]:
    with JudgeEndpoint().running() as running:
        yield running


@pytest.fixture
def other() -> Iterator[JudgeEndpoint]:
    """Where nothing may arrive."""
    with JudgeEndpoint().running() as running:
        yield running


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses before retries, which are not made."""
    import anyio

    made: list[float] = []

    async def pause(seconds: float) -> None:
        made.append(seconds)

    monkeypatch.setattr(anyio, "sleep", pause)
    return made


def first(*replies: Reply) -> Callable[[Asked], Reply]:
    """Return a judge that begins with these replies and is well from then on."""
    coming = list(replies)
    return lambda asked: coming.pop(0) if coming else longer_wins(asked)


def fails(endpoint: JudgeEndpoint, pairs: int = 1, **given: float) -> ScoreError:
    """Return the error that ends the run."""
    with pytest.raises(ScoreError) as caught:
        judged(open_judge(endpoint.url, **given), [PAIR] * pairs)
    return caught.value


def test_a_request_is_repeated_after_the_pause_that_the_endpoint_asks_for(
    endpoint: JudgeEndpoint, pauses: list[float]
) -> None:
    busy = refusal(429, "Slow down.", retry_after="0.25")
    endpoint.judge = first(busy, busy)
    (row,) = judged(open_judge(endpoint.url, retries=2, parallel=1), [PAIR])
    assert row["winner_id"] == 11
    assert pauses == [0.25, 0.25]
    assert len(endpoint.asked) == 4


@pytest.mark.parametrize("status", [0, 408, 500, 502, 503])
def test_pauses_grow_while_the_endpoint_is_in_trouble(
    endpoint: JudgeEndpoint, pauses: list[float], status: int
) -> None:
    endpoint.judge = first(*[Reply(status, b"busy")] * 3)
    (row,) = judged(open_judge(endpoint.url, retries=3, parallel=1), [PAIR])
    assert row["winner_id"] == 11
    assert len(pauses) == 3
    assert pauses == sorted(pauses)


def test_an_endpoint_that_is_down_is_named_at_once(pauses: list[float]) -> None:
    with JudgeEndpoint().running() as gone:
        pass
    error = fails(gone, retries=9)
    assert error.message == f"The endpoint {gone.url} cannot be reached."
    assert "same command again" in error.hint
    assert pauses == []


def test_an_endpoint_that_breaks_off_ends_the_run_and_is_asked_again_later(
    endpoint: JudgeEndpoint, pauses: list[float]
) -> None:
    judge = open_judge(endpoint.url, retries=2, parallel=1)
    endpoint.judge = first(verdict("A"), *[Reply(0)] * 3)
    with pytest.raises(ScoreError, match=r"cannot be reached"):
        judged(judge, [PAIR] * 3)
    assert len(pauses) == 2
    assert [row["winner_id"] for row in judged(judge, [PAIR] * 3)] == [11, 21, 31]


def test_silence_ends_the_run_with_what_to_change(endpoint: JudgeEndpoint) -> None:
    def silent(asked: Asked) -> Reply:
        endpoint.stopped.wait(10)
        return verdict("A")

    endpoint.judge = silent
    error = fails(endpoint, timeout_seconds=0.2)
    assert error.message == f"The endpoint {endpoint.url} gave no answer within 0.2 seconds."
    assert "timeout_seconds" in error.hint
    endpoint.stopped.set()


@pytest.mark.parametrize(
    ("status", "sentence", "hint"),
    [
        (401, "refuses the key", "Set ASSAY_JUDGE_KEY or OPENAI_API_KEY."),
        (403, "refuses the key", "Set ASSAY_JUDGE_KEY"),
        (404, "has no chat model named 'judge-model'", "ends in /v1"),
        (405, "fails with status 405", "same command again"),
        (429, "still asks for a pause", "Lower --set parallel"),
        (500, "fails with status 500", "same command again"),
        (503, "fails with status 503", "same command again"),
    ],
)
def test_what_every_pair_would_meet_ends_the_run(
    endpoint: JudgeEndpoint, status: int, sentence: str, hint: str
) -> None:
    endpoint.judge = lambda asked: refusal(status, "No\x1b[31m way\nout")
    error = fails(endpoint, pairs=30)
    assert error.message == f"The endpoint {endpoint.url} {sentence}."
    assert hint in error.hint
    assert "It said: No [31m way out" in error.hint
    assert len(endpoint.asked) < 30


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


def test_a_host_that_cannot_exist_is_a_sentence() -> None:
    with pytest.raises(ScoreError, match="cannot be reached"):
        judged(open_judge("http://a..b/v1"), [PAIR])


def test_answers_that_name_no_winner_end_the_run_early(endpoint: JudgeEndpoint) -> None:
    endpoint.judge = lambda asked: chat("Both have merits.\x1b[2J")
    error = fails(endpoint, pairs=40)
    assert error.message == f"The first 20 answers of {endpoint.url} name no winner."
    assert "One answer begins: Both have merits. [2J" in error.hint
    assert len(endpoint.asked) < 40


def test_a_small_set_without_any_winner_ends_as_well(endpoint: JudgeEndpoint) -> None:
    endpoint.judge = lambda asked: chat("banana")
    assert "The first 10 answers" in fails(endpoint, pairs=5).message


def test_some_unreadable_answers_are_kept_as_such(endpoint: JudgeEndpoint) -> None:
    endpoint.judge = first(chat("Hm, hard to say."))
    rows = judged(open_judge(endpoint.url, parallel=1), [PAIR] * 12)
    assert [row["winner_id"] for row in rows] == [None, *(10 * i + 1 for i in range(2, 13))]
    assert (rows[0]["first_order"], rows[0]["second_order"]) == (None, "first")
    assert rows[0]["reason_first"] == "Hm, hard to say."


@pytest.mark.parametrize(
    "body",
    [
        b"<html>Welcome to nginx</html>",
        b"\xff\xfe",
        b"[" * 100_000,
        {},
        [],
        None,
        {"choices": []},
        {"choices": [None]},
        {"choices": [{"text": "A"}]},
        {"error": {"message": "upstream"}},
    ],
)
def test_an_address_that_is_no_chat_ends_the_run_at_once(
    endpoint: JudgeEndpoint, body: object
) -> None:
    endpoint.judge = lambda asked: Reply(200, body)
    error = fails(endpoint)
    assert error.message == f"The endpoint {endpoint.url} does not answer as a chat endpoint."
    assert len(error.hint) < 400


def test_one_answer_that_is_no_chat_is_that_pairs(endpoint: JudgeEndpoint) -> None:
    endpoint.judge = first(verdict("A"), Reply(200, {"error": {"message": "upstream"}}))
    (row, _) = judged(open_judge(endpoint.url, parallel=1), [PAIR] * 2)
    assert (row["first_order"], row["second_order"]) == ("first", None)
    assert "no chat answer" in row["reason_second"]
    assert row["prompt_tokens"] is None


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_refused_pair_is_not_the_end(endpoint: JudgeEndpoint, status: int) -> None:
    def judge(asked: Asked) -> Reply:
        bad = asked.text("prompt") == "bad"
        return refusal(status, "Too long: \ud800 4711") if bad else longer_wins(asked)

    endpoint.judge = judge
    rows = judged(open_judge(endpoint.url), [("bad", "a", "b"), PAIR])
    assert [row["winner_id"] for row in rows] == [None, 21]
    assert rows[0]["first_order"] is rows[0]["second_order"] is None
    assert rows[0]["reason_first"] == f"The endpoint refused with status {status}: Too long: ? 4711"
    assert (rows[0]["prompt_tokens"], rows[0]["answer_tokens"]) == (0, 0)


def test_refusals_of_everything_end_the_run_unless_a_filter_made_them(
    endpoint: JudgeEndpoint,
) -> None:
    endpoint.judge = lambda asked: refusal(400, "Maximum context length is 10 tokens.")
    assert "Maximum context length" in fails(endpoint, pairs=12).hint
    for reply in (refusal(400, FILTER), chat("", finish="content_filter")):
        endpoint.judge = lambda asked, reply=reply: reply
        rows = judged(open_judge(endpoint.url), [PAIR] * 12)
        assert [row["first_order"] for row in rows] == [None] * 12


def test_a_text_on_which_the_server_fails_is_not_the_end(endpoint: JudgeEndpoint) -> None:
    def judge(asked: Asked) -> Reply:
        return refusal(500, "Bug.") if "bad" in asked.message else longer_wins(asked)

    endpoint.judge = judge
    rows = judged(open_judge(endpoint.url), [("bad", "a", "b"), PAIR])
    assert [row["winner_id"] for row in rows] == [None, 21]
    assert rows[0]["reason_first"] == "The endpoint refused with status 500: Bug."


@pytest.mark.parametrize(
    ("message", "changed"),
    [
        ("seed: Extra inputs are not permitted", {"seed": None}),
        ("'temperature' does not support 0 with this model.", {"temperature": None}),
        (
            "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens'.",
            {"max_tokens": None, "max_completion_tokens": 1024},
        ),
    ],
)
def test_what_an_endpoint_does_not_take_is_left_out_and_told(
    endpoint: JudgeEndpoint, message: str, changed: dict[str, object]
) -> None:
    gone = next(iter(changed))
    endpoint.judge = lambda a: refusal(400, message) if gone in a.body else longer_wins(a)
    judge = open_judge(endpoint.url)
    assert [row["winner_id"] for row in judged(judge, [PAIR] * 3)] == [11, 21, 31]
    assert {name: endpoint.asked[-1].body.get(name) for name in changed} == changed
    assert [gone in sentence for sentence in judge.said] == [True]
    endpoint.asked.clear()
    judged(judge, [PAIR])
    assert len(endpoint.asked) == 2


@pytest.mark.parametrize(
    "message", ["System role not supported", "Conversation roles must alternate user/assistant"]
)
def test_a_model_without_system_turns_gets_the_instruction_from_the_user(
    endpoint: JudgeEndpoint, message: str
) -> None:
    endpoint.judge = lambda a: refusal(400, message) if a.instruction else longer_wins(a)
    (row,) = judged(open_judge(endpoint.url), [PAIR])
    assert row["winner_id"] == 11
    assert endpoint.asked[-1].message.startswith(INSTRUCTION)


def test_a_text_cannot_talk_a_later_request_out_of_its_seed(endpoint: JudgeEndpoint) -> None:
    echo = refusal(400, "Rejected: seed not supported")
    endpoint.judge = first(verdict("A"), echo)
    judge = open_judge(endpoint.url, parallel=1)
    (row, other) = judged(judge, [PAIR] * 2)
    assert (row["second_order"], other["winner_id"]) == (None, 21)
    assert endpoint.asked[-1].body["seed"] == 42
    assert judge.said == []


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


def test_a_shard_that_fails_hands_nothing_on_after_the_error(endpoint: JudgeEndpoint) -> None:
    endpoint.judge = first(verdict("A"), verdict("B"), *[refusal(401, "expired")] * 99)
    judge = open_judge(endpoint.url, parallel=1)
    tables = judge.score(judge.prepare(judge_rows([PAIR] * 10)))
    assert next(tables)["pair_id"].to_pylist() == [1]
    with pytest.raises(ScoreError, match="refuses the key"):
        list(tables)
    assert len(endpoint.asked) < 12
