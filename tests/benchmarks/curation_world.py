"""A synthetic language with a known true reward: where it is known which labels are reversed.

Prompts hint at one of four topics; a topic says which of eight classes of words are good, which
class should follow which, and which two belong together. Longer answers tend to be better and are
not better for being long.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.schema import Bools, Floats, Ints
from core.schema.trials import FlipKind
from core.signals.inputs import make_inputs
from core.signals.planting import plant

WORDS, CLASSES, TOPICS = 128, 8, 4
"""Word 0 is no word: it ends an answer and fills the rest of its row."""
LONGEST, SHORTEST, PROMPT = 18, 4, 6
_PER_CLASS = WORDS // CLASSES
_SIGNS, _FILLERS = 12, 16
PROMPT_WORDS = 1 + TOPICS * _SIGNS + _FILLERS
_ORDER, _TOGETHER, _REPEATED = 1.0, 1.0, -1.0
_SAMPLE = 4000


@dataclass(frozen=True)
class World:
    """What is good in each topic; drawn once per seed."""

    value: Floats
    """Of a class in a topic, shape (TOPICS, CLASSES)."""
    follows: Ints
    """The class that should come after a class, shape (TOPICS, CLASSES)."""
    joint: Ints
    """Two classes that are worth more together, shape (TOPICS, 2)."""

    def reward(self, topic: Ints, words: Ints) -> Floats:
        """Return the true reward of answers, words of shape (n, LONGEST), without a unit.

        2·tanh(mean value of the classes) + share of right successions + sqrt(f_a·f_b)
        − share of repeated words. An empty answer has 0.
        """
        there = words > 0
        length = np.maximum(there.sum(1), 1)
        kind = np.where(there, (words - 1) // _PER_CLASS, 0)
        share = np.stack([((kind == c) & there).sum(1) for c in range(CLASSES)], 1)
        share = share / length[:, None]
        right = (kind[:, 1:] == self.follows[topic[:, None], kind[:, :-1]]) & there[:, 1:]
        ordered = np.sort(np.where(there, words, 0), 1)
        again = ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] > 0)).sum(1)
        both = np.take_along_axis(share, self.joint[topic], 1).prod(1)
        return np.asarray(
            2 * np.tanh((share * self.value[topic]).sum(1))
            + _ORDER * right.sum(1) / length
            + _TOGETHER * np.sqrt(both)
            + _REPEATED * again / length,
            np.float64,
        )


@dataclass(frozen=True)
class Pairs:
    """Two answers to each prompt, the better one by the true reward in `chosen`."""

    topic: Ints
    prompt: Ints
    """Shape (n, PROMPT)."""
    chosen: Ints
    """Shape (n, LONGEST), filled up with 0."""
    rejected: Ints

    def swapped(self, flips: Bools) -> Pairs:
        """Return the pairs with the labels of `flips`, shape (n,), reversed."""
        at = flips[:, None]
        chosen = np.where(at, self.rejected, self.chosen)
        return Pairs(self.topic, self.prompt, chosen, np.where(at, self.chosen, self.rejected))

    def take(self, places: Ints) -> Pairs:
        """Return the pairs at `places`."""
        return Pairs(
            self.topic[places], self.prompt[places], self.chosen[places], self.rejected[places]
        )


def make_world(seed: int) -> World:
    """Draw what is good."""
    draw = np.random.default_rng([seed, 1])
    value = draw.normal(0, 1.5, CLASSES) + draw.normal(0, 0.8, (TOPICS, CLASSES))
    follows = np.stack([draw.permutation(CLASSES) for _ in range(TOPICS)])
    joint = np.stack([draw.choice(CLASSES, 2, replace=False) for _ in range(TOPICS)])
    return World(value, follows, joint)


def make_prompts(n: int, draw: np.random.Generator) -> tuple[Ints, Ints]:
    """Return topics, shape (n,), and prompts: three words of the topic among three fillers."""
    topic = draw.integers(0, TOPICS, n)
    signs = 1 + topic[:, None] * _SIGNS + draw.integers(0, _SIGNS, (n, PROMPT // 2))
    fillers = 1 + TOPICS * _SIGNS + draw.integers(0, _FILLERS, (n, PROMPT - PROMPT // 2))
    return topic, draw.permuted(np.concatenate([signs, fillers], 1), axis=1)


def make_answers(world: World, topic: Ints, draw: np.random.Generator) -> Ints:
    """Return one answer per topic: a Markov source whose mix of classes differs by answer."""
    n = len(topic)
    mix = draw.dirichlet(np.full(CLASSES, 0.7), n)
    good = (mix * world.value[topic]).sum(1)
    length = np.exp(2.2 + 0.2 * good / good.std() + 0.35 * draw.normal(size=n))
    kind = (mix.cumsum(1)[:, None] < draw.random((n, LONGEST, 1))).sum(2).clip(0, CLASSES - 1)
    stay = draw.random((n, LONGEST)) < 0.3
    for place in range(1, LONGEST):
        kind[:, place] = np.where(stay[:, place], kind[:, place - 1], kind[:, place])
    rank = np.minimum(_PER_CLASS * draw.random((n, LONGEST)) ** 2, _PER_CLASS - 1).astype(np.int64)
    short = np.arange(LONGEST) >= np.clip(np.round(length), SHORTEST, LONGEST)[:, None]
    return np.where(short, 0, 1 + kind * _PER_CLASS + rank)


def make_pairs(world: World, n: int, draw: np.random.Generator) -> Pairs:
    """Return n pairs; the label is the true reward, without a mistake."""
    topic, prompt = make_prompts(n, draw)
    one, other = (make_answers(world, topic, draw) for _ in range(2))
    better = world.reward(topic, one) >= world.reward(topic, other)
    return Pairs(topic, prompt, one, other).swapped(~better)


def lengths(words: Ints) -> Floats:
    """Return the number of words of each answer."""
    return np.asarray((words > 0).sum(1), np.float64)


def flips(pairs: Pairs, kind: FlipKind, rate: float, seed: int) -> Bools:
    """Return which labels to reverse, shape (n,): exactly round(rate·n), as the product plants."""
    columns = {
        "chosen_chars": lengths(pairs.chosen),
        "rejected_chars": lengths(pairs.rejected),
    }
    return plant(make_inputs(columns), kind, rate, seed)


def spread(world: World) -> float:
    """Return the deviation of the true reward over fresh answers: its unit in the table."""
    draw = np.random.default_rng(0)
    topic = draw.integers(0, TOPICS, _SAMPLE)
    return float(world.reward(topic, make_answers(world, topic, draw)).std())
