"""Tiny models made in the test: `make_tokenizer()`, `make_llama(folder)`, `plan_rows([…])`."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from core.schema import PLAN_COLUMNS, Ints, ScoringPlan

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

TEXTS = (
    "The quick brown fox jumps over the lazy dog. How do I bake bread?\n\nMix flour and water, "
    "wait two hours, then bake it for forty minutes. Thank you! What is the capital of France?",
    "user assistant system: I cannot help with that. Here is a list:\n- one\n- two\n- three",
    "Números, größer, 日本語 and emoji 🙂 too; def f(x): return x + 1",
)
SPECIALS = ("<s>", "</s>", "<pad>", "<|im_start|>", "<|im_end|>")
CHAT = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' "
    "+ message['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
BOS_CHAT = "{{ bos_token }}" + CHAT
Turns = list[dict[str, Any]]


def make_tokenizer(
    texts: Sequence[str] = TEXTS, chat: bool = True, bos: bool = True, vocab: int = 400
) -> PreTrainedTokenizerFast:
    """Return a byte-level BPE tokenizer trained on the texts, ChatML when `chat`."""
    from transformers import PreTrainedTokenizerFast

    made = PreTrainedTokenizerFast(
        tokenizer_object=_trained(tuple(texts), vocab, bos),
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        extra_special_tokens=["<|im_start|>", "<|im_end|>"],
    )
    made.chat_template = (BOS_CHAT if bos else CHAT) if chat else None
    return made


@lru_cache
def _trained(texts: tuple[str, ...], vocab: int, bos: bool) -> Tokenizer:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab,
        special_tokens=list(SPECIALS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(texts, trainer)
    if bos:
        made.post_processor = processors.TemplateProcessing(
            single="<s> $A", pair="<s> $A $B", special_tokens=[("<s>", 0)]
        )
    return made


def make_llama(
    folder: Path,
    *,
    heads: int = 0,
    vocab: int | None = None,
    seed: int = 0,
    tokenizer: PreTrainedTokenizerFast | None = None,
    **config: Any,
) -> Path:
    """Save a tiny Llama and its tokenizer: causal, or with `heads` a classifier of that many."""
    from transformers import LlamaConfig, LlamaForCausalLM, LlamaForSequenceClassification

    tokenizer = tokenizer or make_tokenizer()
    settings: dict[str, Any] = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 256,
        "initializer_range": 0.2,
        "tie_word_embeddings": False,
        **_sizes(tokenizer, vocab, heads),
        **config,
    }
    kind = LlamaForSequenceClassification if heads else LlamaForCausalLM
    return _save(folder, kind, LlamaConfig(**settings), tokenizer, seed)


def make_gpt2(
    folder: Path,
    *,
    heads: int = 0,
    vocab: int | None = None,
    seed: int = 0,
    tokenizer: PreTrainedTokenizerFast | None = None,
    **config: Any,
) -> Path:
    """Save a tiny GPT-2 (dropout 0.1, tied embeddings) and its tokenizer."""
    from transformers import GPT2Config, GPT2ForSequenceClassification, GPT2LMHeadModel

    tokenizer = tokenizer or make_tokenizer()
    settings: dict[str, Any] = {
        "n_embd": 32,
        "n_layer": 2,
        "n_head": 4,
        "n_positions": 256,
        "initializer_range": 0.2,
        **_sizes(tokenizer, vocab, heads),
        **config,
    }
    kind = GPT2ForSequenceClassification if heads else GPT2LMHeadModel
    return _save(folder, kind, GPT2Config(**settings), tokenizer, seed)


def make_bert(folder: Path, *, seed: int = 0, **config: Any) -> Path:
    """Save a tiny BERT encoder without a head and its tokenizer."""
    from transformers import BertConfig, BertModel

    tokenizer = make_tokenizer(chat=False)
    settings: dict[str, Any] = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "max_position_embeddings": 64,
        "initializer_range": 0.2,
        **_sizes(tokenizer, None, 0),
        **config,
    }
    return _save(folder, BertModel, BertConfig(**settings), tokenizer, seed)


def make_adapter(base: Path, folder: Path, *, heads: int = 0, seed: int = 1) -> Path:
    """Save a LoRA adapter that changes what `base` says; with `heads` it brings a reward head."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification

    kind = AutoModelForSequenceClassification if heads else AutoModelForCausalLM
    task = "SEQ_CLS" if heads else "CAUSAL_LM"
    config = LoraConfig(task_type=task, r=4, lora_dropout=0.1, target_modules=["q_proj", "v_proj"])
    with warnings.catch_warnings(), torch.random.fork_rng(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.manual_seed(seed)
        labels = {"num_labels": heads} if heads else {}
        model = get_peft_model(kind.from_pretrained(base, **labels), config)
        for name, weight in model.named_parameters():
            if "lora_B" in name:  # zero when new, so that the adapter would do nothing
                weight.normal_()
        model.save_pretrained(folder)
    return folder


def _sizes(
    tokenizer: PreTrainedTokenizerFast, vocab: int | None, heads: int
) -> Mapping[str, object]:
    ids = {f"{name}_token_id": getattr(tokenizer, f"{name}_token_id") for name in _NAMED}
    return {
        "vocab_size": vocab or len(tokenizer),
        **ids,
        **({"num_labels": heads} if heads else {}),
    }


_NAMED = ("bos", "eos", "pad")


def _save(
    folder: Path, kind: Any, config: Any, tokenizer: PreTrainedTokenizerFast, seed: int
) -> Path:
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model: PreTrainedModel = kind(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def plan_rows(given: Sequence[tuple[str | Turns, Sequence[str | Turns]]]) -> pa.Table:
    """Return PLAN_COLUMNS: prompt i has id 1000·(i+1), its response j has id 1000·(i+1) + j + 1."""
    rows = []
    for i, (prompt, responses) in enumerate(given):
        for j, response in enumerate(responses):
            ids = {"prompt_id": 1000 * (i + 1), "response_id": 1000 * (i + 1) + j + 1}
            rows.append({**ids, **_content("prompt", prompt), **_content("response", response)})
    return pa.Table.from_pylist(rows, PLAN_COLUMNS)


def _content(side: str, value: str | Turns) -> dict[str, object]:
    text = value if isinstance(value, str) else None
    turns = None if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return {f"{side}_text": text, f"{side}_messages": turns}


def plan_of(rows: pa.Table) -> ScoringPlan:
    """Return a plan that reads the rows."""
    columns = ("prompt_text", "prompt_messages", "response_text", "response_messages")
    texts = (rows[name].to_pylist() for name in columns)
    chars = [sum(len(text or "") for text in row) for row in zip(*texts, strict=True)]
    ids = rows["response_id"].to_numpy()
    at = {int(one): i for i, one in enumerate(ids)}

    def read(wanted: Ints) -> pa.Table:
        return rows.take([at[int(one)] for one in wanted])

    return ScoringPlan(
        ids=np.asarray(ids, np.int64),
        prompt_id=np.asarray(rows["prompt_id"].to_numpy(), np.int64),
        chars=np.array(chars, np.int64),
        read=read,
    )
