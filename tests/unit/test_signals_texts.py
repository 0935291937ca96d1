"""Signals of text: style and its control, the flip prior of features, the length audit."""

from dataclasses import replace

import numpy as np
import pytest

import core.signals  # noqa: F401
from core.schema import SignalInputs
from core.schema.texts import TEXT_FEATURES
from core.signals.compute import compute_one, compute_signals
from core.signals.feature_prior import FEWEST, flip_prior
from core.signals.inputs import make_inputs
from core.signals.length_audit import length_audit, length_bins
from core.signals.planting import flip_rows
from core.signals.ridge import ridge_logistic
from core.signals.style import STYLES, style_differences
from core.signals.style_columns import controlled, style_probability

NAMES = (
    "refusal_margin",
    "repetition_margin",
    "structure_margin",
    "citation_margin",
    "answer_similarity",
    "answers_contained",
    "near_duplicate_rows",
    "style_probability",
    "controlled_margin",
)


def made(n: int = 400, seed: int = 0, **over: object) -> SignalInputs:
    """Rows where the longer and more structured answer is chosen more often."""
    draw = np.random.default_rng(seed)
    sides = []
    for _ in "ab":
        counts = {name: draw.poisson(1.0, n) for name in TEXT_FEATURES}
        counts["refusal"] = draw.integers(0, 2, n)
        counts["repetition"] = draw.random(n) / 2
        sides.append((draw.integers(50, 900, n), counts))
    (chars_a, a), (chars_b, b) = sides
    lean = np.log(chars_a / chars_b) + 0.5 * (a["n_list_items"] - b["n_list_items"])
    wins = draw.random(n) < 1 / (1 + np.exp(-lean))
    worth = draw.normal(size=n)
    columns = {
        "chosen_chars": np.where(wins, chars_a, chars_b),
        "rejected_chars": np.where(wins, chars_b, chars_a),
        "texts": {
            "chosen": {k: np.where(wins, a[k], b[k]) for k in a},
            "rejected": {k: np.where(wins, b[k], a[k]) for k in a},
            "similarity": draw.random(n),
            "near_duplicates": draw.integers(0, 300, n),
            "contained": draw.integers(0, 3, n),
        },
        "rewards": {"rm": (np.where(wins, lean, -lean) + worth, np.zeros(n))},
        "pair_id": draw.integers(1, 1 << 62, n),
    }
    return make_inputs({**columns, **over})


def signal(name: str, inputs: SignalInputs) -> np.ndarray:
    return compute_one(name, inputs, {})


def test_style_explains_what_style_made() -> None:
    given = made(4_000)
    p = signal("style_probability", given)
    assert np.isfinite(p).all()
    assert 0.62 < (p > 0.5).mean() < 0.8
    (column,) = [c for c in compute_signals(given).columns if c.signal == "style_probability"]
    assert "style alone names the chosen response in" in column.note


def test_style_is_learnt_from_other_pairs_only() -> None:
    """Were a row's own label in its model, the turned row would not have exactly 1 − p."""
    given = made(300)
    p = signal("style_probability", given)
    for at in (0, 57, 299):
        mates = given.pair_id % 5 == given.pair_id[at] % 5
        turned = signal("style_probability", flip_rows(given, mates))
        assert turned[mates] == pytest.approx(1 - p[mates], abs=1e-9)


def test_chance_is_a_half() -> None:
    """On labels that style does not make, what is out of sample is no better than chance."""
    given = made(4_000)
    coin = np.random.default_rng(9).random(4_000) < 0.5
    p = signal("style_probability", flip_rows(given, coin))
    assert 0.46 < (p > 0.5).mean() < 0.54


def test_a_controlled_margin_is_free_of_style() -> None:
    given = made(4_000)
    left = signal("controlled_margin", given)
    style = style_differences(given)
    for at, name in enumerate(STYLES):
        assert np.corrcoef(left, style[:, at])[0, 1] == pytest.approx(0, abs=1e-3), name
    raw = given.rewards["rm"].chosen
    assert abs(np.corrcoef(raw, style[:, 0])[0, 1]) > 0.3


def test_control_keeps_the_intercept() -> None:
    """Margins that agree with all labels, whatever the style, stay as they are."""
    draw = np.random.default_rng(1)
    d = draw.normal(size=(500, 2)) + 3
    m = 2 + 1e-9 * draw.normal(size=500)
    left, share = controlled(m, d)
    assert left == pytest.approx(m, abs=1e-6)
    assert share < 0.1
    assert controlled(m + d @ [0.5, -2], d)[0] == pytest.approx(m, abs=1e-3)


def test_sources_are_apart() -> None:
    """A source that loves the short beside one that loves the long: neither blurs the other."""
    given = made(2_000)
    other = np.arange(2_000) % 2 == 1
    mixed = flip_rows(given, other)
    apart = replace(mixed, source=other.astype(np.int64), source_names=("x", "y"))
    assert (signal("style_probability", apart) > 0.5).mean() > 0.62
    assert (signal("style_probability", mixed) > 0.5).mean() < 0.56


def test_few_rows_are_said() -> None:
    notes = {c.signal: c.note for c in compute_signals(made(49)).columns}
    assert "style_probability" not in notes
    two = {"source": [0] * 49 + [1] * 60, "source_names": ("small", "large")}
    table = compute_signals(made(109, **two))
    notes = {c.signal: c.note for c in table.columns}
    for name in ("style_probability", "controlled_margin"):
        assert "small: nothing is fitted on 49 labelled rows; 50 are needed." in notes[name]
        assert table.table[name].null_count == 49


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_rows_changes_nothing(name: str) -> None:
    given = made(300)
    order = np.random.default_rng(3).permutation(300)
    texts = given.texts
    moved = replace(
        given,
        chosen_chars=given.chosen_chars[order],
        rejected_chars=given.rejected_chars[order],
        pair_id=given.pair_id[order],
        rewards={
            k: replace(v, chosen=v.chosen[order], rejected=v.rejected[order])
            for k, v in given.rewards.items()
        },
        texts=replace(
            texts,
            chosen={k: v[order] for k, v in texts.chosen.items()},
            rejected={k: v[order] for k, v in texts.rejected.items()},
            similarity=texts.similarity[order],
            near_duplicates=texts.near_duplicates[order],
            contained=texts.contained[order],
        ),
    )
    assert signal(name, moved) == pytest.approx(signal(name, given)[order], abs=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_absent_without_text_statistics(name: str) -> None:
    made_of = compute_signals(make_inputs({"gold": [1, 0], "rewards": {"rm": ([1, 2], [0, 0])}}))
    assert "score textstats" in made_of.absent[name]


@pytest.mark.parametrize(
    "over",
    [
        {"tie": [True] * 60},
        {"chosen_chars": [7] * 60, "rejected_chars": [7] * 60},
        {"rewards": {"rm": ([1.0] * 60, [0.0] * 60)}},
        {"rewards": {"rm": ([np.nan] * 60, [0.0] * 60)}},
        {"rewards": {"rm": ([1e300, -1e300] * 30, [0.0] * 60)}},
        {"pair_id": [5] * 60},
        {"texts": {s: {n: [3] * 60 for n in TEXT_FEATURES} for s in ("chosen", "rejected")}},
        {"texts": {s: {n: [np.nan] * 60 for n in TEXT_FEATURES} for s in ("chosen", "rejected")}},
        {
            "texts": {
                "chosen": {n: [0, 2**31] * 30 for n in TEXT_FEATURES},
                "rejected": {n: [2**31, 0] * 30 for n in TEXT_FEATURES},
            }
        },
    ],
)
def test_degenerate_rows_give_no_warning_and_nothing_infinite(over) -> None:
    for column in compute_signals(made(60, **over)).columns:
        assert column.mean is None or np.isfinite(column.mean)
    if "tie" in over:
        assert "style_probability" in compute_signals(made(60, **over)).absent


def test_constant_style_says_a_half() -> None:
    p = style_probability(np.zeros((80, 3)), np.arange(80) % 5)
    assert p.tolist() == [0.5] * 80


def test_the_ridge_solves_what_its_derivative_says() -> None:
    draw = np.random.default_rng(4)
    x, t, ridge = draw.normal(size=(300, 3)), draw.random(300), np.array([0.5, 2.0, 1e-9])
    w = ridge_logistic(x, t, ridge)
    slope = x.T @ (1 / (1 + np.exp(-x @ w)) - t) + ridge * w
    assert slope == pytest.approx(0, abs=1e-6)


def test_separable_and_doubled_columns_have_an_end() -> None:
    x = np.linspace(-50, 50, 101)
    w = ridge_logistic(np.column_stack([x, x]), (x > 0).astype(float), np.ones(2))
    assert np.isfinite(w).all()
    assert w[0] == pytest.approx(w[1])


def audited(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    features = draw.normal(size=(n, 3)) * [100, 1, 0.1] + [500, 0, 0.5]
    p = 1 / (1 + np.exp(-(-1.5 + (features[:, 0] - 500) / 100)))
    return features, (draw.random(n) < p).astype(float)


def test_a_flip_prior_finds_what_makes_labels_wrong() -> None:
    features, wrong = audited(20_000)
    prior = flip_prior(features, wrong)
    assert prior.reason == ""
    assert prior.weights == pytest.approx([1, 0, 0], abs=0.08)
    assert prior.intercept == pytest.approx(-1.5, abs=0.08)
    assert prior.probability(features).mean() == pytest.approx(wrong.mean(), abs=1e-6)
    # What moves or stretches a feature changes nothing.
    moved = flip_prior(features * [3, 1, 10] + 7, wrong)
    assert moved.probability(features * [3, 1, 10] + 7) == pytest.approx(
        prior.probability(features), abs=1e-8
    )


def test_a_flip_prior_needs_evidence() -> None:
    features, wrong = audited(400)
    few = np.where(np.arange(400) < FEWEST - 1, wrong, np.nan)
    prior = flip_prior(features, few)
    assert prior.reason == "Not enough evidence: 199 audited rows, 200 are needed."
    assert np.isnan(prior.probability(features)).all()
    right = flip_prior(features, np.zeros(400))
    assert right.reason == "Not enough evidence: all 400 audited labels are right."
    unknown = features.copy()
    unknown[0] = np.nan
    assert flip_prior(unknown, wrong).n == 399
    assert (
        np.isnan(flip_prior(unknown, wrong).probability(unknown)).tolist() == [True] + [False] * 399
    )
    constant = flip_prior(np.ones((400, 2)), wrong)
    assert constant.probability(np.ones((1, 2))) == pytest.approx(wrong.mean(), abs=1e-6)


@pytest.mark.parametrize(
    ("ratio", "wins", "auc"),
    [
        ([0.5, 0.2, -0.1, 0.0], 2 / 3, 0.5 + 1.5 / 8),
        ([1.0, 1.0], 1.0, 1.0),
        ([-1.0, -1.0], 0.0, 0.0),
        ([0.0, 0.0], None, 0.5),
        ([1.0, -1.0, np.nan], 0.5, 0.5),
        ([np.nan], None, None),
        ([], None, None),
    ],
)
def test_length_audit(ratio, wins, auc) -> None:
    values = np.array(ratio, float)
    found = length_audit(values)
    if auc is not None:
        known = values[np.isfinite(values)]
        sums = known[:, None] + known[None, :]
        auc = ((sums > 0) + 0.5 * (sums == 0)).mean()
    assert (found.longer_wins, found.auc) == (
        wins if wins is None else pytest.approx(wins),
        auc if auc is None else pytest.approx(auc),
    )


def test_agreement_within_lengths() -> None:
    ratio = np.array([-2.0, -0.2, 0.0, 0.05, 0.5, 0.5, np.nan, 0.0])
    margins = np.array([-1.0, 1.0, 1.0, 0.0, 1.0, -1.0, 1.0, np.nan])
    bins = length_bins(margins, ratio)
    assert [(b.n, b.agreement) for b in bins] == [
        (1, 0.0), (0, None), (1, 1.0), (2, 0.75), (0, None), (2, 0.5), (0, None)
    ]  # fmt: skip
    assert (bins[0].low, bins[-1].high) == (-np.inf, np.inf)
    assert sum(b.n for b in bins) == 6
