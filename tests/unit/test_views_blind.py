"""The texts of a pair by its two responses, and nothing else of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from core.store.instance import Store
from core.views.blind import BlindPair, blind_pair, blind_previews, model_names
from tests.factories import make_pair, make_store
from tests.queues import items_of


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    rows = [
        make_pair(0, chosen_model="owl-7b", rejected_model="owl-1b"),
        make_pair(
            1, chosen_model="owl-7b", prompt_text="", chosen_text="", rejected_text="x" * 999
        ),
        make_pair(
            2, prompt_messages='[{"role":"system","content":"s"},{"role":"user","content":"u"}]'
        ),
    ]
    opened = make_store(tmp_path_factory.mktemp("blind") / "store", rows)
    yield opened
    opened.close()


def test_the_sides_are_those_asked_for(store: Store) -> None:
    item = items_of(store)[0]
    both = [
        blind_pair(store, item.pair_id, *sides)
        for sides in ((item.first_id, item.second_id), (item.second_id, item.first_id))
    ]
    assert both[0]
    assert both[1]
    assert (both[0].left, both[0].right) == (both[1].right, both[1].left)
    texts = {both[0].left[0].content, both[0].right[0].content}
    assert texts == {"a good answer to question 0", "bad 0"}
    assert both[0].prompt[0].content == "question 0"


def test_it_holds_texts_alone() -> None:
    assert [f.name for f in fields(BlindPair)] == ["prompt", "left", "right"]


def test_roles_of_a_conversation_stay(store: Store) -> None:
    item = items_of(store)[2]
    found = blind_pair(store, item.pair_id, item.first_id, item.second_id)
    assert found
    assert [(t.role, t.content) for t in found.prompt] == [("system", "s"), ("user", "u")]


def test_a_pair_of_another_store_is_none(store: Store) -> None:
    item, other, _ = items_of(store)
    assert blind_pair(store, 1, item.first_id, item.second_id) is None
    assert blind_pair(store, item.pair_id, item.first_id, 77) is None
    assert blind_pair(store, item.pair_id, item.first_id, item.first_id) is None
    assert blind_pair(store, item.pair_id, other.first_id, other.second_id) is None


def test_previews_by_id(store: Store) -> None:
    item, long, _ = items_of(store)
    found = blind_previews(store, (item.pair_id, 5), (item.label_id or 0, 6, long.second_id))
    assert found.prompts == {item.pair_id: "question 0"}
    assert found.answers[item.label_id or 0] == "a good answer to question 0"
    assert 6 not in found.answers
    assert all(len(text) <= 160 for text in found.answers.values())
    assert blind_previews(store, (), ()).prompts == {}


def test_models_by_how_often_they_answer(store: Store) -> None:
    assert model_names(store) == ("owl-7b", "owl-1b")


def test_a_store_without_models(tmp_path: Path) -> None:
    opened = make_store(tmp_path / "store", [make_pair(0)])
    assert model_names(opened) == ()
    opened.close()
