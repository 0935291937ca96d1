"""What holds for evidence, labellers and audits whatever comes in."""

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.signals.audit import audited, horvitz_thompson
from core.signals.calibration import calibrate
from core.signals.choosing import topsis
from core.signals.consensus import consensus, moments, moved_by_labels
from core.signals.evidence import Reader, RunMargin, columns_of
from core.signals.evidence_fit import fit_evidence, hear
from core.signals.inputs import make_inputs
from core.signals.labellers import judgements, label_logits, words_of
from core.signals.noise_estimates import Ground, estimates
from core.signals.suspicion_model import judge_labels

VALUE = st.floats(-1e6, 1e6, allow_subnormal=False) | st.sampled_from(
    [0.0, 1.0, float("nan"), float("inf"), 1e300, -1e300]
)
SLOW = settings(max_examples=60)


@st.composite
def margins(draw, rows: int = 80, most: int = 5):
    """Return margins of up to five runs: short lists repeated, with gaps and extremes."""
    k = draw(st.integers(1, most))
    cells = draw(st.lists(VALUE, min_size=k, max_size=6 * k))
    table = np.resize(np.array(cells), (draw(st.integers(0, rows)), k))
    return np.where(np.isfinite(table), table, np.nan)


def model(table: np.ndarray, right: np.ndarray):
    runs = [RunMargin(f"r{i}", f"m{i}", column) for i, column in enumerate(table.T)]
    return fit_evidence(hear("set", runs, table, right))


@given(margins(), st.sampled_from([np.nan, 0.0, 1.0]))
@SLOW
def test_evidence_is_finite_or_unknown_and_explained(table, gold) -> None:
    right = np.full(len(table), gold)
    right[::2] = np.nan
    found = model(table, right)
    logits = Reader(found).logits(table)
    assert not np.isinf(logits).any()
    assert np.isfinite([found.slope, found.prior]).all()
    assert all(item.weight >= 0 for item in found.weights)
    total = sum(item.weight for item in found.weights)
    assert total == 0 or abs(total - 1) < 1e-9
    assert all(item.weight or item.reason for item in found.weights)
    if found.slope == 0 and np.isfinite(table).any():
        assert "no suspicion, because" in found.note or found.calibrated == "gold"


@given(st.integers(0, 10_000), st.integers(1, 5), st.floats(1e-3, 1e3))
@SLOW
def test_evidence_does_not_know_a_run_s_unit(seed, k, unit) -> None:
    draw = np.random.default_rng(seed)
    table = draw.normal(0.4, 1, (200, 1)) * draw.normal(1, 0.5, k) + draw.normal(size=(200, k))
    table[draw.random((200, k)) < 0.1] = np.nan
    none = np.full(len(table), np.nan)
    one = Reader(model(table, none)).logits(table)
    other = Reader(model(table * unit, none)).logits(table * unit)
    assert np.allclose(one, other, rtol=1e-4, atol=1e-6, equal_nan=True)


@given(margins(rows=200))
@example(np.array([[0.0, -14.0, 18.0]] * 3))
@SLOW
def test_weights_are_a_share_each(table) -> None:
    found = consensus(moments(np.tanh(table)), np.isfinite(table).sum(0))
    heard = moved_by_labels(np.tanh(table), found)
    for weights in (found, heard):
        assert (weights >= 0).all()
        assert abs(weights.sum() - 1) < 1e-9


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3), st.integers(0, 1), st.integers(-1, 3), st.booleans(), st.booleans()
        ),
        min_size=1,
        max_size=12,
    ),
    st.lists(st.tuples(st.integers(0, 11), st.integers(2, 3), st.sampled_from([-1, 0, 1]))),
)
def test_words_add_up_and_turn_with_the_label(rows, votes) -> None:
    pair, chosen, labeller, tie, _ = (np.array(column) for column in zip(*rows, strict=True))
    said = [vote for vote in votes if vote[0] < len(rows)]
    given_columns = {
        "pair_id": pair,
        "chosen_id": chosen + 10 * pair,
        "tie": tie,
        "labeller": labeller,
        "labellers": [("a", None), ("b", None), ("a", "Ann"), ("b", "Bob")],
        "source_names": ("a", "b"),
        "votes": tuple(zip(*said, strict=True)) if said else None,
    }
    inputs, skill = make_inputs(given_columns), np.array([1.0, 0.25, 2.0, 0.5])
    found = judgements(inputs)
    logits = label_logits(found, skill)
    for row, total in enumerate(logits):
        words = words_of(found, skill, inputs.labellers, row)
        assert abs(sum(word.logit for word in words) - total) < 1e-9
    assert (logits[tie] == 0).all()


@given(margins(rows=120), st.lists(st.sampled_from([0.0, 1.0, np.nan]), min_size=1, max_size=7))
@SLOW
def test_a_rate_lies_in_its_interval_or_has_a_reason(table, gold) -> None:
    right = np.resize(np.array(gold), len(table))
    for told in estimates(Ground(50 * np.tanh(table[:, 0]), right)).values():
        if told.rate is None:
            assert told.reason.startswith("not enough evidence: ")
        else:
            assert 0 <= told.low <= told.rate <= told.high <= 1


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_an_audit_of_all_is_the_naive_share(wrong) -> None:
    wrong = np.array(wrong)
    one = np.ones(len(wrong))
    assert horvitz_thompson(wrong, one, len(wrong)) == np.mean(wrong)
    found = audited(wrong, one, len(wrong))
    assert abs(found.rate - np.mean(wrong)) < 1e-12
    assert found.low <= found.rate <= found.high


@given(margins(rows=40, most=3))
def test_topsis_is_a_share_or_unknown(table) -> None:
    found = topsis(np.tanh(table), np.ones(table.shape[1], bool))
    known = np.isfinite(table).all(1)
    assert np.isnan(found[~known]).all()
    assert ((found[known] >= 0) & (found[known] <= 1)).all()


@given(margins(rows=30))
@SLOW
def test_judging_the_same_twice_is_the_same(table) -> None:
    rewards = {f"r{i}": (column, np.zeros(len(table))) for i, column in enumerate(table.T)}
    inputs = make_inputs({"rewards": rewards, "gold": np.resize([1.0, 0.0, np.nan], len(table))})
    one, two = judge_labels(inputs), judge_labels(inputs)
    assert np.array_equal(one.suspicion, two.suspicion, equal_nan=True)
    known = one.suspicion[np.isfinite(one.suspicion)]
    assert ((known >= 0) & (known <= 1)).all()


def test_rows_are_taken_in_order() -> None:
    runs = [RunMargin("r", "m", np.arange(5.0))]
    assert columns_of(runs, np.array([3, 1])).tolist() == [[3.0], [1.0]]
    assert columns_of([], np.array([3, 1])).shape == (2, 0)


@given(st.integers(0, 50), st.floats(0.05, 0.45))
@SLOW
def test_calibration_turns_with_all_labels(seed, rate) -> None:
    """Reversing every label turns evidence and gold, and the noise rate to one less it."""
    draw = np.random.default_rng(seed)
    toward = draw.normal(1, 1, 400)
    wrong = draw.random(400) < rate
    evidence, right = np.where(wrong, -toward, toward), (~wrong).astype(float)
    one, other = calibrate(evidence, right), calibrate(-evidence, 1 - right)
    assert abs(one.rate - (1 - other.rate)) < 3e-3
    assert abs(one.slope / other.slope - 1) < 1e-2
