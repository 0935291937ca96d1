"""Drafts of queues: who stands in them why, with which chance, and in which order."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.curate.presets import PRESETS, Kept
from core.curate.queues.drafts import QueueAsk, benefit_per_minute, draft
from core.curate.selection import select
from core.errors import FilterError, RelabelError, UnknownName, UsageError
from core.schema import Condition, PairFilter
from core.schema.relabel import Population
from core.store.instance import Store
from tests.drafts import column, of, plain
from tests.factories import demo_pairs, make_pair, make_store

ALL = QueueAsk("all", size=30)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Return two sources: one with gold, votes and a contradiction, one with scores alone."""
    root = tmp_path_factory.mktemp("queueing")
    make_store(root, demo_pairs(120), source="gilded").close()
    return make_store(root, plain(120, 80), source="plain")


def test_the_same_ask_gives_the_same_queue_and_another_seed_or_name_another(store: Store) -> None:
    assert draft(store, ALL) == draft(store, ALL)
    drawn = {item.pair_id for item in of(draft(store, ALL), "audit")}
    for other in (replace(ALL, seed=7), replace(ALL, name="other")):
        assert {item.pair_id for item in of(draft(store, other), "audit")} != drawn


def test_a_pair_stands_in_a_queue_once_whatever_it_is_for(store: Store) -> None:
    made = draft(store, replace(ALL, size=100, gold=20, practice=5))
    pairs = [item.pair_id for item in made.items]
    assert len(set(pairs)) == len(pairs)
    assert all(item.first_id < item.second_id for item in made.items)


def test_strata_and_probabilities_say_who_was_drawn_and_who_is_ranked(store: Store) -> None:
    """Whether a pair is ranked does not depend on the draw, so it is known from another seed."""
    made = draft(store, ALL)
    ranked = {item.pair_id for item in made.items if item.probability == 1}
    again = draft(store, replace(ALL, seed=9))
    assert ranked == {item.pair_id for item in again.items if item.probability == 1}
    assert len(ranked) == 30
    audits = of(made, "audit")
    chance = len(audits) / made.params["pairs"]
    assert {item.probability for item in audits} <= {1.0, chance}
    assert {item.probability for item in of(made, "suspects")} == {1.0}
    assert len(audits) == made.params["audits"]


def test_a_drawn_pair_that_is_ranked_is_an_audit_of_probability_one(store: Store) -> None:
    both = [
        item
        for seed in range(5)
        for item in of(draft(store, replace(ALL, seed=seed, size=100)), "audit")
        if item.probability == 1
    ]
    assert both


def test_gold_and_practice_have_no_probability_and_all_others_have_one(store: Store) -> None:
    for item in draft(store, ALL).items:
        assert (item.probability is None) == (item.stratum in ("gold", "practice"))


def test_the_population_counts_every_pair_once_by_source(store: Store) -> None:
    made = draft(store, ALL)
    assert set(made.population) == {"gilded", "plain"}
    assert sum(p.pairs for p in made.population.values()) == made.params["pairs"] == 200
    ranked = Counter(item.source for item in made.items if item.probability == 1)
    assert Counter({name: p.ranked for name, p in made.population.items()}) == ranked
    assert (made.params["ties"], made.params["matching"]) == (1, 203)


def test_a_source_without_a_pair_has_no_population(store: Store) -> None:
    made = draft(store, replace(ALL, filter=PairFilter(sources=("plain",))))
    assert made.population == {"plain": Population(80, 30)}
    assert made.sentence == "source is plain"
    assert of(made, "gold", "practice") == []


def test_the_most_suspected_are_ranked_and_contested_ones_are_not(store: Store) -> None:
    made = draft(store, replace(ALL, size=10))
    p, split = column(store, "suspicion"), column(store, "ambiguity")
    ranked = [item.pair_id for item in made.items if item.probability == 1]
    fits = {pair: value for pair, value in p.items() if not split[pair] >= 0.63}
    assert any(split[pair] >= 0.63 and p[pair] >= min(map(fits.get, ranked)) for pair in p)
    assert sorted(map(fits.get, ranked)) == sorted(fits.values())[-10:]


def test_a_pair_with_both_labels_is_asked_and_has_none(store: Store) -> None:
    made = draft(store, QueueAsk("both", kind="contradictions"))
    ranked = [item for item in made.items if item.probability == 1]
    assert [item.label_id for item in ranked] == [None]
    everything = draft(store, replace(ALL, size=1000))
    assert sum(item.label_id is None for item in everything.items) == 1


def test_either_row_of_a_contradiction_can_make_it_a_suspect(tmp_path: Path) -> None:
    scores = [3.0] * 55 + [-1.0] * 5
    rows = [make_pair(i, scores={"rm": (score, 0.0)}) for i, score in enumerate(scores)]
    swap = {"chosen_text": rows[3]["rejected_text"], "rejected_text": rows[3]["chosen_text"]}
    rows.append({**rows[3], **swap, "row": 60, "scores": {}})
    made = draft(make_store(tmp_path, rows), QueueAsk("q", size=1))
    ranked = [item for item in made.items if item.probability == 1]
    assert [item.label_id for item in ranked] == [None]


def test_the_label_is_the_row_s_and_the_length_is_of_all_three_texts(tmp_path: Path) -> None:
    made = draft(make_store(tmp_path, [make_pair(0)]), QueueAsk("one", kind="random"))
    (item,) = made.items
    assert item.label_id in (item.first_id, item.second_id)
    assert item.n_chars == len("question 0") + len("a good answer to question 0") + len("bad 0")
    assert (item.stratum, item.probability, item.source) == ("audit", 1.0, "made")


def test_a_random_queue_is_drawn_alone(store: Store) -> None:
    made = draft(store, QueueAsk("r", kind="random", size=50, audit_share=0.9))
    asked = of(made, "audit", "suspects")
    assert {(item.stratum, item.probability) for item in asked} == {("audit", 50 / 200)}
    assert len(asked) == 50
    assert all(part.ranked == 0 for part in made.population.values())


def test_a_queue_larger_than_what_is_there_holds_all_of_it(store: Store) -> None:
    made = draft(store, replace(ALL, size=10_000))
    ranked = [item for item in made.items if item.probability == 1]
    assert len(ranked) == made.params["ranked"] < 200
    everything = draft(store, QueueAsk("r", kind="random", size=10_000))
    assert {item.probability for item in everything.items} == {1.0}
    assert len(everything.items) == 200


def test_the_share_of_drawn_pairs_is_what_was_asked(store: Store) -> None:
    for share in (0.1, 0.15, 0.2):
        made = draft(store, replace(ALL, size=60, audit_share=share))
        asked = of(made, "audit", "suspects")
        assert len(of(made, "audit")) / len(asked) == pytest.approx(share, abs=0.03)


def test_every_stretch_of_the_queue_holds_its_audits(store: Store) -> None:
    made = draft(store, replace(ALL, size=100, audit_share=0.2))
    asked = of(made, "audit", "suspects")
    drawn = np.array([item.stratum == "audit" for item in asked])
    for end in range(20, len(asked), 10):
        assert abs(drawn[:end].sum() - drawn.mean() * end) <= 2
    order = [item.pair_id for item in asked if item.stratum == "audit"]
    assert order != sorted(order)


def test_order_by_benefit_is_suspicion_per_second(store: Store) -> None:
    made = draft(store, replace(ALL, size=40))
    p = column(store, "suspicion")
    ranked = of(made, "suspects")
    benefit = [p[item.pair_id] / max(item.n_chars / 25, 1) for item in ranked]
    assert benefit == sorted(benefit, reverse=True)
    shuffled = of(draft(store, replace(ALL, size=40, order="random")), "suspects")
    assert [item.pair_id for item in shuffled] != [item.pair_id for item in ranked]
    assert {item.pair_id for item in shuffled} == {item.pair_id for item in ranked}


def test_benefit_is_per_minute_and_nothing_is_read_in_less_than_a_second() -> None:
    found = benefit_per_minute(np.array([0.5, 0.5, 0.2]), np.array([1500, 0, 25]), 25.0)
    assert found.tolist() == [0.5, 30.0, 12.0]


def test_gold_and_practice_are_apart_and_practice_is_easy(store: Store) -> None:
    made = draft(store, replace(ALL, gold=20, practice=4))
    silent, practice = of(made, "gold"), of(made, "practice")
    assert (len(silent), len(practice)) == (20, 4)
    assert all(item.gold_id in (item.first_id, item.second_id) for item in silent + practice)
    asked = {item.pair_id for item in of(made, "audit", "suspects")}
    assert not asked & {item.pair_id for item in silent + practice}
    margin, labels = column(store, "committee_mean"), {i.pair_id: i.label_id for i in made.items}
    easy = [abs(margin[item.pair_id]) for item in practice]
    assert min(easy) > np.median([abs(margin[item.pair_id]) for item in silent])
    assert all((margin[i.pair_id] > 0) == (labels[i.pair_id] == i.gold_id) for i in practice)
    assert made.items[-4:] == tuple(practice)


def test_a_signal_that_no_row_has_is_told_with_its_own_reason(tmp_path: Path) -> None:
    store = make_store(tmp_path, plain(0, 20))
    with pytest.raises(RelabelError, match="needs suspicion") as raised:
        draft(store, QueueAsk("q"))
    assert "fewer than 50 labelled rows" in raised.value.hint


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("suspects", "needs suspicion, which no pair of the store has"),
        ("contested", "needs ambiguity"),
        ("ambiguous", "needs committee_mean and committee_spread"),
        ("uncertain", "needs bald or committee_bald or committee_spread"),
    ],
)
def test_what_is_missing_is_said_with_the_command_that_makes_it(
    tmp_path: Path, kind: str, says: str
) -> None:
    store = make_store(tmp_path, [make_pair(i) for i in range(5)])
    with pytest.raises(RelabelError, match=says) as raised:
        draft(store, QueueAsk("q", kind=kind))
    assert "Make it: python -m core score" in raised.value.hint


def test_a_filter_that_finds_nothing_or_ties_alone_is_a_sentence(store: Store) -> None:
    none = PairFilter(conditions=(Condition("suspicion", ">", 2.0),))
    with pytest.raises(RelabelError, match=r"0 rows match .*0 of them are ties"):
        draft(store, replace(ALL, filter=none))
    ties = PairFilter(conditions=(Condition("tie", "=", True),))
    with pytest.raises(RelabelError, match=r"1 rows match .*1 of them are ties"):
        draft(store, replace(ALL, filter=ties))
    with pytest.raises(RelabelError, match="None of 80 pairs"):
        draft(store, QueueAsk("q", "contradictions", PairFilter(sources=("plain",))))


@pytest.mark.parametrize(
    ("over", "says"),
    [
        ({"audit_share": 0.09}, "audit share cannot be 0.09"),
        ({"audit_share": 0.21}, "audit share cannot be 0.21"),
        ({"audit_share": float("nan")}, "audit share cannot be nan"),
        ({"size": 0}, "size of a queue cannot be 0"),
        ({"gold": -1}, "gold pairs cannot be -1"),
        ({"practice": 2}, "practice pairs cannot be 2"),
        ({"practice": 11}, "practice pairs cannot be 11"),
        ({"overlap": 0}, "overlap cannot be 0"),
        ({"chars_per_second": 0.0}, "reading speed cannot be 0"),
        ({"name": " "}, "cannot be called"),
        ({"name": "a\u202eb"}, "cannot be called"),
        ({"name": "x" * 81}, "cannot be called"),
    ],
)
def test_impossible_numbers_and_names_are_refused(
    store: Store, over: dict[str, object], says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        draft(store, replace(ALL, **over))


def test_unknown_names_are_answered_with_the_known_ones(store: Store) -> None:
    with pytest.raises(UnknownName, match=r"no kind of queue named 'suspect'.*'suspects'"):
        draft(store, replace(ALL, kind="suspect"))
    with pytest.raises(UnknownName, match="no source named 'plan'"):
        draft(store, replace(ALL, warn=("plan",)))
    with pytest.raises(UnknownName, match="no order named 'best'"):
        draft(store, replace(ALL, order="best"))
    with pytest.raises(FilterError, match="'nothing'"):
        draft(store, replace(ALL, filter=PairFilter(conditions=(Condition("nothing", "=", 1.0),))))


def test_the_order_does_not_depend_on_the_order_of_imports(tmp_path: Path) -> None:
    for root, order in ((tmp_path / "a", (0, 40)), (tmp_path / "b", (40, 0))):
        for first in order:
            make_store(root, plain(first, 40), source=f"s{first}").close()
    one, two = (make_store(tmp_path / name, [], source="empty") for name in "ab")
    asked = QueueAsk("q", kind="random", size=20)
    assert draft(one, asked).items == draft(two, asked).items


def test_a_selection_that_keeps_contradictions_counts_every_row_once(store: Store) -> None:
    kept = select(store, PairFilter(), contradictions=True)
    plain_one = select(store, PairFilter())
    assert (kept.counts.contradictions, kept.counts.duplicates, kept.counts.ties) == (0, 2, 1)
    assert (plain_one.counts.contradictions, plain_one.counts.duplicates) == (2, 1)
    assert kept.counts.matching == 1 + 2 + kept.counts.selected
    assert (kept.opposite_ids.size, plain_one.opposite_ids.size) == (1, 0)
    (there,) = set(kept.pair_ids) - set(plain_one.pair_ids)
    assert kept.pair_ids[kept.opposite_places].tolist() == [there]


def test_a_preset_chooses_what_may_be_asked(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PRESETS, "_entries", dict(PRESETS._entries))
    spec = PRESETS.get("everything")
    first = replace(spec, name="first", select=lambda inputs, params: Kept(np.arange(40)))
    PRESETS.register(first)
    made = draft(store, replace(ALL, preset="first", size=10))
    assert made.params["pairs"] == 40
    assert sum(part.pairs for part in made.population.values()) == 40
