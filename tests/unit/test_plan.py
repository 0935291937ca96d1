"""Plans: order, what a limit keeps, texts by id, and pieces that do not depend on what is done."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ScoreError, StoreError
from core.schema import JUDGE_COLUMNS, PLAN_COLUMNS, ScoringPlan
from core.scorers.local import MOST_OF_A_PROMPT, open_session, score_shard, shards
from core.scorers.spec import ScorerOptions
from core.store.plan import scoring_plan
from tests import fake_scorers
from tests.factories import make_pair, make_store

TURNS = json.dumps([{"content": "be kind", "role": "system"}, {"content": "hi", "role": "user"}])


@dataclass(frozen=True)
class Sizes:
    shard_chars: int
    shard_items: int


def rows() -> list[dict[str, object]]:
    """Prompt 0 has three responses in two pairs, prompt 1 is two turns, prompt 2 is a tie."""
    return [
        make_pair(0, chosen_text="one", rejected_text="three"),
        make_pair(1, prompt_text=None, prompt_messages=TURNS),
        make_pair(0, row=2, chosen_text="five5", rejected_text="one"),
        make_pair(2, row=3, tie_kind="tie", label_kind="tie"),
        make_pair(0, row=4, chosen_text="three", rejected_text="one"),
    ]


@pytest.fixture
def store(tmp_path):
    return make_store(tmp_path, rows())


def test_the_responses_of_a_prompt_come_together_each_once_with_their_length(store):
    plan = scoring_plan(store, 42, labels=False)
    found = plan.read(plan.ids)
    assert found.schema == PLAN_COLUMNS
    assert found["response_id"].to_pylist() == plan.ids.tolist()
    assert found["prompt_id"].to_pylist() == plan.prompt_id.tolist()
    changes = sum(a != b for a, b in pairwise(plan.prompt_id.tolist()))
    assert (len(plan.ids), changes) == (7, 2)
    lengths = [
        len(r["prompt_text"] or "be kindhi") + len(r["response_text"]) for r in found.to_pylist()
    ]
    assert plan.chars.tolist() == lengths
    assert plan.labels is None


def test_a_plan_is_the_same_each_time_and_in_the_order_of_the_disk(tmp_path):
    store = make_store(tmp_path, [make_pair(i) for i in range(500)])
    plan, again = (scoring_plan(store, 42, labels=False) for _ in range(2))
    assert np.array_equal(plan.ids, again.ids)
    lying = store.con.sql("SELECT response_id FROM data.responses ORDER BY rowid").fetchall()
    place = {number: at for at, (number,) in enumerate(lying)}
    first = [min(place[i] for i in pair.tolist()) for pair in plan.ids.reshape(-1, 2)]
    assert first == sorted(first)


def test_texts_come_in_the_order_that_is_asked_for_from_any_thread(store):
    plan = scoring_plan(store, 42, labels=False)
    whole = {r["response_id"]: r for r in plan.read(plan.ids).to_pylist()}
    orders = [np.random.default_rng(n).permutation(plan.ids) for n in range(8)]
    with ThreadPoolExecutor(4) as pool:
        for ids, found in zip(orders, pool.map(plan.read, orders), strict=True):
            assert found.to_pylist() == [whole[i] for i in ids.tolist()]
    assert plan.read(plan.ids[:0]).num_rows == 0


def test_turns_come_as_messages_and_one_turn_as_text(store):
    plan = scoring_plan(store, 42, labels=False)
    prompts = {(r["prompt_text"], r["prompt_messages"]) for r in plan.read(plan.ids).to_pylist()}
    assert prompts == {("question 0", None), (None, TURNS), ("question 2", None)}


def test_an_id_that_is_not_in_the_store_is_said(store):
    with pytest.raises(StoreError, match="not in the store"):
        scoring_plan(store, 42, labels=False).read(np.array([1]))


@pytest.mark.parametrize(("limit", "responses", "labels"), [(1, 2, 1), (3, 5, 3), (99, 7, 4)])
def test_a_limit_keeps_what_the_first_rows_need(store, limit, responses, labels):
    plan = scoring_plan(store, 42, labels=True, limit=limit)
    assert (len(plan.ids), len(plan.labels.chosen_id)) == (responses, labels)
    assert set(plan.labels.chosen_id.tolist()) <= set(plan.ids.tolist())


def test_pairs_are_planned_once_and_do_not_tell_the_label(store):
    plan = scoring_plan(store, 42, labels=False, pairs=True)
    found = plan.read(plan.ids)
    assert found.schema == JUDGE_COLUMNS
    assert len(plan.ids) == 4  # row 4 is row 0 turned round; the tie is planned as well
    for row in found.to_pylist():
        assert row["first_id"] < row["second_id"]
    texts = {frozenset((r["first_text"], r["second_text"])) for r in found.to_pylist()}
    assert frozenset(("one", "three")) in texts
    sides = {r["response_id"]: r["response_text"] for r in responses_of(store)}
    assert all(sides[r["first_id"]] == r["first_text"] for r in found.to_pylist())
    assert len(scoring_plan(store, 42, labels=False, pairs=True, limit=1).ids) == 1


def test_swapping_every_label_gives_the_same_questions(tmp_path):
    swap = [
        {**r, "chosen_text": r["rejected_text"], "rejected_text": r["chosen_text"]} for r in rows()
    ]
    plans = [
        scoring_plan(make_store(tmp_path / name, pairs), 42, labels=False, pairs=True)
        for name, pairs in (("a", rows()), ("b", swap))
    ]
    one, other = (plan.read(np.sort(plan.ids)).to_pylist() for plan in plans)
    assert one == other


def responses_of(store):
    plan = scoring_plan(store, 42, labels=False)
    return plan.read(plan.ids).to_pylist()


# --- pieces ------------------------------------------------------------------------------------


def plan_of(sizes: list[list[int]]) -> ScoringPlan:
    """Prompts with the lengths of their responses."""
    prompt = np.repeat(np.arange(len(sizes)), [len(s) for s in sizes])
    chars = np.array([c for s in sizes for c in s], np.int64)
    ids = np.random.default_rng(len(chars)).permutation(10 * len(chars) + 1)[: len(chars)]
    return ScoringPlan(ids.astype(np.int64), prompt, chars, lambda ids: pa.table({}))


NONE = np.empty(0, np.int64)
PROMPTS = st.lists(st.lists(st.integers(0, 40), min_size=1, max_size=5), max_size=40)
SIZES = st.builds(Sizes, st.integers(1, 120), st.integers(1, 12))


def is_whole(plan: ScoringPlan, sizes: Sizes, piece: np.ndarray) -> bool:
    at = np.flatnonzero(np.isin(plan.ids, piece))
    small = len(at) <= sizes.shard_items and plan.chars[at].sum() <= sizes.shard_chars
    return small or len(np.unique(plan.prompt_id[at])) == 1


@given(PROMPTS, SIZES)
def test_pieces_hold_every_id_once_in_order_and_whole_prompts(prompts, sizes):
    plan = plan_of(prompts)
    pieces = shards(plan, sizes, NONE)
    assert np.array_equal(np.concatenate([NONE, *pieces]), plan.ids)
    assert all(len(p) and is_whole(plan, sizes, p) for p in pieces)
    owners = [set(plan.prompt_id[np.isin(plan.ids, piece)].tolist()) for piece in pieces]
    assert all(not a & b for a, b in pairwise(owners))


@given(PROMPTS, SIZES, st.data())
def test_what_is_left_comes_in_the_same_pieces_whichever_were_finished(prompts, sizes, data):
    """Also when some ids, of an earlier and smaller store, were done before it began."""
    plan = plan_of(prompts)
    before = np.array(data.draw(st.lists(st.sampled_from(plan.ids.tolist() or [0]))), np.int64)
    pieces = shards(plan, sizes, before)
    ended = [data.draw(st.booleans()) for _ in pieces]
    done = np.concatenate([before, *(p for p, e in zip(pieces, ended, strict=True) if e)])
    left = [p.tolist() for p, e in zip(pieces, ended, strict=True) if not e]
    assert [p.tolist() for p in shards(plan, sizes, done)] == left
    assert not set(before.tolist()) & {i for p in pieces for i in p.tolist()}


def test_small_remains_of_pieces_join():
    plan = plan_of([[10, 10]] * 20)
    assert [len(p) for p in shards(plan, Sizes(100, 10), plan.ids[1::2])] == [10, 10]


def test_a_prompt_of_very_many_responses_is_cut_and_one_of_many_is_not():
    plan = plan_of([[1] * (2 * MOST_OF_A_PROMPT + 5), [1] * 50, [1]])
    assert [len(p) for p in shards(plan, Sizes(40, 40), NONE)] == [256, 256, 5, 50, 1]


def test_a_plan_of_a_million_is_cut_at_once():
    n = 1_000_000
    chars = np.random.default_rng(0).integers(100, 4_000, n)
    plan = ScoringPlan(np.arange(n), np.arange(n) // 2, chars, lambda ids: pa.table({}))
    pieces = shards(plan, Sizes(2_000_000, 4_096), NONE)
    assert sum(map(len, pieces)) == n


# --- a shard ------------------------------------------------------------------------------------


def test_a_session_scores_the_shards_in_order_and_joins_the_batches_of_each(tmp_path):
    store = make_store(tmp_path, [make_pair(i) for i in range(20)])
    plan = scoring_plan(store, 42, labels=False)
    spec = fake_scorers.spec("fake")
    session = open_session(spec, ScorerOptions(parameters=spec.settled({"chars": 200})), plan)
    pieces = shards(plan, session, NONE)
    tables = list(session.run(pieces))
    assert len(tables) == len(pieces) > 3
    for table, ids in zip(tables, pieces, strict=True):
        assert sorted(table["response_id"].to_pylist()) == sorted(ids.tolist())


@pytest.mark.parametrize("answer", [[], [1], [1, 1], [1, 2, 3]])
def test_a_scorer_that_answers_for_others_is_refused(answer):
    class Odd:
        def score(self, prepared):
            if answer:
                yield pa.table({"response_id": pa.array(answer, pa.int64())})

    with pytest.raises(ScoreError, match="given 2 ids and answered"):
        score_shard(Odd(), np.array([1, 2]), None)


def test_an_error_of_the_thread_ahead_is_raised_and_what_was_scored_before_it_comes():
    plan = plan_of([[1]] * 4)
    spec = fake_scorers.spec("fake")

    def read(ids):
        if 2 in np.flatnonzero(np.isin(plan.ids, ids)):
            raise StoreError("The disk is gone.")
        return pa.table(
            {"response_id": ids, "prompt_text": ["p"] * len(ids), "response_text": ["r"] * len(ids)}
        )

    broken = ScoringPlan(plan.ids, plan.prompt_id, plan.chars, read)
    session = open_session(spec, ScorerOptions(parameters=spec.settled({"items": 1})), broken)
    tables = session.run(shards(broken, session, NONE))
    assert [next(tables).num_rows, next(tables).num_rows] == [1, 1]
    with pytest.raises(StoreError, match="disk is gone"):
        next(tables)
