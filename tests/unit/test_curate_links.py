"""Links: what ties two prompts of a store, what does not, and what was not looked for."""

import json
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from core.curate.splits.asked import LINKS
from core.curate.splits.links import LEAST, Components, grouped, prompt_groups
from core.curate.splits.normal import normal_form
from core.errors import UnknownName
from core.store.instance import open_store
from core.store.near import near_matches, near_pairs
from tests.factories import Row, make_pair, make_store
from tests.unit.test_store_texts import changed, passage

LONG = "the same answer, long enough to be nobody's accident"
TURN = "Please tell me how a bill becomes a law in Norway."


def messages(*turns: tuple[str, str]) -> dict[str, object]:
    packed = [{"content": text, "role": role} for role, text in turns]
    return {"prompt_text": None, "prompt_messages": json.dumps(packed)}


def asked(number: int, text: str, **over: object) -> Row:
    return make_pair(number, prompt_text=text, chosen_text=f"answer {number}", **over)


def found(root: Path, rows: list[Row], kinds: tuple[str, ...] = LINKS) -> tuple[Components, list]:
    """Return the components of a store of rows, and of each row, in the rows' order, its own."""
    with closing(make_store(root, rows)) as store:
        groups = prompt_groups(store, kinds)
        order = store.con.sql("SELECT row_id FROM data.pairs ORDER BY row").fetchall()
    label = groups.row_label[[row for (row,) in order]]
    return groups, np.unique(label, return_inverse=True)[1].tolist()


def together(label: list[int]) -> set[tuple[int, ...]]:
    """Return the rows that hang together, of more than one."""
    groups = (tuple(np.flatnonzero(np.array(label) == one).tolist()) for one in set(label))
    return {group for group in groups if len(group) > 1}


def test_the_same_but_for_case_spaces_and_marks(tmp_path) -> None:
    said = [
        "What's  a PROXY?", "what s a proxy", "\uff37hat\u2019s a pro\u00adxy\u2026",
        "What is a proxy?", "Stra\u00dfe!", "STRASSE", "2+2?", "2 2", "???", "!!!",
    ]  # fmt: skip
    groups, label = found(tmp_path, [asked(i, text) for i, text in enumerate(said)])
    assert together(label) == {(0, 1, 2), (4, 5)}
    assert [one.kind for one in groups.links if one.prompt.size] == ["normalised"]
    assert groups.unchecked["near"].startswith("Nearly equal prompts were not looked for")


def test_an_answer_that_two_prompts_have(tmp_path) -> None:
    rows = [
        make_pair(0, prompt_text="One?", chosen_text=LONG),
        make_pair(1, prompt_text="Two?", rejected_text=LONG),
        make_pair(2, prompt_text="Three?", chosen_text="Yes."),
        make_pair(3, prompt_text="Four?", chosen_text="Yes."),
        make_pair(4, prompt_text="Five?", chosen_text="x" * (LEAST - 1)),
        make_pair(5, prompt_text="Six?", chosen_text="x" * (LEAST - 1)),
        make_pair(6, prompt_text="Seven?", chosen_text="x" * LEAST),
        make_pair(7, prompt_text="Eight?", chosen_text="x" * LEAST),
    ]
    _, label = found(tmp_path, rows)
    assert together(label) == {(0, 1), (6, 7)}


def test_ids_of_conversations(tmp_path) -> None:
    said = [
        {"conversation_id": "a"}, {"conversation_id": "a", "lang": "en"}, {"conv_id": "a"},
        {"conversation_id": 7}, {"conversation_id": 7}, {"conversation_id": ""},
        {"conversation_id": ""}, {"conversation_id": None}, {"question_id": "a"},
        {"conversation_id": None},
    ]  # fmt: skip
    rows = [asked(i, f"{i}?", extra=json.dumps(extra)) for i, extra in enumerate(said)]
    rows.append(asked(10, "ten?", extra='{"conversation_id": broken'))
    groups, label = found(tmp_path, rows)
    assert together(label) == {(0, 1), (3, 4)}
    assert [one.kind for one in groups.links if one.prompt.size] == ["conversation"]


def test_ids_of_two_sources_are_two_conversations(tmp_path) -> None:
    extra = '{"conversation_id": "1"}'
    make_store(tmp_path, [asked(0, "one?", extra=extra)], source="first").close()
    with closing(make_store(tmp_path, [asked(1, "two?", extra=extra)], source="other")) as store:
        assert prompt_groups(store).smallest.size == 2


def test_conversations_that_open_alike(tmp_path) -> None:
    later = messages(("user", TURN.upper()), ("assistant", "So."), ("user", "And then?"))
    other = messages(("user", "Another one"), ("assistant", "So."), ("user", TURN))
    guided = messages(("system", "Be short."), ("user", TURN))
    short = messages(("user", "Hi"), ("assistant", "Hello"), ("user", "Tell me more"))
    rows = [
        asked(0, TURN),
        {**asked(1, ""), **later},
        {**asked(2, ""), **other},
        {**asked(3, ""), **guided},
        asked(4, "Hi"),
        {**asked(5, ""), **short},
    ]
    groups, label = found(tmp_path, rows)
    assert together(label) == {(0, 1, 3)}
    assert [one.kind for one in groups.links if one.prompt.size] == ["conversation"]


def test_nearly_the_same_words(tmp_path, assay) -> None:
    first, second = passage(1, 60), passage(2, 60)
    said = [first, changed(first, 30), second, "Why?", changed(changed(first, 5), 30)]
    root = tmp_path / "store"
    found(root, [asked(i, text) for i, text in enumerate(said)])
    assert assay("score", "textstats", store=root).code == 0
    with closing(open_store(root)) as store:
        groups = prompt_groups(store)
        others = prompt_groups(store, ("normalised", "response", "conversation"))
    assert groups.unchecked == {}
    assert np.bincount(groups.label).max() == 3
    assert groups.smallest.size == 3
    assert others.smallest.size == 5


def test_kinds_that_are_not_asked_tie_nothing(tmp_path) -> None:
    rows = [asked(0, "Why?"), asked(1, "why")]
    groups, label = found(tmp_path, rows, ("near", "response"))
    assert together(label) == set()
    assert [one.kind for one in groups.links] == ["response"]
    assert found(tmp_path / "none", rows, ())[0].links == ()


def test_an_unknown_kind_and_a_store_without_rows(tmp_path) -> None:
    with closing(make_store(tmp_path, [])) as store:
        assert prompt_groups(store).prompt_ids.size == 0
        with pytest.raises(UnknownName, match="no link named 'nearly'"):
            prompt_groups(store, ("nearly",))


def test_what_hangs_together_by_several_kinds(tmp_path) -> None:
    rows = [
        make_pair(0, prompt_text="One?", chosen_text=LONG),
        make_pair(1, prompt_text="Two?", chosen_text=LONG, extra='{"conversation_id": "c"}'),
        make_pair(2, prompt_text="Three?", extra='{"conversation_id": "c"}'),
        make_pair(3, prompt_text="three!"),
        make_pair(4, prompt_text="Four?"),
    ]
    groups, label = found(tmp_path, rows)
    assert together(label) == {(0, 1, 2, 3)}
    component = groups.row_label[0]
    assert set(groups.smallest) <= set(groups.prompt_ids)
    inside = groups.prompt_ids[groups.label == component]
    assert groups.smallest[component] == inside.min()


def test_signatures_that_are_equal_or_near() -> None:
    draw = np.random.default_rng(1)
    made = draw.integers(0, 256, (40, 128), np.uint8)
    made[5], made[6], made[7] = made[1], made[1], made[1]
    made[7, :10] ^= 1
    made[8, :60] = made[1, :60]
    made[9] = made[10] = 0
    first, second = near_pairs(made)
    assert {frozenset(pair) for pair in zip(first.tolist(), second.tolist(), strict=True)} in (
        {frozenset((1, 5)), frozenset((5, 6)), frozenset((1, 7))},
        {frozenset((1, 5)), frozenset((5, 6)), frozenset((5, 7))},
        {frozenset((1, 5)), frozenset((5, 6)), frozenset((6, 7))},
    )
    at, of = near_matches(made, made[[3, 7, 9]])
    assert (at.tolist(), of.tolist()) == ([1, 3, 5, 6, 7], [1, 0, 1, 1, 1])
    assert [one.size for one in near_matches(made, made[:0])] == [0, 0]
    assert [one.size for one in near_pairs(made[:0])] == [0, 0]


def test_a_crowd_of_near_texts_hangs_together() -> None:
    made = np.tile(np.random.default_rng(2).integers(0, 256, 128, np.uint8), (3_000, 1))
    places = np.random.default_rng(3).integers(0, 128, 3_000)
    made[np.arange(3_000), places] ^= np.arange(3_000).astype(np.uint8) | 1
    first, second = near_pairs(made)
    graph = coo_array((np.ones(first.size), (first, second)), shape=(3_000, 3_000))
    assert connected_components(graph, directed=False)[0] == 1


def test_a_prompt_is_once_in_a_group_and_never_alone() -> None:
    keys, prompts = np.array([7, 7, 7, 9, 9, 5], np.uint64), np.array([20, 10, 20, 30, 30, 10])
    made = grouped("response", keys, prompts, np.array([10, 20, 30]))
    assert (made.prompt.tolist(), made.group.tolist()) == ([0, 1], [0, 0])


def test_normal_forms() -> None:
    assert normal_form("What's  2+2?\n") == "what s 2+2"
    assert normal_form("\u200bA\u00adb\u200d") == "ab"
    assert normal_form("C++ or C#: which?") == "c++ or c which"
