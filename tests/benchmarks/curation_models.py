"""Networks of about half a million numbers: a reward model and a policy, trained from scratch.

Both look words and pairs of neighbouring words up in tables, which can learn single pairs by heart,
as large models do; the rest is small, so that hundreds of trainings fit on one core.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.schema import Bools, Floats, Ints
from tests.benchmarks.curation_losses import Loss, plain
from tests.benchmarks.curation_world import LONGEST, PROMPT_WORDS, WORDS, Pairs

_BUCKETS = 8192
_HIDDEN = 128


@dataclass(frozen=True)
class Schedule:
    """How long and how fast one kind of network learns."""

    epochs: float
    rate: float
    decay: float


LONG = Schedule(4, 1e-2, 0.05)
"""Best for reward models where no label is reversed; with flips they learn them by heart."""


@dataclass(frozen=True)
class Size:
    """How large and how long; the defaults are best for everything with 40 % of labels reversed."""

    width: int = 48
    device: str = "cpu"
    batch: int = 128
    beta: float = 0.1
    """How hard DPO pulls to its reference."""
    reward: Schedule = Schedule(2, 5e-3, 10)
    policy: Schedule = Schedule(1, 3e-3, 0.05)
    first: Schedule = Schedule(6, 4e-3, 1)
    """Of the reference."""

    def steps(self, n: int, schedule: Schedule) -> int:
        """Return how many batches the epochs over n pairs take."""
        return max(1, round(n * schedule.epochs / self.batch))


@dataclass(frozen=True)
class Texts:
    """Pairs as tensors on the device."""

    prompt: Tensor
    chosen: Tensor
    rejected: Tensor

    def __len__(self) -> int:
        return len(self.prompt)

    def take(self, places: Ints) -> Texts:
        """Return the pairs at `places`."""
        at = torch.from_numpy(places).to(self.prompt.device)
        return Texts(self.prompt[at], self.chosen[at], self.rejected[at])

    def swapped(self, turned: Bools) -> Texts:
        """Return the pairs with the labels of `turned`, shape (n,), reversed."""
        at = torch.from_numpy(turned).to(self.prompt.device)[:, None]
        one, other = self.chosen, self.rejected
        return Texts(self.prompt, torch.where(at, other, one), torch.where(at, one, other))


def texts_of(pairs: Pairs, device: str) -> Texts:
    return Texts(
        *(torch.from_numpy(x).to(device) for x in (pairs.prompt, pairs.chosen, pairs.rejected))
    )


def _neighbours(words: Tensor) -> Tensor:
    """Return a bucket per word and the one before it, shape of `words`; 0 where there is none."""
    before = F.pad(words[:, :-1], (1, 0))
    mixed = (words * 7919 + before * 104729 + 12345) % (_BUCKETS - 1) + 1
    return mixed * (words > 0)


class RewardModel(nn.Module):
    """r(prompt, answer) from the mean of words and neighbours, and its product with the prompt."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.prompt = nn.Embedding(PROMPT_WORDS, width)
        self.table = nn.Embedding(WORDS + 1 + _BUCKETS, width)
        self.inner = nn.Linear(3 * width, _HIDDEN)
        self.outer = nn.Linear(_HIDDEN, 1)
        # Pairs of neighbours start at nothing: noise of thousands of them would drown the words.
        self.table.weight.data[WORDS + 1 :] = 0

    def forward(self, prompt: Tensor, words: Tensor) -> Tensor:
        """Return rewards, shape (n,)."""
        both = torch.cat([words, torch.where(words > 0, _neighbours(words) + WORDS, 0)], 1)
        read = F.embedding_bag(both, self.table.weight, mode="mean", padding_idx=0)
        asked = F.embedding_bag(prompt, self.prompt.weight, mode="mean")
        mixed = torch.cat([read, asked, read * asked], 1)
        return self.outer(F.gelu(self.inner(mixed))).squeeze(1)


class Policy(nn.Module):
    """The next word from the two before it, from all before it, and from the prompt."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.prompt = nn.Embedding(PROMPT_WORDS, width)
        self.word = nn.Embedding(WORDS + 1, width)
        self.pair = nn.Embedding(_BUCKETS, width)
        self.read = nn.Linear(width, width)
        self.mixed = nn.Linear(width, width)
        self.out = nn.Linear(width, WORDS + 1)
        nn.init.zeros_(self.pair.weight)

    def forward(self, prompt: Tensor, words: Tensor) -> Tensor:
        """Return logits of the next word after each place, shape (n, places + 1, WORDS + 1)."""
        return self.out(self.states(prompt, words))

    def states(self, prompt: Tensor, words: Tensor) -> Tensor:
        """Return what is known after each place, shape (n, places + 1, width)."""
        before = F.pad(words, (1, 0))
        asked = F.embedding_bag(prompt, self.prompt.weight, mode="mean")[:, None]
        seen = self.word(before)
        place = torch.arange(1, before.shape[1] + 1, device=words.device)[None, :, None]
        running = seen.cumsum(1) / place
        state = seen + self.pair(_neighbours(before)) + asked
        return torch.tanh(state + self.read(running) + self.mixed(running * asked))


def _ends(words: Tensor) -> tuple[Tensor, Tensor]:
    """Return the words with their end, and which places count: up to the first end."""
    after = F.pad(words, (0, 1))
    return after, F.pad(words > 0, (1, 0), value=True)


def logps(policy: Policy, prompt: Tensor, words: Tensor) -> Tensor:
    """Return summed log-probabilities of answers with their end, nats, shape (n,)."""
    after, counts = _ends(words)
    # Half of the places are filling: they never meet the widest layer.
    logits = policy.out(policy.states(prompt, words)[counts])
    every = -F.cross_entropy(logits, after[counts], reduction="none")
    row = counts.nonzero()[:, 0]
    return torch.zeros(len(words), device=words.device).index_add(0, row, every)


@dataclass(frozen=True)
class Diet:
    """What a network learns from: places in the pairs, and how each one counts."""

    places: Ints
    loss: Loss = plain
    beta: Floats | None = None
    """DPO's beta per pair, shape of all pairs; None is that of the size."""


def train(
    model: nn.Module,
    diet: Diet,
    steps: int,
    schedule: Schedule,
    size: Size,
    step: Callable[[Tensor], Tensor],
) -> None:
    """Take `steps` steps over the places, shuffled again and again; `step` returns their loss.

    Without a place nothing is learned: a preset may keep no pair of a small set.
    """
    if not len(diet.places):
        return
    made = torch.optim.AdamW(
        model.parameters(), schedule.rate, weight_decay=schedule.decay, fused=True
    )
    # A tenth to warm up, and two steps at least: with fewer the schedule divides by zero.
    warm = max(0.1, 2 / (steps + 1))
    falls = torch.optim.lr_scheduler.OneCycleLR(
        made, schedule.rate, total_steps=steps + 1, pct_start=warm
    )
    among = torch.from_numpy(diet.places)
    queue = torch.empty(0, dtype=torch.int64)
    for _ in range(steps):
        while len(queue) < size.batch:
            queue = torch.cat([queue, among[torch.randperm(len(among))]])
        places, queue = queue[: size.batch].to(size.device), queue[size.batch :]
        made.zero_grad()
        step(places).backward()
        made.step()
        falls.step()


def fit_reward(texts: Texts, diet: Diet, steps: int, size: Size, seed: int) -> RewardModel:
    """Train a Bradley-Terry reward model from scratch."""
    torch.manual_seed(seed)
    model = RewardModel(size.width).to(size.device)

    def step(at: Tensor) -> Tensor:
        prompt = texts.prompt[at]
        h = model(prompt, texts.chosen[at]) - model(prompt, texts.rejected[at])
        return diet.loss(h, at).mean()

    train(model, diet, steps, size.reward, size, step)
    return model


@torch.no_grad()
def reward_margins(model: RewardModel, texts: Texts) -> tuple[Floats, Floats]:
    """Return the rewards of both sides, shape (n,) each."""
    sides = (model(texts.prompt, side) for side in (texts.chosen, texts.rejected))
    chosen, rejected = (side.double().cpu().numpy() for side in sides)
    return chosen, rejected


def fit_first(prompt: Ints, answers: Ints, size: Size, seed: int) -> Policy:
    """Train a language model on answers: the reference that DPO starts from."""
    torch.manual_seed(seed)
    model = Policy(size.width).to(size.device)
    asked, said = (torch.from_numpy(x).to(size.device) for x in (prompt, answers))

    def step(at: Tensor) -> Tensor:
        return -logps(model, asked[at], said[at]).mean() / LONGEST

    steps = size.steps(len(prompt), size.first)
    train(model, Diet(np.arange(len(prompt))), steps, size.first, size, step)
    return model


@torch.no_grad()
def pair_logps(policy: Policy, texts: Texts) -> tuple[Tensor, Tensor]:
    """Return the summed log-probabilities of both sides, shape (n,) each."""
    return logps(policy, texts.prompt, texts.chosen), logps(policy, texts.prompt, texts.rejected)


def fit_policy(
    texts: Texts, diet: Diet, first: Policy, before: Tensor, steps: int, size: Size, seed: int
) -> Policy:
    """Train by DPO from `first`, which is also the reference: its margins are `before`."""
    torch.manual_seed(seed)
    model = Policy(size.width).to(size.device)
    model.load_state_dict(first.state_dict())
    pull = torch.full((len(texts),), size.beta, device=size.device)
    if diet.beta is not None:
        pull = torch.as_tensor(diet.beta, dtype=torch.float32, device=size.device)

    def step(at: Tensor) -> Tensor:
        asked = texts.prompt[at]
        both = logps(model, asked.repeat(2, 1), torch.cat([texts.chosen[at], texts.rejected[at]]))
        one, other = both.chunk(2)
        return diet.loss(pull[at] * (one - other - before[at]), at).mean()

    train(model, diet, steps, size.policy, size, step)
    return model


@torch.no_grad()
def kl_sums(policy: Policy, first: Policy, prompt: Tensor, words: Tensor) -> Tensor:
    """Return KL(policy, reference) summed over an answer's places, nats, shape (n,)."""
    _, counts = _ends(words)
    ours, theirs = (m(prompt, words).log_softmax(-1) for m in (policy, first))
    return ((ours.exp() * (ours - theirs)).sum(-1) * counts).sum(1)


@torch.no_grad()
def sample(policy: Policy, prompt: Tensor, seed: int) -> Ints:
    """Return one answer per prompt, drawn word by word, shape (n, LONGEST)."""
    torch.manual_seed(seed)
    words = torch.zeros(len(prompt), LONGEST, dtype=torch.int64, device=prompt.device)
    alive = torch.ones(len(prompt), dtype=torch.bool, device=prompt.device)
    for place in range(LONGEST):
        logits = policy.out(policy.states(prompt, words[:, :place])[:, -1])
        drawn = torch.multinomial(logits.softmax(-1), 1).squeeze(1)
        alive &= drawn > 0
        words[:, place] = torch.where(alive, drawn, 0)
    return np.asarray(words.cpu().numpy(), np.int64)
