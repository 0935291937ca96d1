"""Every registered signal documents itself and passes its own worked cases."""

import numpy as np
import pytest

import core.signals  # noqa: F401
from core.errors import UnknownName, UsageError
from core.signals.compute import compute_one, compute_signals
from core.signals.inputs import make_inputs
from core.signals.spec import SIGNALS, SignalSpec

SPECS = list(SIGNALS)
VECTORS = [(spec, vector) for spec in SPECS for vector in spec.vectors]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
class TestEverySpec:
    def test_documents_itself(self, spec: SignalSpec) -> None:
        words = (spec.title, spec.family, spec.formula, spec.latex, spec.direction, spec.unit)
        assert all(words)
        assert all(text[-1] == "." for text in (spec.needs, spec.limits, spec.direction))
        assert spec.paper
        assert spec.example
        assert spec.vectors
        assert all(p.help and p.title and p.low <= p.default <= p.high for p in spec.params)

    def test_bounds_are_in_order(self, spec: SignalSpec) -> None:
        if spec.lower is not None and spec.upper is not None:
            assert spec.lower < spec.upper
        if spec.signed:
            assert spec.lower is None or spec.lower == -(spec.upper or 0)

    def test_without_rows_is_absent_with_a_sentence(self, spec: SignalSpec) -> None:
        made = compute_signals(make_inputs({}))
        assert made.absent[spec.name] == spec.needs
        assert made.columns == ()
        assert made.table.column_names == ["row_id"]
        assert made.table.num_rows == 0


@pytest.mark.parametrize(("spec", "vector"), VECTORS, ids=lambda value: getattr(value, "name", ""))
def test_vectors(spec: SignalSpec, vector) -> None:
    made = compute_signals(make_inputs(vector.given), {spec.name: vector.params})
    (column,) = [column for column in made.columns if column.signal == spec.name]
    values = made.table[column.name].to_pylist()
    assert values == [
        None if want is None else pytest.approx(want, abs=vector.tol) for want in vector.expected
    ]
    known = [value for value in values if value is not None]
    assert column.n == len(known)
    assert column.mean == pytest.approx(np.mean(known))
    assert column.std == pytest.approx(np.std(known))
    live = compute_one(spec.name, make_inputs(vector.given), vector.params, column.run_id)
    assert live[np.isfinite(live)] == pytest.approx(known, abs=vector.tol)


def test_types_and_names_of_columns() -> None:
    given = {"gold": [1, 0], "rewards": {"rm_a": ([1, 2], [0, 0]), "rm_b": ([1, 2], [0, 3])}}
    table = compute_signals(make_inputs(given)).table
    kinds = {name: str(table.schema.field(name).type) for name in table.column_names}
    assert kinds == {
        "row_id": "int64",
        "duplicate_rows": "int8",
        "contradicting_rows": "int8",
        "gold_agrees": "int8",
        "committee_mean": "float",
        "committee_spread": "float",
        "committee_votes": "float",
        "explicit_margin_rm_a": "float",
        "explicit_margin_rm_b": "float",
        "suspicion": "float",
        "evidence": "float",
    }


def test_numbers_that_a_real_cannot_hold_are_null() -> None:
    given = {"rewards": {"rm": ([1e300, np.inf, 1.0], [-1e300, np.inf, -np.inf])}}
    made = compute_signals(make_inputs(given))
    assert made.table["explicit_margin_rm"].to_pylist() == [None, None, None]
    (column,) = [column for column in made.columns if column.signal == "explicit_margin"]
    assert (column.n, column.mean, column.std) == (0, None, None)


RUNS = {
    "policy_chosen": -100.0,
    "policy_rejected": -120.0,
    "ref_chosen": -105.0,
    "ref_rejected": -110.0,
    "chosen_tokens": 50.0,
    "rejected_tokens": 40.0,
    "klsum_chosen": 1.0,
    "klsum_rejected": 2.0,
}


def constant(n: int, reward: float, tie: bool = False, **over: float) -> dict[str, object]:
    """Return everything a store can hold, the same in every row."""
    passes = ([[reward] * 3] * n, [[0.0] * 3] * n)
    return {
        "tie": [tie] * n,
        "votes_chosen": [0.0] * n,
        "votes_rejected": [0.0] * n,
        "votes_tie": [0.0] * n,
        "rewards": {name: ([reward] * n, [0.0] * n) for name in ("a", "b", "c")},
        "logps": {"p": {k: [over.get(k, v)] * n for k, v in RUNS.items()}},
        "passes": {"mc": passes},
    }


@pytest.mark.parametrize("n", [1, 2, 200])
@pytest.mark.parametrize(
    "given_",
    [
        {"reward": 1.0},
        {"reward": 0.0},
        {"reward": np.nan},
        {"reward": np.inf},
        {"reward": 1e38},
        {"reward": 1.0, "tie": True},
        {"reward": 1.0, **dict.fromkeys(RUNS, np.nan)},
        {"reward": 1.0, **dict.fromkeys(RUNS, 0.0)},
        {"reward": 1.0, **dict.fromkeys(RUNS, -1e300)},
    ],
)
def test_bad_input_is_silent_finite_and_explained(given_, n: int) -> None:
    """Equal scores, one pair, ties only, no number at all: no warning, no infinity, a reason."""
    made = compute_signals(make_inputs(constant(n, **given_)))
    for column in made.columns:
        values = [v for v in made.table[column.name].to_pylist() if v is not None]
        assert np.isfinite(values).all()
    assert made.table.num_rows == n
    for name in ("committee_mean", "committee_bald", "ambiguity"):
        assert made.absent[name]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda i: compute_signals(i, {"suspicon": {}}), UnknownName, "Did you mean 'suspicion'"),
        (lambda i: compute_signals(i, {"suspicion": {"rate": 1}}), UsageError, "noise_rate"),
        (lambda i: compute_one("suspicion", i, {"noise_rate": 2.0}), UsageError, "0 to 0.45"),
        (lambda i: compute_one("explicit_margin", i, {}, "rm2"), UnknownName, "Known: rm."),
    ],
)
def test_errors_name_the_thing(call, error: type[Exception], words: str) -> None:
    inputs = make_inputs({"rewards": {"rm": ([1.0], [0.0])}})
    with pytest.raises(error, match=words):
        call(inputs)


def test_a_run_without_numbers_has_no_column() -> None:
    made = compute_signals(make_inputs({"rewards": {"rm": ([np.nan], [1.0])}}))
    assert "explicit_margin_rm" not in made.table.column_names
    assert "explicit_margin" in made.absent


def test_one_signal_that_is_absent_is_unknown_everywhere() -> None:
    assert np.isnan(compute_one("rating_margin", make_inputs({"gold": [1, 0]}), {})).all()


def test_a_leaking_run_is_noted() -> None:
    made = compute_signals(make_inputs({"rewards": {"gpt": ([1.0], [0.0], True)}}))
    (column,) = [column for column in made.columns if column.run_id == "gpt"]
    assert "label under test" in column.note


def test_counts_are_capped_where_a_tinyint_ends() -> None:
    made = compute_signals(make_inputs({"pair_id": [5] * 300, "chosen_id": [1] * 150 + [2] * 150}))
    assert set(made.table["duplicate_rows"].to_pylist()) == {127}
    assert set(made.table["contradicting_rows"].to_pylist()) == {127}
