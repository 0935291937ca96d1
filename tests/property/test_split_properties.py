"""Whatever links prompts: no link crosses splits, every row has one, and nothing but content says.

The report counts for itself: a crossing that is planted is found.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
from hypothesis import assume, given
from hypothesis import strategies as st

from core.curate.selection import Selection
from core.curate.splits.asked import SplitPlan
from core.curate.splits.dividing import divide
from core.curate.splits.leakage import report
from core.curate.splits.normal import normal_form, normal_forms
from tests.unit.test_curate_splits import selection, tied

RATIOS = st.lists(st.integers(1, 20), min_size=2, max_size=5).map(
    lambda parts: SplitPlan(
        tuple(part / sum(parts) for part in parts), tuple(f"s{i}" for i in range(len(parts)))
    )
)
SEEDS = st.integers(-(2**40), 2**40)
PROMPTS = st.integers(0, 15) | st.integers(0, 2**62)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Selection, list[list[int]]]:
    """Draw rows of a few sources, and groups of prompts, some of which have no row."""
    prompts = draw(st.lists(PROMPTS, min_size=1, max_size=60))
    sources = draw(st.lists(st.sampled_from("abc"), min_size=len(prompts), max_size=len(prompts)))
    some = st.lists(st.sampled_from(prompts) | PROMPTS, min_size=2, max_size=6, unique=True)
    return selection(prompts, sources=sources), draw(st.lists(some, max_size=8))


@given(graphs(), RATIOS, SEEDS)
def test_no_link_crosses_and_every_row_has_one_split(graph, plan: SplitPlan, seed: int) -> None:
    chosen, groups = graph
    found = divide(chosen, plan, seed, tied(chosen, *groups))
    assert sum(found.counts) == found.member.size == chosen.row_ids.size
    for group in [*groups, *([one] for one in chosen.prompt_ids.tolist())]:
        assert len(set(found.member[np.isin(chosen.prompt_ids, group)].tolist())) <= 1
    seen = report(chosen, found, tied(chosen, *groups), plan)
    assert seen.safe
    assert seen.prompts == np.unique(chosen.prompt_ids).size


@given(graphs(), RATIOS, SEEDS, st.randoms(use_true_random=False))
def test_the_order_of_rows_and_groups_does_not_decide(graph, plan, seed, draw) -> None:
    chosen, groups = graph
    order = draw.sample(range(chosen.row_ids.size), chosen.row_ids.size)
    names = [chosen.source.names[i] for i in chosen.source.index]
    turned = selection(
        [int(chosen.prompt_ids[i]) for i in order], sources=[names[i] for i in order]
    )
    mixed = [draw.sample(group, len(group)) for group in draw.sample(groups, len(groups))]
    first = divide(chosen, plan, seed, tied(chosen, *groups))
    second = divide(turned, plan, seed, tied(turned, *mixed))
    assert first.member[order].tolist() == second.member.tolist()


@given(graphs(), RATIOS, SEEDS)
def test_a_source_is_off_by_no_more_than_its_largest_component(graph, plan, seed) -> None:
    chosen, groups = graph
    alone = selection(chosen.prompt_ids.tolist())
    components = tied(alone, *groups)
    found = divide(alone, plan, seed, components)
    largest = np.bincount(components.row_label).max()
    seen = report(alone, found, components, plan)
    assert seen.deviation <= largest + 1e-6
    for share in seen.shares:
        assert share.got == found.counts[found.names.index(share.split)]


@given(graphs(), RATIOS, SEEDS, st.data())
def test_a_planted_crossing_is_counted(graph, plan, seed, data) -> None:
    chosen, groups = graph
    components = tied(chosen, *groups)
    found = divide(chosen, plan, seed, components)
    label = components.row_label
    several = np.flatnonzero(np.bincount(label)[label] > 1)
    assume(several.size)
    member = found.member.copy()
    row = data.draw(st.sampled_from(several.tolist()))
    member[row] = (member[row] + 1) % len(plan.names)
    seen = report(chosen, replace(found, member=member), components, plan)
    assert not seen.safe
    assert seen.crossing == 1


@given(st.lists(st.text(max_size=30), max_size=12))
def test_texts_at_once_are_as_one_by_one(texts: list[str]) -> None:
    texts = [text.encode("utf-8", "replace").decode() for text in texts]
    expected = [normal_form(text).encode() for text in texts]
    assert normal_forms(pa.array(texts, pa.string())) == expected
    assert normal_forms(pa.array(["é!", *texts, "z"], pa.string()).slice(1, len(texts))) == expected


@given(st.text(max_size=40))
def test_a_normal_form_is_its_own(text: str) -> None:
    once = normal_form(text)
    assert normal_form(once) == once == once.strip()
    assert normal_form(f"  {text}!\n") == once
