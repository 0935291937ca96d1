"""The built-in scorer: out of fold, antisymmetric, and the same numbers however it is asked."""

import hashlib
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from core.errors import ScoreError, UsageError
from core.schema import PLAN_COLUMNS, LabelledPairs, ScoringPlan
from core.scorers.crossfit import SPEC
from core.scorers.features import COLUMNS, MAX_CHARS, STYLE, featurise
from core.scorers.folds import canonical, fold_of, groups, sample
from core.scorers.local import open_session, shards
from core.scorers.spec import SCORERS, ScorerOptions

WORDS = ("river", "stone", "lamp", "green", "seven", "walk", "bread", "north", "glass", "paper")


def number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


@dataclass(frozen=True)
class Texts:
    """Responses of a plan, in its order."""

    response_id: np.ndarray
    prompt_id: np.ndarray
    prompts: tuple[str, ...]
    responses: tuple[str, ...]

    def read(self, ids: np.ndarray) -> pa.Table:
        """Return rows as a store gives them."""
        place = {number: at for at, number in enumerate(self.response_id.tolist())}
        at = [place[number] for number in ids.tolist()]
        columns = {
            "prompt_id": self.prompt_id[at],
            "prompt_text": [self.prompts[i] for i in at],
            "prompt_messages": [None] * len(at),
            "response_id": ids,
            "response_text": [self.responses[i] for i in at],
            "response_messages": [None] * len(at),
        }
        return pa.table(columns, schema=PLAN_COLUMNS)

    def plan(self, labels: LabelledPairs, seed: int = 42) -> ScoringPlan:
        """Return the plan that a store would make."""
        chars = [len(p) + len(r) for p, r in zip(self.prompts, self.responses, strict=True)]
        sizes = np.array(chars, np.int64)
        return ScoringPlan(self.response_id, self.prompt_id, sizes, self.read, labels, seed)


def texts_of(plan: ScoringPlan) -> Texts:
    rows = plan.read(plan.ids).to_pydict()
    prompts, responses = tuple(rows["prompt_text"]), tuple(rows["response_text"])
    return Texts(plan.ids, plan.prompt_id, prompts, responses)


def make_plan(n: int = 40, source: str = "set", seed: int = 42) -> ScoringPlan:
    """n prompts with one pair each; the chosen response says "thanks" three times in four."""
    rng = np.random.default_rng(n)
    texts: dict[int, tuple[int, str, str]] = {}
    pairs = []
    for i in range(n):
        prompt = f"{source} question {i}"
        good = " ".join([*rng.choice(WORDS, 5), "thanks" if i % 4 else ""])
        bad = " ".join([*rng.choice(WORDS, 5), "" if i % 4 else "thanks"])
        ids = [number(f"{prompt}/{side}") for side in ("a", "b")]
        for response_id, text in zip(ids, (good, bad), strict=True):
            texts[response_id] = (number(prompt), prompt, text)
        pairs.append((number(prompt), *ids))
    prompt_id, chosen_id, rejected_id = np.array(pairs, np.int64).T
    labels = LabelledPairs(prompt_id, chosen_id, rejected_id, (source,) * n)
    return Texts(np.array(list(texts), np.int64), *columns(list(texts.values()))).plan(labels, seed)


def columns(rows: list[tuple[int, str, str]]):
    ids, prompts, texts = zip(*rows, strict=True)
    return np.array(ids, np.int64), prompts, texts


def score(plan: ScoringPlan, **params: object) -> pa.Table:
    spec = SCORERS.get("crossfit")
    options = ScorerOptions(parameters=spec.settled(params))
    session = open_session(spec, options, plan)
    return pa.concat_tables(session.run(shards(plan, session, np.empty(0, np.int64))))


def rewards(plan: ScoringPlan, **params: object) -> dict[int, float]:
    found = score(plan, **params)
    return dict(zip(found["response_id"].to_pylist(), found["reward"].to_pylist(), strict=True))


def margins(plan: ScoringPlan, **params: object) -> np.ndarray:
    found = rewards(plan, **params)
    sides = (plan.labels.chosen_id.tolist(), plan.labels.rejected_id.tolist())
    return np.array([found[c] - found[r] for c, r in zip(*sides, strict=True)])


def turned(plan: ScoringPlan, rows: np.ndarray) -> ScoringPlan:
    labels = plan.labels
    chosen = np.where(rows, labels.rejected_id, labels.chosen_id)
    rejected = np.where(rows, labels.chosen_id, labels.rejected_id)
    return replace(plan, labels=replace(labels, chosen_id=chosen, rejected_id=rejected))


def shuffled(plan: ScoringPlan, seed: int) -> ScoringPlan:
    """Prompts, the responses of each, and labels in another order."""
    rng = np.random.default_rng(seed)
    t, lab = texts_of(plan), plan.labels
    prompts, responses = rng.permutation(len(t.response_id) // 2), rng.integers(0, 2)
    a = np.stack([2 * prompts + responses, 2 * prompts + 1 - responses], axis=1).ravel()
    b = rng.permutation(len(lab.prompt_id))
    texts = Texts(
        t.response_id[a],
        t.prompt_id[a],
        tuple(t.prompts[i] for i in a),
        tuple(t.responses[i] for i in a),
    )
    labels = LabelledPairs(
        lab.prompt_id[b], lab.chosen_id[b], lab.rejected_id[b], tuple(lab.source[i] for i in b)
    )
    return texts.plan(labels, plan.seed)


def joined(*plans: ScoringPlan) -> ScoringPlan:
    t, lab = [texts_of(p) for p in plans], [p.labels for p in plans]
    texts = Texts(
        np.concatenate([x.response_id for x in t]),
        np.concatenate([x.prompt_id for x in t]),
        tuple(text for x in t for text in x.prompts),
        tuple(text for x in t for text in x.responses),
    )
    labels = LabelledPairs(
        np.concatenate([x.prompt_id for x in lab]),
        np.concatenate([x.chosen_id for x in lab]),
        np.concatenate([x.rejected_id for x in lab]),
        tuple(s for x in lab for s in x.source),
    )
    return texts.plan(labels, plans[0].seed)


def test_finds_the_habit_that_the_labels_have() -> None:
    found = margins(make_plan(80))
    habit = np.arange(80) % 4 > 0
    assert (found[habit] > 0).mean() > 0.7
    assert (found[~habit] < 0).mean() > 0.7


@pytest.mark.parametrize("fold", range(5))
def test_labels_of_a_fold_do_not_move_its_own_scores(fold: int) -> None:
    plan = make_plan()
    mine = fold_of(plan.labels.prompt_id, plan.labels.prompt_id, 5, plan.seed) == fold
    before, after = margins(plan), margins(turned(plan, mine))
    assert mine.any()
    assert np.array_equal(after[mine], -before[mine])
    assert not np.array_equal(after[~mine], before[~mine])


def test_swapping_every_label_negates_nothing_but_the_sides() -> None:
    plan = make_plan()
    everything = np.ones(40, bool)
    assert margins(turned(plan, everything)) == pytest.approx(margins(plan))


@pytest.mark.parametrize("seed", range(3))
def test_order_of_rows_and_responses_does_not_matter(seed: int) -> None:
    plan = make_plan()
    assert rewards(shuffled(plan, seed)) == rewards(plan)


def test_same_seed_same_numbers_other_seed_other_folds() -> None:
    assert rewards(make_plan()) == rewards(make_plan())
    assert rewards(make_plan(seed=1)) != rewards(make_plan())


def test_equal_texts_of_a_prompt_get_equal_rewards() -> None:
    plan = make_plan()
    t = texts_of(plan)
    twin = Texts(
        np.append(t.response_id, 7),
        np.append(t.prompt_id, t.prompt_id[0]),
        (*t.prompts, t.prompts[0]),
        (*t.responses, t.responses[0]),
    )
    found = rewards(twin.plan(plan.labels))
    assert found[7] == found[int(t.response_id[0])]


def test_a_source_with_enough_prompts_is_scored_by_its_own_model() -> None:
    one, two = make_plan(120, "one"), make_plan(130, "two")
    found = margins(joined(one, turned(two, np.ones(130, bool))))
    assert (found[:120] > 0).mean() > 0.6
    assert (found[120:] > 0).mean() > 0.6


def test_groups_large_alone_small_and_unlabelled_by_all() -> None:
    plan = joined(make_plan(120, "large"), make_plan(20, "small"))
    prompts = np.append(plan.prompt_id, 99)
    large, rest = groups(plan.labels, prompts, 5)
    assert (len(large.rows), len(large.prompts)) == (120, 120)
    assert (len(rest.rows), len(rest.prompts)) == (140, 21)
    assert 99 in rest.prompts


def test_a_prompt_in_two_sources_gets_one_reward_from_both() -> None:
    plan = make_plan(120, "a")
    twice = replace(
        plan,
        labels=LabelledPairs(
            *(
                np.tile(getattr(plan.labels, f), 2)
                for f in ("prompt_id", "chosen_id", "rejected_id")
            ),
            plan.labels.source + ("b",) * 120,
        ),
    )
    assert margins(twice)[:120] == pytest.approx(margins(plan))


def test_contradictions_and_duplicates_are_no_trouble() -> None:
    plan = make_plan()
    doubled = joined(plan, turned(plan, np.ones(40, bool)))
    labels_only = replace(plan, labels=doubled.labels)
    assert np.abs(margins(labels_only)).max() < 1e-6


def test_responses_without_labels_are_scored_too() -> None:
    plan = make_plan()
    few = LabelledPairs(
        *(getattr(plan.labels, f)[:20] for f in ("prompt_id", "chosen_id", "rejected_id")),
        plan.labels.source[:20],
    )
    found = rewards(replace(plan, labels=few))
    assert len(found) == 80
    assert np.isfinite(list(found.values())).all()


def test_no_responses_no_batches() -> None:
    empty = np.array([], np.int64)
    plan = Texts(empty, empty, (), ()).plan(LabelledPairs(empty, empty, empty, ()))
    session = open_session(SPEC, ScorerOptions(parameters=SPEC.settled({})), plan)
    assert shards(plan, session, empty) == []


@pytest.mark.parametrize("n", [0, 1, 4])
def test_too_few_prompts_are_refused_with_the_number(n: int) -> None:
    plan = make_plan()
    labels = LabelledPairs(
        *(getattr(plan.labels, f)[:n] for f in ("prompt_id", "chosen_id", "rejected_id")),
        plan.labels.source[:n],
    )
    with pytest.raises(ScoreError, match="at least 5 prompts"):
        rewards(replace(plan, labels=labels))


def test_five_prompts_are_enough() -> None:
    assert len(rewards(make_plan(5))) == 10


def test_a_label_without_its_response_is_refused() -> None:
    plan = make_plan()
    labels = replace(plan.labels, chosen_id=plan.labels.chosen_id + 1)
    with pytest.raises(ScoreError, match="not in the plan"):
        rewards(replace(plan, labels=labels))


@pytest.mark.parametrize(
    ("params", "words"),
    [({"fold": 3}, "Known: folds"), ({"folds": "many"}, "folds"), ({"strength": 0}, "strength")],
)
def test_parameters_are_checked(params: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        rewards(make_plan(), **params)


def test_long_responses_are_marked_truncated() -> None:
    plan = make_plan(6)
    texts = texts_of(plan)
    texts = replace(texts, responses=("word " * MAX_CHARS, *texts.responses[1:]))
    found = score(texts.plan(plan.labels))
    assert found["truncated"].to_pylist() == [True] + [False] * 11


def test_sampling_does_not_look_at_labels() -> None:
    plan = make_plan()
    rows = np.arange(40)
    picked = sample(plan.labels, rows, 10, 0)
    other = sample(turned(plan, rows % 2 == 0).labels, rows, 10, 0)
    assert len(picked) == 10
    assert np.array_equal(picked, other)
    assert not np.array_equal(picked, sample(plan.labels, rows, 10, 1))
    assert len(rewards(plan, max_pairs=20)) == 80


def test_folds_are_even_and_keep_prompts_whole() -> None:
    prompts = np.array([number(str(i)) for i in range(23)], np.int64)
    folds = fold_of(np.concatenate([prompts, prompts[::-1]]), prompts, 5, 42)
    assert np.array_equal(folds[:23], folds[23:][::-1])
    assert sorted(np.bincount(folds[:23])) == [4, 4, 5, 5, 5]


def test_canonical_order_is_that_of_the_content() -> None:
    labels = make_plan().labels
    order = canonical(labels)
    assert all(a < b for a, b in pairwise(labels.prompt_id[order].tolist()))


@pytest.mark.parametrize(
    "text", ["", " ", "\ud800 lone", "nul \x00 inside", "你好世界", "ОК! Ça va?", "a" * 50_000]
)
def test_any_text_has_finite_features(text: str) -> None:
    found = featurise(["prompt"], [text])
    assert found.ngrams.shape == (1, COLUMNS)
    assert found.style.shape == (1, len(STYLE))
    assert np.isfinite(found.style).all()


@pytest.mark.parametrize(
    ("text", "style", "value"),
    [
        ("- one\n- two\n3) three", "list_items", np.log1p(3)),
        ("# Head\n**bold**", "markdown", np.log1p(3)),
        ("Sorry, I can't.", "refusal", np.log1p(2)),
        ("Is it? Yes?", "questions", np.log1p(2)),
        ("Is it? Yes?", "ends_asking", 1.0),
        ("no end", "ends_whole", 0.0),
        ("blue sky", "in_prompt", 0.5),
        ("你好你好", "different_words", 0.5),
    ],
)
def test_style(text: str, style: str, value: float) -> None:
    found = featurise(["why is the sky so high"], [text]).style[0]
    assert found[list(STYLE).index(style)] == pytest.approx(value)


def test_models_learn_from_no_more_text_than_memory_allows(monkeypatch) -> None:
    plan = make_plan(40)
    unbounded = rewards(plan)
    monkeypatch.setattr("core.scorers.crossfit._MOST_CHARS", 1500)
    bounded = rewards(plan)
    assert bounded.keys() == unbounded.keys()
    assert bounded != unbounded
