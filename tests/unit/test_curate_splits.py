"""Splits: what a plan accepts, what stays together, and what a seed decides."""

import numpy as np
import pytest

from core.curate.reading import Coded
from core.curate.selection import Counts, Selection
from core.curate.splits.asked import KEEP, LINKS, SplitPlan, Splits, plan_splits
from core.curate.splits.dividing import divide
from core.curate.splits.links import Components, Links, components
from core.errors import ExportError, UnknownName, UsageError


def selection(
    prompts: list[int], splits: list[str] | None = None, sources: list[str] | None = None
) -> Selection:
    n = len(prompts)
    return Selection(
        sentence="all pairs",
        counts=Counts(n, 0, 0, 0, 0, 0, n),
        matching_ids=np.arange(n),
        row_ids=np.arange(n),
        pair_ids=np.arange(n),
        prompt_ids=np.array(prompts, dtype=np.int64),
        source=coded(sources or ["made"] * n),
        split=coded(splits or ["train"] * n),
        conversations=0,
        more_keys=0,
    )


def coded(names: list[str]) -> Coded:
    """Return names by first appearance, as they come from the store."""
    known = tuple(dict.fromkeys(names))
    return Coded(np.array([known.index(name) for name in names], np.int64), known)


def tied(chosen: Selection, *groups: list[int], kind: str = "near") -> Components:
    """Return the components of exactly these rows' prompts; a group lists prompt ids."""
    ids = np.unique(np.array([*chosen.prompt_ids, *(one for g in groups for one in g)], np.int64))
    prompt = np.searchsorted(ids, np.array([one for group in groups for one in group], np.int64))
    number = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    rows = np.searchsorted(ids, chosen.prompt_ids)
    return components(ids, rows, (Links(kind, prompt, number),), {})


def split(chosen: Selection, plan: SplitPlan, seed: int) -> Splits:
    return divide(chosen, plan, seed, tied(chosen))


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
    ("text", "links"),
    [
        ("", LINKS),
        ("none", ()),
        ("near, normalised", ("normalised", "near")),
        ("response,response", ("response",)),
    ],
)
def test_links(text: str, links: tuple[str, ...]) -> None:
    assert plan_splits("0.9,0.1", links=text) == SplitPlan((0.9, 0.1), ("train", "test"), links)
    assert plan_splits("keep", links=text).links == links


@pytest.mark.parametrize("text", ["nearly", "near;response"])
def test_links_that_nobody_knows(text: str) -> None:
    with pytest.raises(UnknownName, match="no link named"):
        plan_splits("0.9,0.1", links=text)


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


def test_tied_prompts_stay_together() -> None:
    chosen = selection(list(range(100)))
    found = divide(chosen, plan_splits("0.5,0.5"), 1, tied(chosen, [3, 50, 97], [97, 8], [9, 10]))
    assert len(set(found.member[[3, 50, 97, 8]].tolist())) == 1
    assert len(set(found.member[[9, 10]].tolist())) == 1
    assert found.counts == (50, 50)


def test_prompts_tied_by_one_that_is_not_written_stay_together() -> None:
    chosen = selection(list(range(10)))
    for seed in range(5):
        found = divide(chosen, plan_splits("0.5,0.5"), seed, tied(chosen, [0, 99], [99, 1]))
        assert found.member[0] == found.member[1]


def test_every_source_gets_the_shares() -> None:
    sources = ["a"] * 900 + ["b"] * 100
    chosen = selection(list(range(1000)), sources=sources)
    found = split(chosen, plan_splits("0.8,0.1,0.1"), seed=5)
    by_source = [np.bincount(part, minlength=3).tolist() for part in np.split(found.member, [900])]
    assert by_source == [[720, 90, 90], [80, 10, 10]]


def test_what_two_sources_share_does_not_cost_the_shares() -> None:
    prompts = [*range(500), *range(250, 750)]
    chosen = selection(prompts, sources=["a"] * 500 + ["b"] * 500)
    found = split(chosen, plan_splits("0.8,0.2"), seed=5)
    by_source = [np.bincount(part, minlength=2).tolist() for part in np.split(found.member, [500])]
    assert by_source == [[400, 100], [400, 100]]


def test_a_big_component_leaves_the_others_what_is_open() -> None:
    chosen = selection([*[7] * 450, *range(100, 650)])
    found = split(chosen, plan_splits("0.6,0.2,0.2"), seed=2)
    assert set(found.member[:450].tolist()) == {0}
    assert found.counts == (600, 200, 200)


def test_a_giant_goes_where_it_overfills_least() -> None:
    found = split(selection([7] * 80 + list(range(20, 40))), plan_splits("0.5,0.3,0.2"), seed=2)
    assert found.counts == (80, 12, 8)


def test_large_components_come_to_small_splits_too() -> None:
    prompts = [one for one in range(888) for _ in range(40 if one < 8 else 1)]
    chosen, plan = selection(prompts), plan_splits("0.7,0.3")
    large = np.array(prompts) < 8
    in_test = [int(split(chosen, plan, seed).member[large].sum()) // 40 for seed in range(20)]
    assert 0 < sum(in_test) < 20 * 8
    assert 0.15 < np.mean(in_test) / 8 < 0.45


def test_sources_that_share_prompts_unevenly_get_their_shares() -> None:
    shared = np.random.default_rng(4).integers(1, 6, (300, 2))
    rows = [
        (one, name)
        for one, counts in enumerate(shared)
        for name, n in zip("ab", counts, strict=True)
        for _ in range(n)
    ]
    rows += [(one, "a") for one in range(1000, 1300)] + [(one, "b") for one in range(2000, 2300)]
    chosen = selection([one for one, _ in rows], sources=[name for _, name in rows])
    found = split(chosen, plan_splits("0.6,0.2,0.2"), seed=3)
    for name in "ab":
        got = np.bincount(found.member[[each == name for _, each in rows]], minlength=3)
        assert np.abs(got - got.sum() * np.array([0.6, 0.2, 0.2])).max() <= 1


def test_the_seed_decides_and_the_order_of_rows_does_not() -> None:
    prompts = list(range(200))
    first = split(selection(prompts), plan_splits("0.5,0.5"), seed=1)
    turned = split(selection(prompts[::-1]), plan_splits("0.5,0.5"), seed=1)
    other = split(selection(prompts), plan_splits("0.5,0.5"), seed=2)
    assert first.member.tolist() == turned.member[::-1].tolist()
    assert first.member.tolist() != other.member.tolist()


def test_kept_splits_say_which_prompts_they_share() -> None:
    found = split(selection([1, 1, 2, 3], ["train", "test", "train", "test"]), KEEP, seed=0)
    assert found.names == ("train", "test")
    assert found.counts == (2, 2)
    assert found.shared_prompts == 1


def test_kept_splits_with_a_name_that_is_no_file_name() -> None:
    with pytest.raises(ExportError, match=r"cannot be kept.*'\.\./x'"):
        split(selection([1], ["../x"]), KEEP, seed=0)


def test_the_order_of_sources_does_not_decide() -> None:
    prompts = [*range(60), *range(40, 100)]
    sources = ["b"] * 60 + ["a"] * 60
    plan = plan_splits("0.5,0.3,0.2")
    first = split(selection(prompts, sources=sources), plan, seed=1)
    turned = split(selection(prompts[::-1], sources=sources[::-1]), plan, seed=1)
    assert first.member.tolist() == turned.member[::-1].tolist()


def test_a_seed_below_zero_and_an_empty_selection() -> None:
    assert split(selection([1, 2]), plan_splits("1"), seed=-5).counts == (2,)
    assert split(selection([]), plan_splits("0.5,0.5"), seed=1).counts == (0, 0)
