"""Margin, quality and diversity: distances as the plain formula has them, prompts kept apart."""

import numpy as np
import pytest

from core.curate.presets import diversity, fifa
from core.curate.presets.cuts import CUT, NOT_SCORED
from core.curate.presets.diversity import NEAREST, farthest_first, log_distances
from core.errors import ExportError
from core.signals.choosing import log_neighbour_distance
from tests.presets import given, kept


def unit(n: int, d: int = 8, seed: int = 0) -> np.ndarray:
    points = np.random.default_rng(seed).normal(size=(n, d))
    return points / np.linalg.norm(points, axis=1, keepdims=True)


@pytest.mark.parametrize("k", [1, 5, 49])
@pytest.mark.parametrize("block", [7, 1000])
def test_distances_are_those_of_the_formula(
    k: int, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diversity, "_BLOCK", block)
    points, every = unit(50), np.arange(50)
    found = log_distances(points, every, every, k)
    assert found == pytest.approx(log_neighbour_distance(points, k), abs=1e-9)


def test_a_draw_of_references_leaves_out_the_point_itself() -> None:
    points = np.array([[0.0], [1.0], [3.0], [7.0]])
    found = log_distances(points, np.arange(4), np.array([0, 3]), 1)
    assert np.exp(found) == pytest.approx([7, 1, 3, 7])


def test_rows_are_places_in_the_vectors() -> None:
    points = np.array([[0.0], [np.nan], [1.0], [3.0]])
    found = log_distances(points, np.array([0, 2, 3]), np.arange(3), 1)
    assert np.exp(found) == pytest.approx([1, 1, 2])


def test_equal_prompts_are_near_and_a_lone_one_is_nothing() -> None:
    same = np.ones((2, 3)) / np.sqrt(3)
    assert np.exp(log_distances(same, np.arange(2), np.arange(2), 1)) == pytest.approx(NEAREST)
    assert log_distances(same[:1], np.arange(1), np.arange(1), 1).tolist() == [0.0]


def test_fewer_others_than_k_take_the_farthest() -> None:
    points = np.array([[0.0], [1.0], [3.0]])
    found = log_distances(points, np.arange(3), np.arange(3), 5)
    assert np.exp(found) == pytest.approx([3, 2, 3])


def test_the_farthest_is_taken_first() -> None:
    points = np.array([[0.0], [0.05], [5.0], [5.1], [2.0]])
    flat = np.zeros(5)
    first = np.array([1.0, 0, 0, 0, 0])
    assert farthest_first(points, flat, first, 1.0, 4).tolist() == [0, 3, 4, 2]
    assert farthest_first(points, np.arange(5.0), first, 0.0, 3).tolist() == [0, 4, 3]


def test_near_copies_of_the_best_prompt_are_passed_over() -> None:
    """Rows 0 to 9 have the best margins and one prompt; by their score alone they fill the set."""
    vectors = np.vstack([np.tile(unit(1), (10, 1)), unit(10, seed=1)])
    margins = [5.0] * 10 + [4.0] * 10
    inputs = given(margin=margins, vectors=vectors)
    alone = kept("fifa", inputs, share=0.5, diversity=0.0).places
    apart = kept("fifa", inputs, share=0.5, diversity=5.0).places
    assert (alone < 10).sum() == 10
    assert (apart < 10).sum() == 1


def test_many_pairs_are_chosen_by_score_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = given(margin=np.arange(20.0).tolist(), vectors=unit(20))
    assert kept("fifa", inputs, share=0.5).facts["one_by_one"] == 1.0
    monkeypatch.setattr(fifa, "_GREEDY", 5)
    found = kept("fifa", inputs, share=0.5, diversity=0.0)
    assert found.facts["one_by_one"] == 0.0
    assert found.places.tolist() == list(range(19, 9, -1))


def test_quality_counts_where_it_is_given() -> None:
    margin, quality = [1.0, 1.0, 1.0, None], [0.0, 5.0, None, 9.0]
    inputs = given(margin=margin, quality=quality, vectors=unit(4))
    found = kept("fifa", inputs, share=0.5, diversity=0.0)
    assert found.places.tolist() == [1]
    assert found.left_out == {NOT_SCORED: 2, CUT: 1}


def test_a_margin_beyond_the_cap_gains_no_more() -> None:
    ids, margin = [2, 1, *range(3, 23)], [100.0, 90.0, *[0.0] * 20]
    inputs = given(ids=ids, margin=margin, vectors=unit(22))
    assert kept("fifa", inputs, cap=10, diversity=0.0).places.tolist() == [0, 1]
    assert kept("fifa", inputs, cap=1, diversity=0.0).places.tolist() == [1, 0]


def test_a_row_without_a_vector_is_not_scored() -> None:
    vectors = unit(3)
    vectors[1] = np.nan
    found = kept("fifa", given(margin=[1.0, 9.0, 2.0], vectors=vectors), share=1.0)
    assert sorted(found.places.tolist()) == [0, 2]
    assert found.left_out == {NOT_SCORED: 1}


def test_without_vectors_it_says_how_to_make_them() -> None:
    with pytest.raises(ExportError, match="embeddings of the prompts") as raised:
        kept("fifa", given(margin=[1.0]))
    assert "score embedding" in raised.value.hint


def test_too_many_prompts_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fifa, "MOST_PROMPTS", 2)
    inputs = given(margin=[1.0] * 3, vectors=unit(3))
    with pytest.raises(ExportError, match="2 prompts at most, not 3"):
        kept("fifa", inputs)
    assert kept("fifa", given(margin=[1.0] * 3, prompts=[1, 1, 2], vectors=unit(3))).ranked


def test_a_draw_of_neighbours_ranks_much_as_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    points = unit(600, d=3)
    points[:60] = points[0] + points[:60] / 20
    inputs = given(margin=[1.0] * 600, vectors=points)
    every = kept("fifa", inputs, share=0.9, diversity=1.0, k=3)
    monkeypatch.setattr(fifa, "_REFERENCE", 200)
    drawn = kept("fifa", inputs, share=0.9, diversity=1.0, k=3)
    assert len(set(every.places.tolist()) & set(drawn.places.tolist())) > 0.9 * 540
