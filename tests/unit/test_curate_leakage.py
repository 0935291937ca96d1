"""The leakage report: counted from the splits as they are, with what merges cost."""

import json
from dataclasses import replace

import numpy as np
import pytest

from core.curate.selection import Selection
from core.curate.splits.asked import KEEP, SplitPlan, plan_splits
from core.curate.splits.dividing import divide
from core.curate.splits.leakage import LeakageReport, report
from core.curate.splits.links import Components
from core.schema.base import id_text
from tests.unit.test_curate_splits import selection, tied

HALVES = plan_splits("0.5,0.5")


def reported(
    chosen: Selection, groups: Components, plan: SplitPlan = HALVES, member: list[int] | None = None
) -> LeakageReport:
    splits = divide(chosen, plan, 1, groups)
    if member is not None:
        splits = replace(splits, member=np.array(member))
    return report(chosen, splits, groups, plan)


def kinds(seen: LeakageReport) -> dict[str, tuple[int, int]]:
    return {kind.kind: (kind.links, kind.crossing) for kind in seen.kinds}


def test_what_is_tied_and_what_crosses_are_pairs_of_prompts() -> None:
    chosen = selection([1, 1, 2, 3, 4, 5])
    groups = tied(chosen, [1, 2, 3], [4, 5], [5, 77])
    assert kinds(reported(chosen, groups)) == {"same": (1, 0), "near": (4, 0)}
    apart = reported(chosen, groups, member=[0, 0, 0, 1, 0, 0])
    assert kinds(apart) == {"same": (1, 0), "near": (4, 2)}
    assert not apart.safe
    assert apart.crossing == 1
    both = reported(chosen, groups, member=[0, 1, 0, 0, 0, 0])
    assert kinds(both) == {"same": (1, 1), "near": (4, 2)}
    assert both.kinds[0].examples == ((id_text(1), id_text(1)),)
    assert both.kinds[1].examples == ((id_text(1), id_text(2)),)


def test_a_crossing_through_a_prompt_that_is_not_written() -> None:
    chosen = selection([1, 2, 3, 4])
    groups = tied(chosen, [1, 9], [9, 2])
    seen = reported(chosen, groups, member=[0, 1, 0, 1])
    assert kinds(seen)["near"] == (0, 0)
    assert (seen.crossing, seen.safe) == (1, False)
    assert reported(chosen, groups).safe


def test_forced_merges() -> None:
    chosen = selection([1, 1, 1, 2, 3, 4, 5, 6])
    seen = reported(chosen, tied(chosen, [1, 9], [9, 2], [3, 4]))
    assert (seen.prompts, seen.components) == (6, 4)
    assert (seen.merges, seen.merged_rows, seen.merged_prompts, seen.through) == (2, 6, 4, 1)
    largest, other = seen.largest
    assert (largest.rows, largest.prompts, largest.through) == (4, 2, 1)
    assert largest.kinds == ("near",)
    assert largest.sample == (id_text(1), id_text(2))
    assert (other.rows, other.through, other.sample) == (2, 0, (id_text(3), id_text(4)))


def test_only_the_largest_ten_are_named() -> None:
    chosen = selection([one for one in range(40) for _ in range(1 + one // 2)])
    seen = reported(chosen, tied(chosen, *([one, one + 1] for one in range(0, 40, 2))))
    assert [merge.rows for merge in seen.largest] == list(range(40, 20, -2))


def test_shares_of_each_source_and_the_largest_deviation() -> None:
    chosen = selection([1] * 6 + [2, 3, 4, 5], sources=["b"] * 8 + ["a"] * 2)
    seen = reported(chosen, tied(chosen))
    assert [(s.source, s.split, s.wanted, s.got) for s in seen.shares] == [
        ("a", "train", 1.0, 1),
        ("a", "test", 1.0, 1),
        ("b", "train", 4.0, 6),
        ("b", "test", 4.0, 2),
    ]
    assert seen.deviation == 2.0


def test_splits_of_the_source_are_told_as_they_are() -> None:
    chosen = selection([1, 1, 2, 3], ["train", "test", "train", "test"])
    seen = reported(chosen, tied(chosen, [2, 3]), KEEP)
    assert kinds(seen) == {"same": (1, 1), "near": (1, 1)}
    assert {share.wanted for share in seen.shares} == {None}
    assert (seen.deviation, seen.crossing, seen.warnings) == (0.0, 2, ())


@pytest.mark.parametrize(
    ("rows", "plan", "warned"),
    [
        (51, "0.5,0.5", True),
        (50, "0.5,0.5", False),
        (60, "0.9,0.1", True),
        (40, "0.35,0.35,0.3", True),
        (100, "1", False),
    ],
)
def test_a_giant_component(rows: int, plan: str, warned: bool) -> None:
    chosen = selection(list(range(100)))
    seen = reported(chosen, tied(chosen, list(range(rows))), plan_splits(plan))
    assert bool(seen.warnings) == warned
    if warned:
        said = f"{rows} of 100 rows hang together by their prompts and stay in one split"
        assert seen.warnings[0].startswith(said)


def test_an_empty_selection_and_what_json_holds() -> None:
    chosen = selection([])
    seen = reported(chosen, replace(tied(chosen), unchecked={"near": "Not looked for."}))
    assert seen.safe
    held = json.loads(json.dumps(seen.plain()))
    assert held["unchecked"] == {"near": "Not looked for."}
    assert held["kinds"][0] == {"kind": "same", "links": 0, "crossing": 0, "examples": []}
