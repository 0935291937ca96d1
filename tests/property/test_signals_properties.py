"""What holds for every signal, whatever the numbers."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import core.signals  # noqa: F401
from core.schema import KlValues, LogpValues, PassValues, RunValues, SignalInputs, TextValues
from core.schema.texts import TEXT_FEATURES
from core.signals.compute import compute_signals
from core.signals.inputs import make_inputs
from core.signals.spec import SIGNALS

ANY = st.floats(width=32) | st.just(float("nan"))
COUNT = st.sampled_from([np.nan, 0.0, 1.0, 2.0, 50.0])
LOGPS = ("policy_chosen", "policy_rejected", "ref_chosen", "ref_rejected")
KL = ("klsum", "policy_mixp", "policy_mixm")
LABELLED = (
    "alignment_potential",
    "bald",
    "committee_bald",
    "committee_mean",
    "committee_spread",
    "committee_votes",
    "controlled_margin",
    "difficulty",
    "edpo_sensitivity",
    "edpo_step",
    "margin_conflict",
    "simpo_state",
    "style_probability",
)
"""Signals that a tie has none of."""
SYMMETRIC = (
    "vote_entropy",
    "duplicate_rows",
    "contradicting_rows",
    "committee_spread",
    "committee_bald",
    "bald_thin",
    "ambiguity",
    "answer_similarity",
    "answers_contained",
    "margin_conflict_with",
    "near_duplicate_rows",
    "style_probability",
)
SHARE = st.sampled_from([np.nan, 0.0, 0.25, 1.0])
TEXTS = dict.fromkeys(TEXT_FEATURES, COUNT)
TEXTS |= {"refusal": st.sampled_from([0.0, 1.0]), "repetition": SHARE}
COLUMNS = {
    "chosen_chars": COUNT,
    "rejected_chars": COUNT,
    "votes_chosen": COUNT,
    "votes_rejected": COUNT,
    "votes_tie": COUNT,
    "rating_chosen": ANY,
    "rating_rejected": ANY,
    "gold": st.sampled_from([np.nan, 0.0, 1.0]),
    "tie": st.booleans(),
    "source": st.integers(0, 1),
    "pair_id": st.integers(1, 4),
}


@st.composite
def inputs(draw: st.DrawFn) -> SignalInputs:
    n = draw(st.integers(0, 12))
    times = draw(st.sampled_from([1, 20]))  # twenty times is enough for suspicion to speak

    def column(values):
        return draw(st.lists(values, min_size=n, max_size=n)) * times

    columns = {name: column(values) for name, values in COLUMNS.items()}
    side = column(st.booleans())
    columns["chosen_id"] = [2 * p + s for p, s in zip(columns["pair_id"], side, strict=True)]
    names = draw(st.sampled_from([("a",), ("a", "leak"), ("a", "b", "c", "leak")]))
    rewards = {name: (column(ANY), column(ANY), name == "leak") for name in names}
    passes = {"thin": tuple(list(zip(*(column(ANY) for _ in "123"), strict=True)) for _ in "ab")}
    kl = {f"{name}_{side}": column(ANY) for name in KL for side in ("chosen", "rejected")}
    lengths = {"chosen_tokens": column(COUNT), "rejected_tokens": column(COUNT)}
    logps = {
        "with": {**{name: column(ANY) for name in LOGPS}, **lengths, **kl},
        "without": {**{name: column(ANY) for name in LOGPS[:2]}, **lengths, "leaks_label": True},
    }
    texts = {
        **{side: {k: column(v) for k, v in TEXTS.items()} for side in ("chosen", "rejected")},
        "similarity": column(SHARE),
        "near_duplicates": column(COUNT),
        "contained": column(st.sampled_from([0.0, 1.0, 2.0])),
    }
    columns |= {"texts": texts} if draw(st.booleans()) else {}
    runs = {"rewards": rewards, "logps": logps, "passes": passes if n else {}}
    return make_inputs({**columns, "source_names": ("x", "y"), **runs})


def swapped(given: SignalInputs) -> SignalInputs:
    return replace(
        given,
        chosen_id=given.chosen_id ^ 1,
        chosen_chars=given.rejected_chars,
        rejected_chars=given.chosen_chars,
        votes_chosen=given.votes_rejected,
        votes_rejected=given.votes_chosen,
        rating_chosen=given.rating_rejected,
        rating_rejected=given.rating_chosen,
        gold=1 - given.gold,
        rewards={
            k: RunValues(v.rejected, v.chosen, v.leaks_label) for k, v in given.rewards.items()
        },
        logps={
            k: LogpValues(
                policy_chosen=v.policy_rejected,
                policy_rejected=v.policy_chosen,
                ref_chosen=v.ref_rejected,
                ref_rejected=v.ref_chosen,
                chosen_tokens=v.rejected_tokens,
                rejected_tokens=v.chosen_tokens,
                leaks_label=v.leaks_label,
                kl=v.kl and swapped_kl(v.kl),
            )
            for k, v in given.logps.items()
        },
        passes={
            k: PassValues(v.rejected, v.chosen, v.leaks_label) for k, v in given.passes.items()
        },
        texts=given.texts and swapped_texts(given.texts),
    )


def swapped_texts(texts: TextValues) -> TextValues:
    return replace(texts, chosen=texts.rejected, rejected=texts.chosen)


def swapped_kl(kl: KlValues) -> KlValues:
    return KlValues(
        klsum_chosen=kl.klsum_rejected,
        klsum_rejected=kl.klsum_chosen,
        policy_mixp_chosen=kl.policy_mixp_rejected,
        policy_mixp_rejected=kl.policy_mixp_chosen,
        policy_mixm_chosen=kl.policy_mixm_rejected,
        policy_mixm_rejected=kl.policy_mixm_chosen,
    )


def columns(given: SignalInputs):
    made = compute_signals(given)
    for column in made.columns:
        yield SIGNALS.get(column.signal), made.table[column.name]


@given(inputs())
def test_bounds_hold_and_nothing_is_nan(given: SignalInputs) -> None:
    for spec, column in columns(given):
        values = np.array(column.drop_null().to_pylist(), float)
        assert np.isfinite(values).all()
        assert spec.lower is None or (values >= spec.lower - 1e-6).all()
        assert spec.upper is None or (values <= spec.upper + 1e-6).all()


@given(inputs())
def test_swapping_the_sides_negates_the_signed_ones(given: SignalInputs) -> None:
    there, back = compute_signals(given).table, compute_signals(swapped(given)).table
    for column in compute_signals(given).columns:
        if SIGNALS.get(column.signal).signed:
            mirrored = [None if v is None else -v for v in back[column.name].to_pylist()]
            assert there[column.name].to_pylist() == mirrored


@given(inputs())
def test_swapping_twice_changes_nothing(given: SignalInputs) -> None:
    there = compute_signals(given)
    again = compute_signals(swapped(swapped(given)))
    assert again.table.equals(there.table)
    assert again.absent == there.absent


@given(inputs())
def test_symmetric_ones_stay_and_shares_turn_round(given: SignalInputs) -> None:
    there, back = compute_signals(given).table, compute_signals(swapped(given)).table
    for name in SYMMETRIC:
        if name in there.column_names:
            assert back[name].to_pylist() == pytest.approx(there[name].to_pylist(), abs=1e-6)
    shares = [spec.name for spec in SIGNALS if spec.mirrored]
    assert set(shares) == {"vote_share", "gold_agrees", "committee_votes"}
    for name in shares:
        if name in there.column_names:
            turned = [None if v is None else 1 - v for v in back[name].to_pylist()]
            assert turned == pytest.approx(there[name].to_pylist())


@given(inputs())
def test_ties_and_unknown_inputs_have_no_label_oriented_value(given: SignalInputs) -> None:
    unknown = {
        "length_delta_chars": np.isnan(given.chosen_chars) | np.isnan(given.rejected_chars),
        "rating_margin": ~(np.isfinite(given.rating_chosen) & np.isfinite(given.rating_rejected)),
        "vote_share": np.isnan(given.votes_chosen) | np.isnan(given.votes_rejected),
        "gold_agrees": np.isnan(given.gold),
        "explicit_margin": np.zeros(len(given.tie), bool),
        "implicit_margin": sum(np.isnan(getattr(given.logps["with"], n)) for n in LOGPS) > 0,
        "length_normalised_margin": np.zeros(len(given.tie), bool),
        "suspicion": np.zeros(len(given.tie), bool),
    }
    unknown |= {name: np.zeros(len(given.tie), bool) for name in LABELLED}
    for spec, column in columns(given):
        if spec.name in unknown:
            silent = given.tie | unknown[spec.name]
            assert set(np.array(column.to_pylist(), object)[silent]) <= {None}


@given(inputs())
def test_every_signal_is_a_column_or_absent_with_its_sentence(given: SignalInputs) -> None:
    made = compute_signals(given)
    assert {column.signal for column in made.columns} | set(made.absent) == set(SIGNALS.names())
    assert not {column.signal for column in made.columns} & set(made.absent)
    assert made.table.num_rows == len(given.row_id)
    assert made.table.column_names == ["row_id", *(column.name for column in made.columns)]


@given(inputs())
def test_counts_of_siblings_are_those_of_a_plain_loop(given: SignalInputs) -> None:
    table = compute_signals(given).table
    if not table.num_rows:
        return
    rows = list(zip(given.pair_id, given.chosen_id, given.tie, strict=True))
    for i, (pair, chosen, tie) in enumerate(rows):
        others = [c for j, (p, c, t) in enumerate(rows) if p == pair and not t and j != i]
        same = min(127, sum(c == chosen for c in others))
        opposite = min(127, sum(c != chosen for c in others))
        found = (table["duplicate_rows"][i].as_py(), table["contradicting_rows"][i].as_py())
        assert found == ((None, None) if tie else (same, opposite))
