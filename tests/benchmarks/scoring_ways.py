"""The same log-probabilities in five ways, for benchmarks on a CPU and on a GPU."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from core.schema import Floats
from core.scorers.decoders import Decoder, response_tokens
from core.scorers.forward import Budget, Form, each_batch, moved, one_behind
from core.scorers.logprobs import Wanted, token_logps
from core.scorers.models import Loaded, load
from core.scorers.provenance import encoder_of
from core.scorers.spec import SCORERS, ScorerOptions
from tests.benchmarks.scoring_models import plan_rows

Way = Callable[[], Floats]


def opened(folder: Path, pairs: list[dict[str, str]], device: str) -> tuple[Loaded, list[Any]]:
    """Return a model with its encoded responses, those of a pair in turn."""
    parameters = SCORERS.get("policy").settled({})
    options = ScorerOptions(model=str(folder), device=device, parameters=parameters)
    loaded = load("causal", options)
    return loaded, encoder_of(loaded, options).encode(plan_rows(pairs))


def ours(loaded: Loaded, items: list[Any], form: Form, tokens: int) -> Floats:
    """Return summed log-probabilities in the items' order, in one of Assay's forms."""
    decoder = Decoder(loaded.model, loaded.device, form)

    def compute(batch: Any) -> Any:
        at, targets, _ = response_tokens(batch)
        states = decoder.states(batch, moved(at, loaded.device))
        wanted = moved(targets, loaded.device)
        return token_logps((decoder.head, states), None, wanted, Wanted())["policy"]

    found = {}
    for batch, values in one_behind(each_batch(items, Budget(tokens, print), form, compute)):
        counts = response_tokens(batch)[2]
        sums = np.add.reduceat(values.double().cpu().numpy(), np.cumsum(counts) - counts)
        found |= {item.response_id: value for item, value in zip(batch.items, sums, strict=True)}
    return np.array([found[item.response_id] for item in items])


def plain(loaded: Loaded, items: list[Any], size: int = 16) -> Floats:
    """Return the same by the textbook: padded batches as they come, logits of every position."""
    import torch

    found = []
    with torch.inference_mode():
        for start in range(0, len(items), size):
            part = items[start : start + size]
            ids, mask = _padded([item.ids for item in part], loaded.device)
            logits = loaded.model(input_ids=ids, attention_mask=mask, use_cache=False).logits
            logps = logits[:, :-1].float().log_softmax(-1).gather(-1, ids[:, 1:, None])[..., 0]
            for row, item in enumerate(part):
                found.append(logps[row, item.start - 1 : len(item.ids) - 1].sum())
    return np.array(torch.stack(found).cpu().double())


def _padded(rows: list[list[int]], device: str) -> tuple[Any, Any]:
    import torch

    shape = (len(rows), max(map(len, rows)))
    ids, mask = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.long)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = torch.tensor(row)
        mask[number, : len(row)] = 1
    return ids.to(device), mask.to(device)


def cached(loaded: Loaded, items: list[Any], tokens: int) -> Floats:
    """Return the same with the prompt in a KV cache that both its responses continue.

    Prompts are batched by equal length only, so that no padding stands inside the cache.
    """
    import torch

    decoder = Decoder(loaded.model, loaded.device)
    prompts: dict[int, list[tuple[Any, Any]]] = {}
    for first, second in zip(items[::2], items[1::2], strict=True):
        prompts.setdefault(min(first.start, second.start), []).append((first, second))
    found = {}
    with torch.inference_mode():
        for length, couples in sorted(prompts.items()):
            for start in range(0, len(couples), max(1, tokens // (2 * length))):
                part = couples[start : start + max(1, tokens // (2 * length))]
                found |= _continued(loaded, decoder, part, length)
    return np.array([found[item.response_id] for item in items])


def _continued(loaded: Loaded, decoder: Decoder, part: list[Any], length: int) -> dict[int, float]:
    import torch

    body = loaded.model.base_model
    prompts, _ = _padded([first.ids[:length] for first, _ in part], loaded.device)
    start = body(input_ids=prompts, use_cache=True)
    start.past_key_values.batch_repeat_interleave(2)
    items = [item for couple in part for item in couple]
    ids, mask = _padded([item.ids[length:] for item in items], loaded.device)
    rest = body(input_ids=ids, past_key_values=start.past_key_values, use_cache=True)
    last = start.last_hidden_state[:, -1:].repeat_interleave(2, 0)
    hidden, real = torch.cat([last, rest.last_hidden_state], 1)[:, :-1], mask.bool()
    values = token_logps((decoder.head, hidden[real]), None, ids[real], Wanted())["policy"]
    sums = torch.zeros(len(items), dtype=torch.double, device=loaded.device)
    sums.index_add_(0, real.nonzero()[:, 0], values.double())
    return {item.response_id: value for item, value in zip(items, sums.tolist(), strict=True)}


def trl_trainer(loaded: Loaded, pairs: list[dict[str, str]], folder: Path) -> Any:
    """Return TRL's trainer over the same pairs; nothing is trained."""
    from datasets import Dataset
    from trl import DPOConfig, DPOTrainer

    config = DPOConfig(
        output_dir=str(folder / "trl"),
        use_cpu=loaded.device == "cpu",
        bf16=False,
        report_to=[],
        max_length=None,
        activation_checkpointing=False,
        disable_tqdm=True,
    )
    trainer = DPOTrainer(
        model=loaded.model,
        args=config,
        train_dataset=Dataset.from_list(pairs),
        processing_class=loaded.tokenizer,
    )
    return trainer


def trl(trainer: Any) -> Floats:
    """Return what TRL's precompute computes, chosen and rejected in turn."""
    from torch.utils.data import DataLoader

    data = trainer.train_dataset.with_format(None)
    model = trainer.model.eval()
    size = trainer.args.per_device_train_batch_size
    found = []
    for batch in DataLoader(data, batch_size=size, collate_fn=trainer.data_collator):
        batch = {name: tensor.to(trainer.accelerator.device) for name, tensor in batch.items()}
        chosen, rejected = trainer.compute_ref_log_probs(model, batch)
        found.append(
            np.stack([chosen.float().cpu().numpy(), rejected.float().cpu().numpy()], 1).ravel()
        )
    return np.concatenate(found)
