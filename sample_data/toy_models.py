"""The toy models: a language model, a copy of it tuned by preferences, and a reward model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from sample_data.toy_text import BEGIN, CONTEXT, END, ID, PAD, VOCABULARY, Encoded, EncodedPair
from sample_data.toy_training import Recipe, batches, learn, shown

if TYPE_CHECKING:
    import torch
    from transformers import LlamaForCausalLM, LlamaForSequenceClassification

LONGEST = 1024
"""Tokens of the longest response, with its prompt, that a preference is learnt from."""
BETA = 0.1
DROPOUT = 0.1
"""Share of what its last layer sees that the reward model drops while it learns: `mc_dropout`'s."""
LANGUAGE = Recipe(epochs=2, rate=3e-3, tokens=4096)
PREFERENCES = Recipe(epochs=1, rate=3e-5, tokens=8192)
REWARDS = Recipe(epochs=1, rate=2e-4, tokens=8192)


def train_language(pairs: Sequence[EncodedPair]) -> LlamaForCausalLM:
    """Train a language model on whole texts: the prompts and both of their responses."""
    from transformers import LlamaConfig, LlamaForCausalLM

    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=VOCABULARY,
            hidden_size=192,
            intermediate_size=512,
            num_hidden_layers=6,
            num_attention_heads=6,
            max_position_embeddings=CONTEXT,
            tie_word_embeddings=True,
            pad_token_id=ID[PAD],
            bos_token_id=ID[BEGIN],
            eos_token_id=ID[END],
        )
    )
    texts = [side for pair in pairs for side in (pair.chosen, pair.rejected)]

    def loss(batch: Sequence[Encoded]) -> torch.Tensor:
        ids, mask = padded(batch)
        labels = ids.masked_fill(mask == 0, -100)
        value: torch.Tensor = model(input_ids=ids, attention_mask=mask, labels=labels).loss
        return value

    learn("language model", model, LANGUAGE, texts, lambda text: len(text.ids), loss)
    return model


def tune_preferences(model: LlamaForCausalLM, pairs: Iterable[EncodedPair]) -> LlamaForCausalLM:
    """Tune a language model in place with the DPO loss, against itself as it was at the start.

    loss = -log σ(β·((log π − log π_ref)(chosen) − (log π − log π_ref)(rejected))), log π summed
    over the response's tokens. Source: Rafailov et al. 2023, arXiv:2305.18290.
    """
    import torch.nn.functional as f

    pairs = learnable(pairs)
    before = values(pairs, lambda batch: log_ratios(model, batch))

    def loss(batch: Sequence[tuple[EncodedPair, float]]) -> torch.Tensor:
        now = log_ratios(model, [pair for pair, _ in batch])
        moved = now - now.new_tensor([known for _, known in batch])
        return -f.logsigmoid(BETA * moved).mean()

    items = list(zip(pairs, before, strict=True))
    learn("preferences", model, PREFERENCES, items, lambda item: cost(item[0]), loss)
    return model


def train_rewards(
    model: LlamaForSequenceClassification, pairs: Iterable[EncodedPair]
) -> LlamaForSequenceClassification:
    """Train a reward model in place: loss = -log σ(reward chosen − reward rejected).

    Source: Bradley and Terry 1952; Ouyang et al. 2022, arXiv:2203.02155.
    """
    import torch.nn.functional as f

    def loss(batch: Sequence[EncodedPair]) -> torch.Tensor:
        return -f.logsigmoid(reward_margins(model, batch)).mean()

    thinned = model.score.register_forward_pre_hook(
        lambda _, seen: (f.dropout(seen[0], DROPOUT, model.training),)
    )
    learn("rewards", model, REWARDS, learnable(pairs), cost, loss)
    thinned.remove()
    return model


def described(pairs: Sequence[EncodedPair]) -> str:
    """Return how much there is to learn from, as a sentence."""
    texts = sum(len(side.ids[:CONTEXT]) for pair in pairs for side in (pair.chosen, pair.rejected))
    return (
        f"{len(pairs):,} pairs of {texts:,} tokens, seen {LANGUAGE.epochs} times by the language "
        f"model; preferences of {len(learnable(pairs)):,} of them"
    )


def learnable(pairs: Iterable[EncodedPair]) -> tuple[EncodedPair, ...]:
    """Return the pairs with a winner that are not too long."""
    return tuple(pair for pair in pairs if not pair.pair.tie and pair.tokens <= LONGEST)


def cost(pair: EncodedPair) -> int:
    """Return the tokens of a pair in a batch."""
    return 2 * pair.tokens


def log_ratios(model: LlamaForCausalLM, pairs: Sequence[EncodedPair]) -> torch.Tensor:
    """Return log p(chosen) − log p(rejected) of each pair, in nats, summed over tokens."""
    sides = [*(pair.chosen for pair in pairs), *(pair.rejected for pair in pairs)]
    sums = log_probabilities(model, sides)
    return sums[: len(pairs)] - sums[len(pairs) :]


def log_probabilities(model: LlamaForCausalLM, texts: Sequence[Encoded]) -> torch.Tensor:
    """Return the summed log-probability of each response, in nats."""
    import torch
    import torch.nn.functional as f

    ids, mask = padded(texts)
    logits = model(input_ids=ids, attention_mask=mask).logits[:, :-1]
    each = -f.cross_entropy(logits.transpose(1, 2), ids[:, 1:], reduction="none")
    place = torch.arange(1, ids.shape[1])
    spoken = (place >= torch.tensor([[text.start] for text in texts])) & (mask[:, 1:] == 1)
    return (each * spoken).sum(1)


def reward_margins(
    model: LlamaForSequenceClassification, pairs: Sequence[EncodedPair]
) -> torch.Tensor:
    """Return reward(chosen) − reward(rejected) of each pair."""
    ids, mask = padded([*(pair.chosen for pair in pairs), *(pair.rejected for pair in pairs)])
    rewards: torch.Tensor = model(input_ids=ids, attention_mask=mask).logits[:, 0]
    return rewards[: len(pairs)] - rewards[len(pairs) :]


def values(
    pairs: Sequence[EncodedPair], of: Callable[[Sequence[EncodedPair]], torch.Tensor]
) -> list[float]:
    """Return a number per pair, worked out in batches without gradients."""
    import torch

    order = sorted(range(len(pairs)), key=lambda at: cost(pairs[at]))
    found = [0.0] * len(pairs)
    with torch.no_grad():
        for batch in shown(batches(order, lambda at: cost(pairs[at]), 8192), "scoring pairs"):
            for at, value in zip(batch, of([pairs[at] for at in batch]).tolist(), strict=True):
                found[at] = value
    return found


def padded(texts: Sequence[Encoded]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return (ids, mask), right-padded and cut to the models' context."""
    import torch

    rows = [text.ids[:CONTEXT] for text in texts]
    longest = max(map(len, rows))
    ids = torch.tensor([[*row, *[ID[PAD]] * (longest - len(row))] for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
    return ids, mask
