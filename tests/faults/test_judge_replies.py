"""The judge when answers name no winner, are no chat at all, or refuse one pair."""

from __future__ import annotations

import pytest

from tests.judge_endpoint import (
    PAIR,
    Asked,
    JudgeEndpoint,
    Reply,
    chat,
    fails,
    first,
    judged,
    longer_wins,
    open_judge,
    refusal,
    verdict,
)

pytestmark = pytest.mark.usefixtures("no_keys")
FILTER = "The response was filtered: content_filter"


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
