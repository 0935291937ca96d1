"""The toy models' tokenizer, and pairs as token ids."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sample_data.toy_data import Messages, Pair

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

VOCABULARY = 4096
CONTEXT = 2048
"""Positions of the models; 99 % of the samples fit."""
PAD, BEGIN, END = "<|pad|>", "<|begin|>", "<|end|>"
SPECIAL = (PAD, BEGIN, END, "<|system|>", "<|user|>", "<|assistant|>")
ID = {token: number for number, token in enumerate(SPECIAL)}
TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{{ '<|' + message['role'] + '|>' + message['content'] + eos_token }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)


@dataclass(frozen=True)
class Encoded:
    """A prompt with a response."""

    ids: tuple[int, ...]
    start: int
    """Index of the first token of the response."""


@dataclass(frozen=True)
class EncodedPair:
    """Both responses of a row."""

    pair: Pair
    chosen: Encoded
    rejected: Encoded

    @property
    def tokens(self) -> int:
        """Return the length of the longer side, what its place in a batch costs."""
        return max(len(self.chosen.ids), len(self.rejected.ids))


def train_tokenizer(pairs: Iterable[Pair]) -> PreTrainedTokenizerFast:
    """Train byte-level BPE on the texts of the pairs; return it with its chat template."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(_texts(pairs), trainer)
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=core,
        pad_token=PAD,
        bos_token=BEGIN,
        eos_token=END,
        model_max_length=CONTEXT,
        clean_up_tokenization_spaces=False,
    )
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def encode(tokenizer: PreTrainedTokenizerFast, pairs: Iterable[Pair]) -> tuple[EncodedPair, ...]:
    """Encode pairs as the chat template writes them; a special token's name in a text is text."""
    core = tokenizer.backend_tokenizer
    core.encode_special_tokens = True
    encoded = []
    for pair in pairs:
        prompt = (ID[BEGIN], *_turns(core, pair.prompt))
        chosen, rejected = (
            Encoded((*prompt, *_turns(core, side)), len(prompt) + 1)
            for side in (pair.chosen, pair.rejected)
        )
        encoded.append(EncodedPair(pair, chosen, rejected))
    core.encode_special_tokens = False
    return tuple(encoded)


def _texts(pairs: Iterable[Pair]) -> Iterable[str]:
    for pair in pairs:
        for message in (*pair.prompt, *pair.chosen, *pair.rejected):
            yield message["content"]


def _turns(core: Tokenizer, messages: Messages) -> tuple[int, ...]:
    """Return the ids of some messages: role, text, end. A response starts after its role."""
    ids: list[int] = []
    for message in messages:
        ids.append(ID[f"<|{message['role']}|>"])
        ids += core.encode(message["content"], add_special_tokens=False).ids
        ids.append(ID[END])
    return tuple(ids)
