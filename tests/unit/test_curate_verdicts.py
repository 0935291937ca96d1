"""What people's verdicts do to the rows of an export: keep, flip, remove, soft label."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.curate.base import Base, base_of
from core.curate.counts import Counts
from core.curate.judged import Judged
from core.curate.presetinputs import columns_of, relabelled, values_of
from core.curate.presets import Need
from core.curate.pseudonyms import Called
from core.curate.recipe import Labels, Recipe
from core.curate.selection import choose
from core.errors import ExportError, UnknownName
from core.relabel.ballots import ballots
from core.relabel.verdicts import Outcome, Verdict
from core.schema import PairFilter
from core.schema.relabel import Head
from core.store.instance import Store
from tests.factories import Row, demo_pairs, make_pair, make_store

MAJORITY = "majority of 3 votes"


def swapped(pair: Row, row: int) -> Row:
    sides = {"chosen_text": pair["rejected_text"], "rejected_text": pair["chosen_text"]}
    return {**pair, **sides, "row": row}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    plain = [make_pair(i, scores={"alpha": (float(i), 0.0)}) for i in range(6)]
    return make_store(tmp_path_factory.mktemp("verdicts"), [*plain, swapped(plain[0], 6)])


def pair_of(store: Store, row: int) -> tuple[int, int, int]:
    found = store.con.cursor().execute(
        "SELECT pair_id, chosen_id, rejected_id FROM data.pairs WHERE row_id = ?", [row]
    )
    return found.fetchall()[0]


def says(store: Store, row: int, outcome: Outcome, wins: str = "", share: float = 1.0) -> Verdict:
    """Return a verdict on the pair of a row; `wins` is the side that leads there."""
    pair, chosen, rejected = pair_of(store, row)
    lead = {"chosen": chosen, "rejected": rejected, "": None}[wins]
    winner = lead if outcome == "winner" else None
    return Verdict(pair, outcome, winner, lead, share if lead else None, 3, MAJORITY)


def judged(*found: Verdict) -> Judged:
    return Judged(Head(1, "x"), found, ballots({}), Called({}, {}))


def base(store: Store, labels: Labels, *found: Verdict) -> Base:
    return base_of(store, PairFilter(), labels, judged(*found))


def flip(**over: object) -> Labels:
    return replace(Labels("majority", on_reversed="flip"), **over)  # type: ignore[arg-type]


def test_a_reversed_label_is_removed_unless_flipping_is_asked(store: Store) -> None:
    said = says(store, 2, "winner", "rejected")
    removed = base(store, Labels("majority"), said)
    assert removed.row_id.tolist() == [1, 3, 4, 5]
    assert (removed.counts.removed, removed.verdicts) == (1, {"remove": 1})
    flipped = base(store, flip(), said)
    assert flipped.row_id[flipped.flipped].tolist() == [2]
    assert flipped.settled.tolist() == flipped.flipped.tolist()
    assert [flipped.label.names[i] for i in flipped.label.index] == [
        "source", MAJORITY, "source", "source", "source",
    ]  # fmt: skip


def test_a_confirmed_label_stays_and_says_by_whom(store: Store) -> None:
    found = base(store, Labels("majority"), says(store, 3, "winner", "chosen"))
    assert found.row_id[found.settled].tolist() == [3]
    assert not found.flipped.any()
    assert found.label.names[found.label.index[found.row_id == 3][0]] == MAJORITY


def test_people_settle_a_pair_that_stands_with_both_labels(store: Store) -> None:
    said = says(store, 0, "winner", "chosen")
    for labels in (Labels("majority"), flip()):
        found = base(store, labels, said)
        assert 0 in found.row_id
        assert 6 not in found.row_id
        assert found.counts.contradictions == 0
    assert base(store, Labels("majority"), said).counts.removed == 1
    assert base(store, flip(), said).counts.duplicates == 1


def test_the_right_one_of_both_labels_stays_whichever_came_first(store: Store) -> None:
    found = base(store, Labels("majority"), says(store, 0, "winner", "rejected"))
    assert 6 in found.row_id
    assert 0 not in found.row_id


@pytest.mark.parametrize("outcome", ["unresolved", "cannot_judge"])
def test_without_an_answer_the_label_stays_that_of_the_source(
    store: Store, outcome: Outcome
) -> None:
    found = base(store, flip(), says(store, 0, outcome), says(store, 1, outcome))
    assert found.row_id.tolist() == [1, 2, 3, 4, 5]
    assert found.counts.contradictions == 2
    assert not found.settled.any()
    assert set(found.label.index.tolist()) == {0}


@pytest.mark.parametrize("outcome", ["tie", "both_bad"])
def test_a_pair_without_a_better_answer_is_removed(store: Store, outcome: Outcome) -> None:
    assert 4 not in base(store, flip(), says(store, 4, outcome)).row_id


def test_a_contested_pair_gets_the_share_of_votes_for_what_is_written(store: Store) -> None:
    said = says(store, 5, "contested", "rejected", 0.75)
    kept = base(store, flip(), said)
    assert np.isnan(kept.soft).all()
    soft = base(store, flip(on_contested="soft"), said)
    assert soft.soft[soft.row_id == 5].tolist() == [0.25]
    assert not soft.settled.any()


def test_both_labels_of_a_contested_pair_are_one_soft_row(store: Store) -> None:
    found = base(store, flip(on_contested="soft"), says(store, 0, "contested", "chosen", 0.6))
    assert found.row_id.tolist() == [0, 1, 2, 3, 4, 5]
    assert found.soft[0] == pytest.approx(0.6)
    assert (found.counts.contradictions, found.counts.duplicates) == (0, 1)


def test_the_counts_add_up(store: Store) -> None:
    said = (
        says(store, 0, "winner", "rejected"),
        says(store, 1, "winner", "rejected"),
        says(store, 2, "tie"),
    )
    found = choose(store, Recipe(), base(store, Labels("majority"), *said)).counts
    assert found == Counts(
        matching=7, ties=0, contradictions=0, duplicates=0, unwritable=0, unselected=0,
        removed=3, selected=4,
    )  # fmt: skip


def test_a_preset_sees_the_label_that_is_written(tmp_path: Path) -> None:
    store = make_store(tmp_path, demo_pairs())
    rows = base_of(store, PairFilter()).row_id
    at = int(rows[5])
    found = base(store, flip(), says(store, at, "winner", "rejected"))
    place = found.row_id.tolist().index(at)
    plain = base_of(store, PairFilter())
    names = (
        "explicit_margin", "length_ratio", "suspicion", "committee_spread", "committee_votes",
        "reward_chosen", "reward_rejected",
    )  # fmt: skip
    needs = tuple(Need(name, name, "") for name in names)
    columns = columns_of(store, needs, {}, "The test")
    values = {
        name: [
            float(values_of(store, columns[name], one.row_id, one)[place]) for one in (plain, found)
        ]
        for name in names
    }
    for name in ("explicit_margin", "length_ratio"):
        assert values[name][1] == -values[name][0] != 0.0
    assert values["suspicion"][0] > values["suspicion"][1] == 0.0
    assert values["committee_spread"][0] == values["committee_spread"][1] > 0
    assert values["committee_votes"][1] == 1 - values["committee_votes"][0] != 0.5
    assert values["reward_chosen"] == values["reward_rejected"][::-1]
    assert values["reward_chosen"][0] != values["reward_chosen"][1]


def test_two_needs_of_one_signal_read_two_runs(tmp_path: Path) -> None:
    store = make_store(tmp_path, demo_pairs())
    two = (Need("first", "explicit_margin", ""), Need("second", "explicit_margin", ""))
    found = columns_of(store, two, {}, "The test")
    assert {found["first"].name, found["second"].name} == {
        "explicit_margin_alpha",
        "explicit_margin_beta",
    }
    named = columns_of(store, two, {"second": found["first"].name}, "The test")
    assert named["second"] == found["first"]
    assert named["first"] == found["second"]
    three = (*two, Need("third", "explicit_margin", ""))
    with pytest.raises(ExportError, match="of enough runs"):
        columns_of(store, three, {}, "The test")
    with pytest.raises(UnknownName, match="'nothing'"):
        columns_of(store, two, {"first": "nothing"}, "The test")
    with pytest.raises(ExportError, match="which columns to read"):
        columns_of(store, (Need("any", "", ""),), {}, "The test")


def test_the_order_of_verdicts_and_imports_changes_nothing(tmp_path: Path) -> None:
    rows = [make_pair(i) for i in range(8)]
    one = make_store(tmp_path / "one", rows)
    other = make_store(tmp_path / "other", rows[::-1])
    said = [says(one, i, "winner", "rejected") for i in range(3)]
    first, second = base(one, flip(), *said), base(other, flip(), *said[::-1])
    assert first.pair_id.tolist() == second.pair_id.tolist()
    assert first.flipped.tolist() == second.flipped.tolist()


def test_suspicion_is_of_the_label_that_is_written(store: Store) -> None:
    found = base(store, Labels())
    n = found.row_id.size
    turned, settled = np.arange(n) == 1, np.arange(n) == 2
    rows = replace(found, flipped=turned, settled=settled)
    said = relabelled("suspicion", np.full(n, 0.9), rows)
    assert said[:3].tolist() == pytest.approx([0.9, 0.1, 0.0])
