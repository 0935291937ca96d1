"""Splits: what a plan accepts, what stays together, and what a seed decides."""

import numpy as np
import pytest

from core.curate.reading import Coded
from core.curate.selection import Counts, Selection
from core.curate.splits import KEEP, SplitPlan, plan_splits, split
from core.errors import ExportError, UsageError


def selection(prompts: list[int], splits: list[str] | None = None) -> Selection:
    n = len(prompts)
    names = tuple(sorted(set(splits or ["train"])))
    index = [names.index(name) for name in splits] if splits else [0] * n
    return Selection(
        sentence="all pairs",
        counts=Counts(n, 0, 0, 0, 0, 0, n),
        matching_ids=np.arange(n),
        row_ids=np.arange(n),
        pair_ids=np.arange(n),
        prompt_ids=np.array(prompts, dtype=np.int64),
        source=Coded(np.zeros(n, dtype=np.int64), ("made",)),
        split=Coded(np.array(index, dtype=np.int64), names),
        conversations=0,
        more_keys=0,
    )


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("1", "", SplitPlan((1.0,), ("train",))),
        ("0.9,0.1", "", SplitPlan((0.9, 0.1), ("train", "test"))),
        ("0.9, 0.05,0.05", "", SplitPlan((0.9, 0.05, 0.05), ("train", "validation", "test"))),
        (
            "0.5,0.5",
            "train_prefs, test_prefs",
            SplitPlan((0.5, 0.5), ("train_prefs", "test_prefs")),
        ),
        ("keep", "", KEEP),
    ],
)
def test_plans(text: str, names: str, expected: SplitPlan) -> None:
    assert plan_splits(text, names) == expected


@pytest.mark.parametrize(
    ("text", "names", "says"),
    [
        ("0.9,0.2", "", "add up to 1.1"),
        ("1.5,-0.5", "", "shares of one whole"),
        ("0,1", "", "shares of one whole"),
        ("nan,0.5", "", "shares of one whole"),
        ("inf", "", "shares of one whole"),
        ("most", "", "not numbers"),
        ("", "", "not numbers"),
        ("0.5,0.5", "train", "2 ratios for 1 split"),
        ("0.25,0.25,0.25,0.25", "", "4 splits need names"),
        ("keep", "train", "their own names"),
    ],
)
def test_ratios_that_cannot_be_meant(text: str, names: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        plan_splits(text, names)


@pytest.mark.parametrize(
    "name",
    ["../x", "/etc/passwd", "C:", "a/b", "a-b", "a.b", "a b", "", "nul", "CON", "com1", "all",
     "a\0b", "tr\nain", "é", "x" * 65],
)  # fmt: skip
def test_names_that_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be called"):
        SplitPlan((0.5, 0.5), ("train", name))


def test_names_that_differ_in_case_only() -> None:
    with pytest.raises(UsageError, match="same name"):
        SplitPlan((0.5, 0.5), ("train", "Train"))


def test_shares_come_out_as_asked() -> None:
    found = split(selection(list(range(1000))), plan_splits("0.9,0.05,0.05"), seed=1)
    assert found.counts == (900, 50, 50)
    assert found.shared_prompts == 0


def test_rows_of_a_prompt_stay_together() -> None:
    found = split(selection([7, 8, 7, 9, 8, 7] * 4), plan_splits("0.5,0.5"), seed=3)
    by_prompt = {p: set(found.member[i::6].tolist()) for i, p in enumerate([7, 8, 7, 9, 8, 7])}
    assert all(len(places) == 1 for places in by_prompt.values())


def test_the_seed_decides_and_the_order_of_rows_does_not() -> None:
    prompts = list(range(200))
    first = split(selection(prompts), plan_splits("0.5,0.5"), seed=1)
    turned = split(selection(prompts[::-1]), plan_splits("0.5,0.5"), seed=1)
    other = split(selection(prompts), plan_splits("0.5,0.5"), seed=2)
    assert first.member.tolist() == turned.member[::-1].tolist()
    assert first.member.tolist() != other.member.tolist()


def test_kept_splits_say_which_prompts_they_share() -> None:
    found = split(selection([1, 1, 2, 3], ["train", "test", "train", "test"]), KEEP, seed=0)
    assert found.names == ("test", "train")
    assert found.counts == (2, 2)
    assert found.shared_prompts == 1


def test_kept_splits_with_a_name_that_is_no_file_name() -> None:
    with pytest.raises(ExportError, match=r"cannot be kept.*'\.\./x'"):
        split(selection([1], ["../x"]), KEEP, seed=0)


def test_a_seed_below_zero_and_an_empty_selection() -> None:
    assert split(selection([1, 2]), plan_splits("1"), seed=-5).counts == (2,)
    assert split(selection([]), plan_splits("0.5,0.5"), seed=1).counts == (0, 0)
