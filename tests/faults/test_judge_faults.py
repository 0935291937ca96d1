"""The judge when the endpoint fails: what is asked again, what ends the run, what is left out."""

from __future__ import annotations

import pytest

from core.errors import ScoreError
from core.scorers.judge_texts import INSTRUCTION
from tests.judge_endpoint import (
    PAIR,
    Asked,
    JudgeEndpoint,
    Reply,
    fails,
    first,
    judge_rows,
    judged,
    longer_wins,
    open_judge,
    refusal,
    verdict,
)

pytestmark = pytest.mark.usefixtures("no_keys")


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


def test_a_host_that_cannot_exist_is_a_sentence() -> None:
    with pytest.raises(ScoreError, match="cannot be reached"):
        judged(open_judge("http://a..b/v1"), [PAIR])


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


def test_a_shard_that_fails_hands_nothing_on_after_the_error(endpoint: JudgeEndpoint) -> None:
    endpoint.judge = first(verdict("A"), verdict("B"), *[refusal(401, "expired")] * 99)
    judge = open_judge(endpoint.url, parallel=1)
    tables = judge.score(judge.prepare(judge_rows([PAIR] * 10)))
    assert next(tables)["pair_id"].to_pylist() == [1]
    with pytest.raises(ScoreError, match="refuses the key"):
        list(tables)
    assert len(endpoint.asked) < 12
