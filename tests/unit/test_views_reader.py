"""What the reader asks for: percentiles, tokens, tool calls, the responses to one prompt."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from core.schema import Cursor, Ints, Order, PairFilter
from core.store.instance import Store, open_store
from core.views import percentiles, prompts
from core.views.detail import next_row, turns
from core.views.percentiles import Ladders, ladders
from core.views.prompts import name_of, prompt_view
from core.views.results import Turn
from core.views.tokens import token_pair, token_runs
from tests.factories import demo_pairs, make_pair, make_store
from tests.runs import add_run

ALPHA = "explicit_margin_alpha"
ORDERED = [(0, 1), (1, 2), (2, 0), (0, 3), (1, 3)]
"""Chosen and rejected response: 0 over 1 over 2 over 0, and 3 lost twice."""


def compared(chosen: int, rejected: int, number: int = 0, **over: object) -> dict[str, object]:
    texts = {"chosen_text": f"answer {chosen}", "rejected_text": f"answer {rejected}"}
    return make_pair(number, prompt_text="one prompt", **{**texts, **over})


# --- percentiles -------------------------------------------------------------------------------


def test_a_percentile_is_the_share_below_and_half_of_the_equal_ones(tmp_path: Path) -> None:
    margins = [1.0, 2.0, 2.0, 5.0]
    rows = [make_pair(i, scores={"alpha": (m, 0.0)}) for i, m in enumerate(margins)]
    store = make_store(tmp_path, [*rows, make_pair(9)])
    found = ladders(store)
    assert found.exact
    assert [found.share(ALPHA, m) for m in (0.0, 1.0, 2.0, 5.0, 9.0)] == [0, 0.125, 0.5, 0.875, 1]
    assert found.share(ALPHA, None) is None
    assert found.share("no_such_signal", 1.0) is None
    # Every row has none: that a row has none says nothing.
    assert found.share("duplicate_rows", 0.0) is None


def test_percentiles_of_a_sample_are_near(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = make_store(tmp_path, demo_pairs(2000))
    whole = ladders(store)
    monkeypatch.setattr(percentiles, "SAMPLE", 900)
    sample = ladders(store)
    assert whole.exact
    assert not sample.exact
    values = store.query("browse_sample", {"every": 1})[ALPHA].drop_null().to_numpy()
    for value in np.quantile(values, [0.1, 0.5, 0.9]):
        near = pytest.approx(whole.share(ALPHA, value), abs=0.06)
        assert sample.share(ALPHA, value) == near


def test_a_store_without_rows_has_empty_ladders(tmp_path: Path) -> None:
    assert ladders(make_store(tmp_path, [])).share("suspicion", 0.5) is None
    assert Ladders({"x": np.empty(0)}, True).share("x", 1.0) is None


# --- next row ----------------------------------------------------------------------------------


def test_rows_follow_one_another_to_the_end(tmp_path: Path) -> None:
    store = make_store(tmp_path, demo_pairs(20))
    order = Order("suspicion", descending=True)
    walked, at = [], next_row(store, PairFilter(), order, None)
    while at is not None:
        walked.append(at)
        at = next_row(store, PairFilter(), order, Cursor(at.value, at.row_id))
    assert len({row.row_id for row in walked}) == store.total
    known = [row.value for row in walked if row.value is not None]
    assert all(before >= after for before, after in pairwise(known))
    assert [row.value for row in walked[len(known) :]] == [None] * (len(walked) - len(known))


# --- turns -------------------------------------------------------------------------------------


def test_tool_calls_are_turns_of_their_own_and_can_be_read() -> None:
    call = {"function": {"name": "look", "arguments": '{"where": "here"}'}, "id": "1"}
    messages = [
        {"role": "assistant", "content": "I look.", "tool_calls": [call]},
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "content": '{"a": 1}', "name": "look"},
        {"role": "user", "content": [{"type": "image", "url": "x"}]},
    ]
    found = turns(json.dumps(messages), None, "user")
    roles = ["assistant", "assistant, tool_calls", "assistant, tool_calls", "tool", "tool, name"]
    assert [turn.role for turn in found] == [*roles, "user"]
    opened = json.loads(found[1].content)
    assert opened[0]["function"]["arguments"] == {"where": "here"}
    assert "\n" in found[1].content
    # What a person or a tool wrote is never laid out anew.
    assert found[3] == Turn("tool", '{"a": 1}')
    assert json.loads(found[5].content) == messages[3]["content"]


@pytest.mark.parametrize("arguments", ["{broken", "3", "plain", ""])
def test_arguments_that_are_no_json_stay_as_they_are(arguments: str) -> None:
    messages = [{"role": "assistant", "tool_calls": [{"arguments": arguments}]}]
    (turn,) = turns(json.dumps(messages), None, "user")
    assert json.loads(turn.content) == [{"arguments": arguments}]


# --- tokens ------------------------------------------------------------------------------------


def of_tokens(reference: bool = True, broken: bool = False):
    """Return a run of two tokens an answer, cut after 7 letters, and one for the end."""

    def values(ids: Ints) -> Mapping[str, object]:
        n, kind = len(ids), pa.list_(pa.float32())
        found: dict[str, object] = {
            "policy_token_logps": pa.array([[-1.0, -2.0, -0.5]] * n, kind),
            "token_ends": pa.array([[3, 7, 7][: 2 if broken else 3]] * n, pa.list_(pa.int32())),
        }
        theirs = {"ref_token_logps": pa.array([[-1.5, -1.0, -0.5]] * n, kind)}
        return {**found, **(theirs if reference else {})}

    return values


@pytest.fixture
def tokened(tmp_path: Path) -> Store:
    rows = [
        make_pair(0, chosen_text="abc defg and more"),
        make_pair(
            1,
            chosen_text=None,
            chosen_messages=json.dumps([{"role": "assistant", "content": "x", "name": "n"}]),
        ),
    ]
    make_store(tmp_path, rows).close()
    add_run(tmp_path, "toks", of_tokens(), scorer="policy")
    add_run(tmp_path, "alone", of_tokens(reference=False), scorer="policy")
    add_run(tmp_path, "broken", of_tokens(broken=True), scorer="policy")
    add_run(tmp_path, "sums", lambda ids: {"policy_logps": -1.0 * np.ones(len(ids))})
    return open_store(tmp_path)


def test_tokens_have_their_letters_and_ratios(tokened: Store) -> None:
    assert set(token_runs(tokened)) == {"toks", "alone", "broken"}
    found = token_pair(tokened, 0, "toks")
    chosen = found.chosen
    assert [token.text for token in chosen.tokens] == ["abc", " def", ""]
    assert [token.ratio for token in chosen.tokens] == [0.5, -1.0, 0.0]
    assert (chosen.rest, chosen.ratio, chosen.placed) == ("g and more", -0.5, True)


def test_tokens_of_several_turns_have_numbers_without_letters(tokened: Store) -> None:
    chosen = token_pair(tokened, 1, "toks").chosen
    assert not chosen.placed
    assert [token.text for token in chosen.tokens] == ["", "", ""]
    assert chosen.ratio == -0.5


def test_without_a_reference_there_is_no_ratio(tokened: Store) -> None:
    chosen = token_pair(tokened, 0, "alone").chosen
    assert chosen.ratio is None
    assert [token.policy for token in chosen.tokens] == [-1.0, -2.0, -0.5]


@pytest.mark.parametrize(("row_id", "run"), [(0, "broken"), (0, "sums"), (0, "none"), (99, "toks")])
def test_what_has_no_whole_tokens_has_none(tokened: Store, row_id: int, run: str) -> None:
    assert token_pair(tokened, row_id, run) is None


# --- responses to one prompt -------------------------------------------------------------------


def test_responses_are_ranked_and_a_cycle_is_named(tmp_path: Path) -> None:
    rows = [compared(a, b, i) for i, (a, b) in enumerate(ORDERED)]
    tie = compared(2, 3, 9, tie_kind="tie", label_kind="tie", chosen_model="m")
    store = make_store(tmp_path, [*rows, tie, make_pair(10)])
    found = prompt_view(store, 0)
    assert [r.name for r in found.responses] == ["A", "B", "C", "D"]
    previews = {r.name: r.preview for r in found.responses}
    assert previews["D"] == "answer 3"
    last = found.responses[-1]
    assert (last.won, last.lost, last.tied) == (0, 2, 1)
    scores = [r.score for r in found.responses]
    assert scores == sorted(scores, reverse=True)
    (cycle,) = found.cycles
    assert {previews[name] for name in cycle} == {"answer 0", "answer 1", "answer 2"}
    said = [f"{previews[c.first]} {c.tie} {previews[c.second]}" for c in found.comparisons]
    assert said[0] == "answer 0 False answer 1"
    assert said[5] == "answer 2 True answer 3"
    assert found.wins().sum() == 5
    assert {r.model for r in found.responses} == {None, "m"}
    assert not found.cut


def test_two_responses_are_no_ranking(tmp_path: Path) -> None:
    rows = [compared(0, 1), compared(1, 0, 1), compared(0, 1, 2, split="test")]
    store = make_store(tmp_path, rows)
    assert prompt_view(store, 0) is None
    assert prompt_view(store, 99) is None


def test_a_prompt_of_very_many_rows_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [compared(i, i + 1, i) for i in range(12)]
    store = make_store(tmp_path, rows)
    assert not prompt_view(store, 0).cut
    monkeypatch.setattr(prompts, "RESPONSES", 5)
    assert [r.name for r in prompt_view(store, 0).responses] == list("ABCDE")
    monkeypatch.setattr(prompts, "RESPONSES", 40)
    monkeypatch.setattr(prompts, "ROWS", 6)
    found = prompt_view(store, 0)
    assert (found.cut, len(found.comparisons)) == (True, 6)


def test_names_go_on_after_z() -> None:
    assert [name_of(rank) for rank in (0, 25, 26, 52)] == ["A", "Z", "A2", "A3"]
