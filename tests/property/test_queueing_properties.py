"""Whatever the store: ranked pairs are in, and drawn ones with the chance that they say."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.curate.queues.drafts import QueueAsk, draft
from core.curate.queues.kinds import QUEUE_KINDS
from core.errors import RelabelError
from core.schema.relabel import QueueDraft
from core.store.instance import Store
from tests.factories import Row, make_pair, make_store

SEEDS = 200
FEW = settings(max_examples=6, suppress_health_check=list(HealthCheck))


@st.composite
def rows(draw: st.DrawFn) -> list[Row]:
    """Return rows of which some are ties, repeated or contradicting, with two runs or none."""
    chance = np.random.default_rng(draw(st.integers(0, 2**32)))
    made: list[Row] = []
    scored = draw(st.booleans())
    for number in range(draw(st.integers(1, 90))):
        a, b = chance.normal(0.5, 1, 2)
        scores = {"a": (a, 0.0), "b": (a + b, 0.0)} if scored else {}
        gold = [None, "chosen", "rejected"][chance.integers(3)]
        votes = {f"w{k}": ["chosen", "rejected"][chance.integers(2)] for k in range(3)}
        pair = make_pair(number, scores=scores, gold=gold, votes=votes)
        kind = chance.integers(8)
        if kind == 0:
            pair |= {"tie_kind": "tie", "label_kind": "tie", "scores": {}, "gold": None}
        made.append(pair)
        if kind == 1:
            made.append({**pair, "row": 1000 + number})
        if kind == 2:
            swap = {"chosen_text": pair["rejected_text"], "rejected_text": pair["chosen_text"]}
            made.append({**pair, **swap, "row": 2000 + number, "scores": {}, "gold": None})
    return made


@FEW
@given(rows(), st.integers(1, 120), st.sampled_from([0.1, 0.15, 0.2]), st.integers(-9, 2**40))
def test_any_queue_of_any_store_adds_up(
    made: list[Row], size: int, share: float, seed: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = make_store(Path(folder) / "s", made)
        for kind in QUEUE_KINDS.names():
            ask = QueueAsk("q", kind, size=size, audit_share=share, seed=seed)
            with suppress(RelabelError):  # no pair of this store is one for that kind
                adds_up(draft(store, ask), size)
        store.close()


def adds_up(made: QueueDraft, size: int) -> None:
    pairs, audits = made.params["pairs"], made.params["audits"]
    asked = [item for item in made.items if item.stratum in ("suspects", "audit")]
    ranked = [item for item in asked if item.probability == 1 or audits == pairs]
    assert len({item.pair_id for item in made.items}) == len(made.items)
    assert sum(item.stratum == "audit" for item in asked) == audits <= pairs
    assert made.params["ranked"] <= min(size, pairs)
    if audits < pairs:
        assert len(ranked) == made.params["ranked"]
    assert {item.probability for item in asked} <= {1.0, audits / pairs}
    assert sum(part.pairs for part in made.population.values()) == pairs
    assert sum(part.ranked for part in made.population.values()) == made.params["ranked"]
    assert all(item.first_id < item.second_id for item in made.items)
    for item in made.items:
        assert item.label_id in (None, item.first_id, item.second_id)
        assert item.gold_id in (None, item.first_id, item.second_id)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    chance = np.random.default_rng(3)
    scores = chance.normal(1.0, 1.0, 150)
    pairs = [make_pair(i, scores={"rm": (score, 0.0)}) for i, score in enumerate(scores)]
    made = make_store(tmp_path_factory.mktemp("drawn"), pairs)
    yield made
    made.close()


@pytest.fixture(scope="module")
def drafts(store: Store) -> list[QueueDraft]:
    ask = {"size": 30, "audit_share": 0.2, "gold": 0, "practice": 0}
    return [draft(store, QueueAsk("q", seed=seed, **ask)) for seed in range(SEEDS)]


def test_every_ranked_pair_is_in_whatever_was_drawn(store: Store, drafts: list[QueueDraft]) -> None:
    worst = store.con.cursor().execute(
        "SELECT pair_id FROM sig.signals JOIN data.pairs USING (row_id) "
        "ORDER BY suspicion DESC LIMIT 30"
    )
    ranked = {row[0] for row in worst.fetchall()}
    for made in drafts:
        assert {item.pair_id for item in made.items if item.probability == 1} == ranked


def test_a_pair_that_is_not_ranked_is_in_as_often_as_it_says(drafts: list[QueueDraft]) -> None:
    counts: Counter[int] = Counter()
    for made in drafts:
        counts.update(item.pair_id for item in made.items if item.probability != 1)
    (chance,) = {item.probability for made in drafts for item in made.items} - {1.0}
    assert len(counts) == 120
    seen = np.array(list(counts.values()))
    error = np.sqrt(SEEDS * chance * (1 - chance))
    assert np.abs(seen - SEEDS * chance).max() < 4.5 * error
    assert 0.6 < np.mean((seen - SEEDS * chance) ** 2) / error**2 < 1.5


def test_ranked_pairs_are_drawn_as_often_as_all_others(drafts: list[QueueDraft]) -> None:
    drawn = [
        sum(item.stratum == "audit" and item.probability == 1 for item in made.items)
        for made in drafts
    ]
    audits = drafts[0].params["audits"]
    expected = audits * 30 / 150
    assert np.mean(drawn) == pytest.approx(expected, abs=4 * np.sqrt(expected / SEEDS))


def test_the_drawn_share_is_right_on_average(drafts: list[QueueDraft]) -> None:
    shares = [
        sum(item.stratum == "audit" for item in made.items) / len(made.items) for made in drafts
    ]
    assert np.mean(shares) == pytest.approx(0.2, abs=0.01)


def test_what_the_audit_estimates_has_no_bias(store: Store, drafts: list[QueueDraft]) -> None:
    """Of any number per pair: here its suspicion, which the ranked pairs have most of."""
    found = store.con.cursor().execute(
        "SELECT pair_id, suspicion FROM sig.signals JOIN data.pairs USING (row_id)"
    )
    truth = dict(found.fetchall())
    weighed = [
        sum(truth[item.pair_id] / item.probability for item in made.items) / 150 for made in drafts
    ]
    naive = [np.mean([truth[item.pair_id] for item in made.items]) for made in drafts]
    mean = np.mean(list(truth.values()))
    error = np.std(weighed) / np.sqrt(SEEDS)
    assert abs(np.mean(weighed) - mean) < 4 * error
    assert np.mean(naive) > 2 * mean


def test_any_stage_holds_a_fair_sample(drafts: list[QueueDraft]) -> None:
    """Among the first audits of a queue ranked pairs are as frequent as among all."""
    early = late = 0
    for made in drafts:
        audits = [item.probability == 1 for item in made.items if item.stratum == "audit"]
        early += sum(audits[: len(audits) // 2])
        late += sum(audits[len(audits) // 2 :])
    drawn = drafts[0].params["audits"]
    halves = (drawn // 2, drawn - drawn // 2)
    rates = early / (SEEDS * halves[0]), late / (SEEDS * halves[1])
    error = np.sqrt(0.2 * 0.8 / SEEDS * (1 / halves[0] + 1 / halves[1]))
    assert abs(rates[0] - rates[1]) < 4 * error
