"""What each preset keeps, reverses, weighs and leaves out, on rows made by hand."""

import numpy as np
import pytest

from core.curate.draws import uniform
from core.curate.presets import PRESETS
from core.curate.presets.committee import FOR_PEOPLE
from core.curate.presets.cuts import CUT, NOT_SCORED
from core.curate.presets.potential import AGAINST
from core.errors import UnknownName, UsageError
from tests.presets import given, kept

E = [0.10, 0.04, 0.02, 0.12, 0.06]
I = [0.05, -0.60, 0.02, 0.70, -0.10]  # noqa: E741 - the paper's letter


def test_who_is_settled_or_unknown_is_never_a_suspect() -> None:
    found = kept("remove_suspects", given(suspicion=[0.0, None, 0.7, 0.0]), share=1.0)
    assert found.places.tolist() == [0, 1, 3]
    assert found.left_out == {"suspect": 1}
    assert found.facts == {
        "scored": 3.0,
        "not_scored": 1.0,
        "expected_reversed": 0.7,
        "expected_reversed_after": 0.0,
        "lowest_removed": 0.7,
    }


def test_the_core_weighs_more_than_the_shell() -> None:
    found = kept("clean_core", given(suspicion=[0.1, 0.5, None, 0.75]), shell=1.0)
    assert found.places.tolist() == [0, 1, 3]
    assert found.weight is not None
    assert found.weight == pytest.approx(np.array([1, 0.5, 0.25]) * 12 / 7)
    assert found.facts["core_share"] == pytest.approx(1 / 3)


def test_the_shell_is_drawn_by_seed() -> None:
    suspicion = [0.9] * 400
    shells = [
        kept("clean_core", given(suspicion=suspicion, seed=seed)).places.tolist() for seed in (1, 2)
    ]
    assert [len(shell) for shell in shells] == [100, 100]
    assert len(set(shells[0]) & set(shells[1])) < 60
    draws = uniform(np.arange(400), 1)
    assert sorted(np.argsort(draws)[:100].tolist()) == shells[0]


def test_a_shell_of_certain_suspects_has_equal_weights() -> None:
    found = kept("clean_core", given(suspicion=[1.0, 1.0]), shell=1.0)
    assert found.weight is not None
    assert found.weight.tolist() == [1.0, 1.0]


def test_alignment_potential_tells_means_deviations_and_the_cut() -> None:
    found = kept("alignment_potential", given(explicit=E, implicit=I))
    assert found.places.tolist() == [0, 4]
    assert found.ranked
    assert found.facts == pytest.approx(
        {
            "explicit_mean": 0.068,
            "explicit_deviation": 0.0370945,
            "implicit_mean": 0.294,
            "implicit_deviation": 0.2935370,
            "scored": 5.0,
            "last_kept": 0.445,
        },
        abs=1e-3,
    )


@pytest.mark.parametrize(
    ("params", "places"),
    [
        ({"share": 0.8}, [0, 4, 3, 2]),
        ({"share": 0.8, "logp_weight": 2.5}, [0, 4, 2, 3]),
        ({"share": 0.4, "logp_weight": 0.0}, [3, 0]),
    ],
)
def test_lambda_moves_the_order(params: dict[str, float], places: list[int]) -> None:
    inputs = given(explicit=E, implicit=I)
    assert kept("alignment_potential", inputs, **params).places.tolist() == places


def test_negative_margins_leave_before_the_scores_unless_kept() -> None:
    inputs = given(explicit=[*E, -0.5, None], implicit=[*I, 0.0, 0.0])
    found = kept("alignment_potential", inputs)
    assert found.places.tolist() == [0, 4]
    assert found.left_out == {AGAINST: 1, NOT_SCORED: 1, CUT: 3}
    assert found.facts["explicit_mean"] == pytest.approx(0.068)
    published = kept("alignment_potential", inputs, keep_negative=1)
    assert published.facts["explicit_mean"] == pytest.approx((sum(E) - 0.5) / 6)
    assert published.left_out == {NOT_SCORED: 1, CUT: 4}


def test_equal_explicit_margins_leave_the_choice_to_the_policy() -> None:
    inputs = given(explicit=[1.0] * 4, implicit=[3.0, -1.0, 2.0, 0.5])
    assert kept("alignment_potential", inputs, share=1.0).places.tolist() == [3, 1, 2, 0]


def test_ties_go_to_the_lower_pair_id() -> None:
    inputs = given(ids=[9, 7, 8, 1, 2], explicit=[1.0] * 5, implicit=[1.0] * 5)
    assert kept("alignment_potential", inputs).places.tolist() == [3, 4]


def test_only_the_signed_form_knows_the_side_of_the_policy() -> None:
    inputs = given(explicit=[1.0, 1.0, 1.0], implicit=[-2.0, 1.0, 2.0])
    assert kept("alignment_potential_signed", inputs).places.tolist() == [0]
    assert kept("alignment_potential_dpo", inputs).places.tolist() == [1]


def test_goldilocks_needs_both_numbers() -> None:
    difference = [float(i) for i in range(10)]
    found = kept("goldilocks", given(difference=difference, implicit=[*difference[:9], None]))
    assert found.places.tolist() == list(range(1, 8))
    assert found.left_out == {NOT_SCORED: 1, "outside the band": 2}
    assert found.facts["implicit_low"] == pytest.approx(0.8)


def test_unanimity_says_why_a_pair_is_left_out() -> None:
    inputs = given(votes=[1.0, 0.5, 0.0, 1.0, None], spread=[0.0, 1.0, 1.0, None, None])
    found = kept("unanimity", inputs)
    assert found.places.tolist() == [0]
    assert found.left_out == {
        "runs differ": 1,
        "all runs against the label": 1,
        "one run only": 1,
        NOT_SCORED: 1,
    }


def _splitmix(value: int, seed: int) -> int:
    """Return splitmix64 in whole numbers, as its authors print it."""
    mask = 2**64 - 1
    x = (value + 0x9E3779B97F4A7C15 * (seed + 1)) & mask
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & mask
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & mask
    return x ^ (x >> 31)


def test_certainty_keys_are_gumbel_draws_of_seed_and_pair() -> None:
    bald, ids = np.linspace(0, 0.69, 40), np.arange(40) * 10**15
    uniform = np.array([((_splitmix(int(i), 5) >> 11) + 0.5) / 2**53 for i in ids])
    keys = np.log(1 - bald) - np.log(-np.log(uniform))
    found = kept("upo_certainty", given(ids=ids.tolist(), seed=5, bald=bald.tolist()))
    assert found.places.tolist() == np.argsort(-keys)[:20].tolist()


def test_certain_pairs_are_drawn_more_often() -> None:
    """Of 10,000 pairs half has a chance 3.2 times as high; a tenth is drawn."""
    bald = [0.0] * 5000 + [0.6875] * 5000
    places = kept("upo_certainty", given(bald=bald), share=0.1).places
    assert 720 <= (places < 5000).sum() <= 800


@pytest.mark.parametrize("seed", [-1, -(2**62), 0, 2**63 - 2])
def test_any_seed_draws(seed: int) -> None:
    assert kept("upo_certainty", given(bald=[0.1] * 10, seed=seed)).places.size == 5


def test_a_curriculum_runs_from_easy_to_hard() -> None:
    found = kept("easiest_half", given(margin=[-9.0, 0.0, 800.0, 5.0]), share=1.0)
    assert found.places.tolist() == [2, 3, 1, 0]
    assert found.ranked
    assert found.facts["last_kept"] == pytest.approx(9.0, abs=1e-3)


@pytest.mark.parametrize(
    ("lower", "best"), [((1, 1), 0), ((0, 0), 2), ((1, 0), 3), ((0, 1), 1)], ids=str
)
def test_topsis_takes_the_corner_that_is_asked_for(lower: tuple[int, int], best: int) -> None:
    inputs = given(first=[0.0, 1.0, 1.0, 0.0], second=[0.0, 0.0, 1.0, 1.0])
    found = kept("donod_topsis", inputs, share=0.25, first_lower=lower[0], second_lower=lower[1])
    assert found.places.tolist() == [best]


def test_divergence_is_the_negative_sum_of_the_aspects() -> None:
    """Methods 12.16: 0.5, −0.3 and 0.2 give −0.4."""
    inputs = given(aspect=[0.5, 1.0], aspect_2=[-0.3, -1.0], aspect_3=[0.2, -1.0])
    found = kept("preference_divergence", inputs, share=1.0, quantile=1.0)
    assert found.places.tolist() == [0, 1]
    assert found.facts["conflicts"] == 1.0
    first = kept("preference_divergence", inputs, share=0.5, quantile=1.0)
    assert first.facts["last_kept"] == pytest.approx(-0.4)


def test_an_aspect_that_is_silent_counts_as_the_mean_of_the_others() -> None:
    inputs = given(aspect=[1.0, 0.6], aspect_2=[0.0, None], aspect_3=[1.0, None])
    found = kept("preference_divergence", inputs, share=1.0, quantile=1.0)
    assert found.places.tolist() == [0, 1]
    assert found.facts["last_kept"] == pytest.approx(-1.8)


def test_an_aspect_of_zeros_says_nothing() -> None:
    inputs = given(aspect=[0.0, 0.0, 0.0], aspect_2=[1.0, 3.0, 2.0])
    assert kept("preference_divergence", inputs, share=0.34, quantile=1.0).places.tolist() == [1]


def test_triage_sorts_into_three() -> None:
    inputs = given(first=[1.0, -1.0, 1.0, 0.0, None], second=[2.0, -2.0, -1.0, 1.0, 1.0])
    found = kept("skywork_triage", inputs)
    assert found.places.tolist() == [0, 1]
    assert found.reversed is not None
    assert found.reversed.tolist() == [False, True]
    assert found.left_out == {FOR_PEOPLE: 2, NOT_SCORED: 1}
    assert found.facts["one_side"] == pytest.approx(0.5)


def test_triage_can_leave_reversed_pairs_out() -> None:
    found = kept("skywork_triage", given(first=[1.0, -1.0], second=[2.0, -2.0]), recycle=0)
    assert found.places.tolist() == [0]
    assert found.reversed is not None
    assert not found.reversed.any()
    assert found.left_out == {"both runs against the label": 1}


def test_what_people_settled_is_kept_as_it_is() -> None:
    inputs = given(first=[-1.0, -1.0, None], second=[-2.0, 1.0, 1.0], settled=[True] * 3)
    found = kept("skywork_triage", inputs)
    assert found.places.tolist() == [0, 1, 2]
    assert found.reversed is not None
    assert not found.reversed.any()


def test_hard_but_clean_wants_a_majority_and_some_doubt() -> None:
    bald = [i / 10 for i in range(10)]
    found = kept("hard_but_clean", given(votes=[1.0] * 9 + [0.5], bald=bald))
    assert found.places.tolist() == [5, 6, 7, 8]
    assert found.left_out == {"no majority for the label": 1, "outside the band": 5}


def test_a_band_upside_down_is_only_its_lower_end() -> None:
    inputs = given(votes=[1.0] * 5, bald=[0.0, 0.1, 0.2, 0.3, 0.4])
    assert kept("hard_but_clean", inputs, low=0.75, high=0.25).places.tolist() == [3]


def test_grow_scores_candidates_among_themselves() -> None:
    inputs = given(
        explicit=[*E, 90.0, -1.0, None],
        implicit=[*I, 50.0, 0.0, 0.0],
        source=["pool"] * 5 + ["base", "pool", "pool"],
        texts={"base": "base"},
    )
    found = kept("grow", inputs, n=2)
    assert found.places.tolist() == [5, 0, 4]
    assert found.left_out == {AGAINST: 1, NOT_SCORED: 1, CUT: 3}
    assert found.facts["explicit_mean"] == pytest.approx(0.068)
    assert (found.facts["base"], found.facts["added"]) == (1.0, 2.0)


def test_grow_from_an_unknown_source_names_the_known() -> None:
    inputs = given(explicit=E, implicit=I, texts={"base": "pol"}, source=["pool"] * 5)
    with pytest.raises(UnknownName) as raised:
        kept("grow", inputs)
    assert raised.value.hint == "Did you mean 'pool'? Known: pool."


@pytest.mark.parametrize("share", [-0.1, 1.1, "many"])
def test_a_share_out_of_bounds_is_refused(share: object) -> None:
    with pytest.raises(UsageError):
        PRESETS.get("largest_margin").settled({"share": share})  # type: ignore[dict-item]


def test_alignment_potential_is_the_published_procedure() -> None:
    """10,000 random rows: z-scores with numpy's deviation, a full sort, floor(0.4·N)."""
    random = np.random.default_rng(8)
    explicit, implicit = random.normal(2, 3, 10_000), random.normal(-1, 0.2, 10_000)
    size = np.abs(implicit)
    score = (explicit - explicit.mean()) / np.std(explicit) - (size - size.mean()) / np.std(size)
    published = np.argsort(score)[::-1][: int(np.floor(0.4 * len(score)))]
    inputs = given(
        ids=random.permutation(10_000).tolist(),
        explicit=explicit.tolist(),
        implicit=implicit.tolist(),
    )
    found = kept("alignment_potential", inputs, keep_negative=1)
    assert found.places.tolist() == published.tolist()
