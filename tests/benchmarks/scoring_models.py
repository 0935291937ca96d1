"""A Llama of about 40 M parameters with random weights, and real pairs for it to read."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from core.schema import PLAN_COLUMNS

SAMPLES = Path(__file__).parents[2] / "sample_data" / "hh-rlhf"
VOCABULARY = 32_000
MARK = "\n\nAssistant:"


def read_pairs(most: int) -> list[dict[str, str]]:
    """Return HH helpful-base pairs as prompt, chosen and rejected."""
    return [_split(row) for row, _ in zip(_rows(), range(most), strict=False)]


def _rows() -> Iterator[dict[str, str]]:
    for path in sorted(SAMPLES.glob("helpful*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)


def _split(row: dict[str, str]) -> dict[str, str]:
    cut = row["chosen"].rindex(MARK) + len(MARK)
    return {
        "prompt": row["chosen"][:cut],
        "chosen": row["chosen"][cut:],
        "rejected": row["rejected"][cut:],
    }


def plan_rows(pairs: list[dict[str, str]]) -> pa.Table:
    """Return PLAN_COLUMNS: the chosen response of pair i has id 2 i, the rejected one 2 i + 1."""
    rows = [
        {
            "prompt_id": i,
            "prompt_text": p["prompt"],
            "response_id": 2 * i + j,
            "response_text": p[s],
        }
        for i, p in enumerate(pairs)
        for j, s in enumerate(("chosen", "rejected"))
    ]
    return pa.Table.from_pylist(rows, PLAN_COLUMNS)


def make_model(folder: Path, **config: Any) -> Path:
    """Save a Llama (41.7 M parameters unless told otherwise) and a tokenizer of its texts."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    made = _tokenizer()
    sizes: dict[str, Any] = {
        "vocab_size": VOCABULARY,
        "hidden_size": 512,
        "intermediate_size": 1376,
        "num_hidden_layers": 8,
        "num_attention_heads": 8,
        "num_key_value_heads": 8,
        "max_position_embeddings": 4096,
        "tie_word_embeddings": True,
        "bos_token_id": 0,
        "eos_token_id": 1,
        "pad_token_id": 2,
        **config,
    }
    torch.manual_seed(0)
    LlamaForCausalLM(LlamaConfig(**sizes)).save_pretrained(folder)
    made.save_pretrained(folder)
    return folder


def _tokenizer() -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=["<s>", "</s>", "<pad>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator((row["chosen"] + row["rejected"] for row in _rows()), trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token="<s>", eos_token="</s>", pad_token="<pad>"
    )
