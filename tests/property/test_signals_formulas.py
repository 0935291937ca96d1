"""What holds for the formulas themselves: symmetry, order, limits and bounds (methods 18)."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.signals.agreement import cohen_kappa, krippendorff_alpha
from core.signals.bald import LN2, bald, upo_smoothing
from core.signals.committee import fused, strength
from core.signals.confident import confident_learning
from core.signals.dawid_skene import dawid_skene
from core.signals.dynamics import data_map, peers_agreeing, regions
from core.signals.edpo import beta_of_step, step_from_mixes, step_from_sensitivity
from core.signals.logistic import logit, sigmoid, softplus
from core.signals.losses import (
    cdpo_loss,
    dpo_loss,
    drdpo_weights,
    fadpo_weight,
    rdpo_loss,
    rdpo_weight,
)
from core.signals.potential import map_official, spearman, top_share
from core.signals.ranking import dpo_threshold, flip_distance
from core.signals.re_po import posterior, reliability, reliability_interval
from core.signals.states import simpo_states

MARGIN = st.floats(-50, 50, allow_subnormal=False)
SHARE = st.floats(0.001, 0.999)
WITH_GAPS = MARGIN | st.just(float("nan"))


def array(values, low: int = 1, high: int = 30):
    return st.lists(values, min_size=low, max_size=high).map(lambda v: np.array(v, float))


@st.composite
def table(draw, values, rows: int = 12, columns: int = 6, least: int = 1):
    shape = (draw(st.integers(1, rows)), draw(st.integers(least, columns)))
    cells = draw(st.lists(values, min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]))
    return np.array(cells).reshape(shape)


@given(array(MARGIN))
def test_the_logistic_and_its_kin(x) -> None:
    assert sigmoid(x) + sigmoid(-x) == pytest.approx(np.ones(len(x)))
    assert -np.log(sigmoid(x)) == pytest.approx(softplus(-x))
    inside = x[np.abs(x) < 15]
    assert logit(sigmoid(inside)) == pytest.approx(inside, abs=1e-6)


@given(array(SHARE), st.floats(0.01, 0.98), st.floats(0.001, 0.01))
def test_q_rises_with_p_and_with_eta(p, eta, more) -> None:
    q = posterior(np.sort(p), eta)
    assert (np.diff(q) >= 0).all()
    assert (posterior(np.sort(p), eta + more) > q).all()
    assert ((q >= 0) & (q <= 1)).all()
    assert posterior(p, 0.5) == pytest.approx(p)
    assert logit(posterior(p, eta)) == pytest.approx(logit(p) + logit(np.array(eta)), abs=1e-6)


@given(array(MARGIN, low=2))
def test_one_annotator_ranks_as_the_margin_does(margins) -> None:
    found = reliability(sigmoid(margins))
    q = found.q[np.argsort(margins, kind="stable")]
    if np.isfinite(found.eta[0]):
        assert (np.diff(q) >= 0).all()
    else:
        assert np.isnan(q).all()


@given(array(SHARE | st.sampled_from([0.0, 0.5, 1.0, float("nan")]), low=0), st.data())
def test_reliability_is_a_share_or_unknown_and_a_fixed_point(p, data) -> None:
    who = np.array([data.draw(st.integers(0, 3)) for _ in p], np.int64)
    found = reliability(p, who)
    for k, eta in enumerate(found.eta):
        assert np.isnan(eta) or 0 <= eta <= 1
        q = posterior(np.clip(p[who == k], 1e-9, 1 - 1e-9), eta)
        if 0.01 < eta < 0.99:
            assert np.nanmean(q) == pytest.approx(eta, abs=1e-6)
    told = np.isfinite(found.q)
    assert ((found.q[told] >= 0) & (found.q[told] <= 1)).all()
    assert not told[np.isnan(p)].any()


@given(array(SHARE, low=2))
@settings(max_examples=30)
def test_an_interval_is_in_order(p) -> None:
    interval = reliability_interval(p, draws=50)
    assert interval is None or 0 <= interval.low <= interval.high <= 1


@given(array(MARGIN), st.floats(0, 0.49))
def test_losses_at_their_limits(h, e) -> None:
    assert rdpo_loss(h, 0.0) == pytest.approx(dpo_loss(h))
    assert rdpo_loss(h, 1e-9) == pytest.approx(dpo_loss(h), abs=1e-6)
    assert cdpo_loss(h, 0.0) == pytest.approx(dpo_loss(h))
    assert cdpo_loss(h, 0.5) == pytest.approx(cdpo_loss(-h, 0.5))
    assert (rdpo_weight(h, e) > 0).all()
    # Averaged over labels of which a share e is reversed, rDPO is DPO on clean ones.
    assert (1 - e) * rdpo_loss(h, e) + e * rdpo_loss(-h, e) == pytest.approx(dpo_loss(h), abs=1e-6)


@given(array(MARGIN), array(SHARE), st.floats(0, 1))
def test_weights(losses, p, e) -> None:
    weights = drdpo_weights(losses)
    assert weights.sum() == pytest.approx(1)
    assert (np.diff(weights[np.argsort(losses, kind="stable")]) <= 0).all()
    turned = fadpo_weight(1 - p, 1 - e)
    assert fadpo_weight(p, e) == pytest.approx(-turned, abs=1e-9)


@given(table(st.floats(0, 1)))
def test_bald_is_between_0_and_ln_2(p) -> None:
    found = bald(p, fewest=1)
    assert ((found >= 0) & (found <= LN2)).all()
    assert bald(1 - p, fewest=1) == pytest.approx(found, abs=1e-9)
    assert bald(np.repeat(p[:1], 4, axis=0)) == pytest.approx(np.zeros(p.shape[1]), abs=1e-12)
    assert (upo_smoothing(found) <= 0.5).all()


@given(array(WITH_GAPS), st.data())
def test_the_step_turns_with_the_pair(policy, data) -> None:
    looser, tighter = (data.draw(array(WITH_GAPS, len(policy), len(policy))) for _ in "ab")
    step = step_from_mixes(policy, looser, tighter)
    assert np.array_equal(step, -step_from_mixes(-policy, -looser, -tighter), equal_nan=True)
    signs = step_from_sensitivity(policy)
    assert np.array_equal(signs, -step_from_sensitivity(-policy), equal_nan=True)
    assert (
        np.sign(0.1 - beta_of_step(step[np.isfinite(step)], 0.1)) == step[np.isfinite(step)]
    ).all()


@given(st.integers(2, 40), st.integers(0, 9), st.floats(0.01, 100), st.floats(-50, 50), st.data())
def test_alignment_potential_ignores_scales_and_shifts(n, seed, scale, shift, data) -> None:
    draw = np.random.default_rng(seed)
    explicit, implicit = draw.normal(size=n), np.abs(draw.normal(size=n))
    scores = map_official(explicit, implicit)
    other = map_official(scale * explicit + shift, data.draw(st.floats(0.01, 100)) * implicit)
    assert other == pytest.approx(scores, abs=1e-6)
    assert scores.mean() == pytest.approx(0, abs=1e-9)


@given(
    array(st.integers(-3, 3) | st.just(float("nan"))), st.floats(0, 1), st.permutations(range(30))
)
def test_the_cut_is_the_best_whatever_the_order_of_rows(scores, ratio, ids) -> None:
    pair_id = np.array(ids[: len(scores)])
    kept = top_share(scores, pair_id, ratio)
    assert len(kept) == int(ratio * np.isfinite(scores).sum() + 1e-9)
    back = top_share(scores[::-1], pair_id[::-1], ratio)
    assert pair_id[kept].tolist() == pair_id[::-1][back].tolist()
    left = np.setdiff1d(np.flatnonzero(np.isfinite(scores)), kept)
    if len(kept) and len(left):
        assert scores[kept].min() >= scores[left].max()


@given(array(MARGIN, low=2))
def test_rank_correlation_sees_order_only(values) -> None:
    found = spearman(values, np.argsort(np.argsort(values, kind="stable")) * 1.0)
    assert found is None or -1 - 1e-9 <= found <= 1 + 1e-9
    same = spearman(values, values)
    assert same is None or same == pytest.approx(1)


@given(table(WITH_GAPS))
def test_the_committee_turns_with_the_pair(margins) -> None:
    there, back = strength(margins), strength(-margins)
    assert np.array_equal(there.mean, -back.mean, equal_nan=True)
    assert np.array_equal(there.std, back.std, equal_nan=True)
    assert there.agree == pytest.approx(1 - back.agree, nan_ok=True)
    assert np.array_equal(there.agree, strength(margins[::-1]).agree, equal_nan=True)


@given(table(SHARE))
def test_fusion_turns_with_the_pair_and_a_half_adds_nothing(p) -> None:
    assert fused(1 - p) == pytest.approx(1 - fused(p), abs=1e-9)
    assert fused(np.vstack([p, np.full(p.shape[1], 0.5)])) == pytest.approx(fused(p))


@given(array(MARGIN), st.floats(0.01, 1))
def test_threshold_and_distance_are_two_views_of_one_gap(gap, beta) -> None:
    threshold, distance = dpo_threshold(gap, beta), flip_distance(gap, beta)
    assert (distance >= 0).all()
    clear = np.abs(gap) > 1e-9  # nearer to 0, rounding decides on either side
    assert ((threshold >= np.log(2)) == (distance == 0))[clear].all()


@given(array(WITH_GAPS), array(WITH_GAPS))
def test_states_rise_with_the_margin_and_peers_turn(margins, others) -> None:
    known = np.sort(margins[np.isfinite(margins)])
    assert (np.diff(simpo_states(known, 0.5)) >= 0).all()
    n = min(len(margins), len(others))
    one, other = margins[:n], others[:n]
    undecided = (one == 0) | (other == 0)
    there, back = peers_agreeing(one, other), peers_agreeing(-one, -other)
    assert there[~undecided] == pytest.approx(2 - back[~undecided], nan_ok=True)


@given(table(st.floats(0, 1)))
def test_a_data_map_is_within_its_bounds(p) -> None:
    found = data_map(p)
    assert ((found.confidence >= 0) & (found.confidence <= 1)).all()
    assert (found.variability <= 0.5 + 1e-9).all()
    assert (found.forgotten <= max(p.shape[1] - 1, 0) / 2 + 0.5).all()
    assert np.isfinite(found.loss_mean).all()
    assert set(regions(found.confidence, found.variability)) <= {0, 1, 2, 3}


@given(array(st.floats(0, 1) | st.just(float("nan")), low=0))
def test_confident_learning_flags_what_is_improbable(p) -> None:
    found = confident_learning(p)
    assert found.rate is None or 0 <= found.rate <= 1
    assert (p[found.flagged] <= 0.5).all()
    assert (found.rate is None) == (not np.isfinite(p).any())


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), min_size=0, max_size=40))
def test_agreement_is_at_most_one_and_one_when_all_agree(votes) -> None:
    unit, value = np.array(votes, np.int64).reshape(-1, 2).T
    alpha = krippendorff_alpha(unit, value)
    assert alpha is None or alpha <= 1 + 1e-12
    shuffled = krippendorff_alpha(unit[::-1], (value[::-1] + 1) % 4)
    assert shuffled == (None if alpha is None else pytest.approx(alpha))
    perfect = krippendorff_alpha(np.repeat(unit, 2), np.repeat(unit, 2))
    assert perfect is None or perfect == pytest.approx(1)
    kappa = cohen_kappa(value > 1, value > 1)
    assert kappa is None or kappa == pytest.approx(1)


@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 3), st.booleans()), min_size=1, max_size=40
    )
)
def test_dawid_skene_is_within_its_bounds_whatever_the_votes(votes) -> None:
    item, rater, vote = np.array(votes, np.int64).T
    found = dawid_skene(item, rater, vote > 0, 5, 4)
    known = np.isfinite(found.q)
    assert known.tolist() == [i in item for i in range(5)]
    assert ((found.q[known] >= 0) & (found.q[known] <= 1)).all()
    told = found.reliability[np.isfinite(found.reliability)]
    assert ((told >= 0.01 - 1e-9) & (told <= 0.99 + 1e-9)).all()
    if found.converged:
        assert found.prior == pytest.approx(np.clip(np.nanmean(found.q), 0.01, 0.99), abs=1e-6)


@given(st.integers(0, 10**6), st.integers(3, 6))
def test_dawid_skene_turns_with_the_answers(seed, raters) -> None:
    """On votes that are no knife-edge; there rounding decides, as for any such fit."""
    draw = np.random.default_rng(seed)
    truth = draw.random(200) < 0.5
    right = draw.random((200, raters)) < np.linspace(0.75, 0.9, raters)
    item, rater = (index.ravel() for index in np.indices(right.shape))
    vote = np.where(right, truth[:, None], ~truth[:, None]).ravel()
    there = dawid_skene(item, rater, vote, 200, raters)
    back = dawid_skene(item, rater, ~vote, 200, raters)
    assert there.q == pytest.approx(1 - back.q, abs=1e-3)
    assert there.reliability == pytest.approx(back.reliability, abs=1e-3)
