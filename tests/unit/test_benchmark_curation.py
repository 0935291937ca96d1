"""The parts of `tests.benchmarks.curation`: what its table rests on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.signals import losses
from tests.benchmarks import curation_world as world_module
from tests.benchmarks.curation import (
    Outcome,
    Scene,
    interval,
    make_scene,
    noise_of,
    run_cell,
    tables,
)
from tests.benchmarks.curation_arms import (
    LOOKED_AT,
    SKILL,
    Known,
    Noise,
    out_of_fold,
    verdicts,
)
from tests.benchmarks.curation_losses import plain, robust, soft, weighted
from tests.benchmarks.curation_models import (
    Diet,
    Policy,
    Schedule,
    Size,
    fit_reward,
    kl_sums,
    logps,
    reward_margins,
    sample,
)
from tests.benchmarks.curation_world import (
    CLASSES,
    LONGEST,
    TOPICS,
    WORDS,
    Pairs,
    World,
    flips,
    lengths,
    make_pairs,
    make_world,
)

SMALL = Size(width=8, batch=32)
PAIRS = 300


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before, state = torch.get_num_threads(), torch.get_rng_state()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
    torch.set_rng_state(state)


@pytest.fixture(scope="module")
def scene() -> Scene:
    return make_scene(1, PAIRS, 100, SMALL)


def pairs(n: int = 1000) -> tuple[World, Pairs]:
    world = make_world(3)
    return world, make_pairs(world, n, np.random.default_rng(4))


# --- the world -----------------------------------------------------------------------------------


def test_without_flips_the_label_is_the_true_reward() -> None:
    world, made = pairs()
    gain = world.reward(made.topic, made.chosen) - world.reward(made.topic, made.rejected)
    assert (gain >= 0).all()
    assert (gain > 0).mean() > 0.99


def test_a_swapped_pair_is_wrong_by_the_true_reward_and_no_other() -> None:
    world, made = pairs()
    planted = flips(made, "symmetric", 0.4, 5)
    noisy = made.swapped(planted)
    gain = world.reward(noisy.topic, noisy.chosen) - world.reward(noisy.topic, noisy.rejected)
    assert (gain[planted] <= 0).all()
    assert (gain[~planted] >= 0).all()


@pytest.mark.parametrize("rate", [0.2, 0.3, 0.4])
@pytest.mark.parametrize("kind", ["symmetric", "length"])
def test_planting_reverses_exactly_the_rate(kind: str, rate: float) -> None:
    _, made = pairs(1001)
    noise = noise_of(f"{kind}:{rate}")
    assert flips(made, noise.kind, noise.rate, 6).sum() == round(rate * 1001)


def test_flips_by_length_make_longer_answers_chosen() -> None:
    _, made = pairs(4000)
    longer = lengths(made.rejected) > lengths(made.chosen)
    planted = flips(made, "length", 0.3, 7)
    assert planted[longer].mean() > planted[~longer].mean() + 0.1
    even = flips(made, "symmetric", 0.3, 7)
    assert abs(even[longer].mean() - even[~longer].mean()) < 0.05


def test_longer_answers_tend_to_be_better_and_length_itself_is_worth_nothing() -> None:
    world, made = pairs(4000)
    assert (lengths(made.chosen) - lengths(made.rejected)).mean() > 0.3
    flat = replace(world, follows=np.full((TOPICS, CLASSES), CLASSES))
    words = np.zeros((2, LONGEST), np.int64)
    words[0, :4] = words[1, :8] = 1
    words[0, :4] += np.arange(4)
    words[1, :8] += np.arange(8)
    short, long = flat.reward(np.zeros(2, np.int64), words)
    assert short == pytest.approx(long)


def test_the_true_reward_by_hand() -> None:
    follows = np.tile(np.roll(np.arange(CLASSES), -1), (TOPICS, 1))
    world = World(np.zeros((TOPICS, CLASSES)), follows, np.tile([0, 1], (TOPICS, 1)))
    world.value[2, 0] = 1.0
    words = np.zeros((1, LONGEST), np.int64)
    words[0, :4] = [1, 1 + WORDS // CLASSES, 1, 2]  # classes 0 1 0 0, one word twice
    told = world.reward(np.array([2]), words)
    expected = 2 * np.tanh(0.75) + 1 / 4 + np.sqrt(0.75 * 0.25) - 1 / 4
    assert told == pytest.approx([expected])
    assert world.reward(np.array([2]), np.zeros((1, LONGEST), np.int64)) == pytest.approx([0])


# --- the models ----------------------------------------------------------------------------------


def test_losses_are_those_of_the_product() -> None:
    h, at = torch.linspace(-3, 3, 13), torch.arange(13)
    margins = h.double().numpy()
    for ours, theirs in (
        (plain, losses.dpo_loss(margins)),
        (soft(np.full(13, 0.8), "cpu"), losses.cdpo_loss(margins, 0.2)),
        (robust(0.2), losses.rdpo_loss(margins, 0.2)),
        (weighted(np.arange(13.0), "cpu"), np.arange(13) * losses.dpo_loss(margins)),
    ):
        assert ours(h, at).numpy() == pytest.approx(theirs, abs=1e-5)


def test_log_probabilities_count_each_word_and_the_end_once() -> None:
    torch.manual_seed(0)
    policy, prompt = Policy(8), torch.ones(1, 6, dtype=torch.int64)
    words = torch.zeros(1, LONGEST, dtype=torch.int64)
    words[0, :3] = torch.tensor([5, 9, 5])
    step = policy(prompt, words).log_softmax(-1)[0]
    by_hand = step[0, 5] + step[1, 9] + step[2, 5] + step[3, 0]
    assert logps(policy, prompt, words).item() == pytest.approx(by_hand.item(), rel=1e-5)
    assert kl_sums(policy, policy, prompt, words).item() == pytest.approx(0, abs=1e-6)


def test_a_policy_does_not_see_what_comes_after() -> None:
    torch.manual_seed(0)
    policy, prompt = Policy(8), torch.ones(2, 6, dtype=torch.int64)
    torch.nn.init.normal_(policy.pair.weight)
    words = torch.randint(1, WORDS + 1, (1, LONGEST)).repeat(2, 1)
    words[1, 5:] = 1 + words[1, 5:] % WORDS
    first, second = policy(prompt, words)
    assert torch.allclose(first[:6], second[:6])
    assert not torch.allclose(first[6], second[6])


def test_samples_end_where_their_first_end_is() -> None:
    torch.manual_seed(0)
    drawn = sample(Policy(8), torch.ones(50, 6, dtype=torch.int64), 1)
    there = drawn > 0
    assert drawn.max() <= WORDS
    assert (there[:, 1:] <= there[:, :-1]).all()


def test_training_looks_at_its_places_only(scene: Scene) -> None:
    few = Diet(np.arange(0, PAIRS, 3))
    beyond = np.ones(PAIRS, np.bool_)
    beyond[few.places] = False
    one = fit_reward(scene.texts, few, 5, SMALL, 1)
    other = fit_reward(scene.texts.swapped(beyond), few, 5, SMALL, 1)
    again = fit_reward(scene.texts, Diet(np.arange(PAIRS)), 5, SMALL, 1)
    told = [reward_margins(model, scene.held)[0] for model in (one, other, again)]
    assert np.array_equal(told[0], told[1])
    assert not np.array_equal(told[0], told[2])


def test_an_arm_that_keeps_nothing_learns_nothing(scene: Scene) -> None:
    none = Diet(np.empty(0, np.int64))
    few, many = (fit_reward(scene.texts, none, steps, SMALL, 1) for steps in (1, 9))
    told = [reward_margins(model, scene.held)[0] for model in (few, many)]
    assert np.array_equal(told[0], told[1])


def test_no_label_moves_its_own_out_of_fold_reward(scene: Scene) -> None:
    size = replace(SMALL, reward=Schedule(0.5, 5e-3, 1))
    turned = np.zeros(PAIRS, np.bool_)
    turned[17] = True
    one = out_of_fold(scene.texts, size, 1)
    other = out_of_fold(scene.texts.swapped(turned), size, 1)
    for run, (chosen, rejected) in one.items():
        assert other[run][1][17] == pytest.approx(chosen[17], abs=1e-6)
        assert other[run][0][17] == pytest.approx(rejected[17], abs=1e-6)
        assert not np.allclose(other[run][0], chosen)


# --- arms and tables -----------------------------------------------------------------------------


def test_annotators_see_the_top_suspects_and_are_mostly_right() -> None:
    draw = np.random.default_rng(8)
    n = 5000
    suspicion, planted = draw.random(n), draw.random(n) < 0.4
    of = Known(inputs=None, suspicion=suspicion, rate=0.4)  # type: ignore[arg-type]
    said = verdicts(of, planted, draw)
    top = suspicion >= np.sort(suspicion)[-round(LOOKED_AT * n)]
    assert not said[~top].any()
    assert (said == planted)[top].mean() == pytest.approx(SKILL, abs=0.03)


def test_labels_of_which_runs_say_nothing_count_as_right(scene: Scene) -> None:
    size = replace(SMALL, reward=Schedule(0.1, 1e-6, 1), policy=Schedule(0.1, 3e-3, 0.05))
    by_name = {one.arm: one for one in run_cell(scene, noise_of("symmetric:0.4"), size, 1)}
    whole = by_name["everything"]
    assert whole.estimate == 0
    for name in ("q_label_ok as soft target", "rDPO, estimated rate", "cDPO, estimated rate"):
        assert by_name[name].policy == pytest.approx(whole.policy, abs=0.02)
    assert by_name["clean_core, with weights"].kept == 0
    assert by_name["clean_core, with weights"].wrong == 0


def test_an_interval_is_students() -> None:
    mean, wide = interval([1.0, 2.0, 3.0, 4.0, 5.0])
    assert mean == 3
    assert wide == pytest.approx(2.776445 * np.sqrt(2.5 / 5), rel=1e-6)
    assert interval([2.0])[0] == 2
    assert np.isnan(interval([2.0])[1])
    assert np.isnan(interval([])[0])


def outcome(arm: str, seed: int, accuracy: float) -> Outcome:
    noise = Noise("symmetric", 0.4)
    return Outcome(noise, seed, arm, 1.0, 0.4, 0.38, accuracy, accuracy, 0.5)


def test_differences_are_paired_by_seed() -> None:
    shift = {1: 0.1, 2: 0.3, 3: 0.2}
    made = [outcome("everything", seed, 0.5 + by) for seed, by in shift.items()]
    made += [outcome("other", seed, 0.52 + by) for seed, by in shift.items()]
    text = list(tables(made))
    assert text[0] == "### 40% symmetric flips; estimated 38.0 ± 0.0 %\n"
    row = next(line for line in text if line.startswith("| other"))
    assert row.count("+2.0 ± 0.0") == 2
    assert row.endswith("| 0.50 ± 0.00 | +0.00 ± 0.00 |")
    assert "72.0 ± 24.8" in row


def test_a_small_run_trains_every_arm(scene: Scene) -> None:
    noise = noise_of("symmetric:0.2")
    size = replace(SMALL, reward=Schedule(4, 2e-2, 1), policy=Schedule(0.5, 3e-3, 0.05))
    made = list(run_cell(scene, noise, size, 1))
    by_name = {one.arm: one for one in made}
    assert len(by_name) == len(made) == 22
    assert made[0].arm == "everything"
    assert by_name["everything"].wrong == pytest.approx(0.2)
    assert by_name["planted flips removed"].kept == pytest.approx(0.8)
    assert by_name["planted flips removed"].wrong == 0
    assert by_name["planted flips undone"].kept == 1
    assert by_name["planted flips undone"].wrong == 0
    assert by_name["remove_suspects, 20 %"].kept == pytest.approx(0.8)
    assert by_name["random 40 %"].kept == pytest.approx(0.4)
    pairs_of = ("unanimity", "alignment_potential")
    for name in pairs_of:
        assert by_name[f"random, as many as {name}"].kept == by_name[name].kept
    assert by_name["verdicts: flip"].kept == 1
    assert by_name["verdicts: flip"].wrong < 0.2
    assert 0 < by_name["everything"].estimate < 0.45
    for one in made:
        assert 0 <= one.policy <= 1
        assert np.isfinite(one.sampled)
        assert np.isnan(one.reward) == one.arm.startswith("ε-DPO")
    assert any("ε-DPO" in line for line in tables(made))


def test_the_unit_of_the_true_reward_is_its_spread() -> None:
    world = make_world(1)
    draw = np.random.default_rng(9)
    topic = draw.integers(0, TOPICS, 4000)
    rewards = world.reward(topic, world_module.make_answers(world, topic, draw))
    assert world_module.spread(world) == pytest.approx(rewards.std(), rel=0.1)
