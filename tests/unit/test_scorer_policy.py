"""Log-probabilities against a hand-written loop, TRL's precompute and a finite difference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from core.scorers.chat import Encoded
from core.scorers.decoders import FORMS, Decoder
from core.scorers.forward import Budget
from core.scorers.policy import SPEC, Policy
from core.scorers.spec import ScorerOptions
from tests.models import make_gpt2, make_llama, make_tokenizer, plan_of, plan_rows

TALK = [
    {"role": "user", "content": "Hello"},
    {"role": "assistant", "content": "Hi, what can I do?"},
    {"role": "user", "content": "Tell me the capital of France"},
]
GIVEN: list[tuple[Any, list[Any]]] = [
    ("How do I bake bread?", ["Mix flour and water.", "I cannot help.", "Mix flour, then wait."]),
    (TALK, ["Paris.", "London is the capital, as far as I know, or so I was told."]),
    ("Say nothing", [""]),
]
Make = Callable[..., Path]
MAKERS = pytest.mark.parametrize("make", [make_llama, make_gpt2], ids=["llama", "gpt2"])


def opened(
    folder: Path, rows: pa.Table, numbers: dict[str, float] | None = None, **o: Any
) -> Policy:
    parameters = SPEC.settled(numbers or {})
    options = ScorerOptions(model=str(folder), device="cpu", parameters=parameters, **o)
    found = SPEC.open(options, plan_of(rows))
    assert isinstance(found, Policy)
    return found


def scored(policy: Policy, rows: pa.Table) -> dict[str, list[Any]]:
    tables = list(policy.score(policy.prepare(rows)))
    found = pa.concat_tables(tables, promote_options="default")
    at = {one: i for i, one in enumerate(found["response_id"].to_pylist())}
    order = [at[one] for one in rows["response_id"].to_pylist()]
    return {k: list(v) for k, v in found.take(order).to_pydict().items()}


def by_hand(folder: Path, items: list[Encoded]) -> list[list[float]]:
    """One token after the other, one sequence after the other, float64."""
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder).eval().double()
    found = []
    with torch.inference_mode():
        for item in items:
            logits = model(torch.tensor([item.ids])).logits[0]
            found.append(
                [
                    (logits[t - 1][item.ids[t]] - logits[t - 1].exp().sum().log()).item()
                    for t in range(item.start, len(item.ids))
                ]
            )
    return found


@MAKERS
def test_sums_are_those_of_a_hand_written_loop(make: Make, tmp_path: Path) -> None:
    rows = plan_rows(GIVEN)
    folder, other = make(tmp_path / "a"), make(tmp_path / "b", seed=1)
    policy = opened(folder, rows, reference=str(other), tokens=True)
    assert policy.policy.form == "packed"
    found, items = scored(policy, rows), policy.prepare(rows)
    for model, side in ((folder, "policy"), (other, "ref")):
        hand = by_hand(model, items)
        assert found[f"{side}_logps"] == pytest.approx([sum(one) for one in hand], rel=1e-5)
        for tokens, one in zip(found[f"{side}_token_logps"], hand, strict=True):
            assert tokens == pytest.approx(one, rel=1e-4, abs=1e-5)
    assert found["n_tokens"] == [len(one) for one in by_hand(folder, items)]
    assert [len(one) for one in found["token_ends"]] == found["n_tokens"]


@MAKERS
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("chat", [True, False], ids=["chat", "plain"])
def test_sums_are_those_of_trl(make: Make, chat: bool, tmp_path: Path) -> None:
    """A conversational set with a template, a standard one without."""
    pairs = [
        ("How do I bake bread?", "Mix flour.", "No."),
        ("Say it", "Three cats", "Two dogs, no"),
    ]
    folder = make(tmp_path / "m", tokenizer=make_tokenizer(chat=chat))
    rows = plan_rows([(prompt, [chosen, rejected]) for prompt, chosen, rejected in pairs])
    found = scored(opened(folder, rows), rows)["policy_logps"]
    assert found == pytest.approx(_trl(folder, pairs, chat, tmp_path), rel=1e-4)


def _trl(folder: Path, pairs: list[tuple[str, str, str]], chat: bool, scratch: Path) -> list[float]:
    from datasets import Dataset
    from trl import DPOConfig, DPOTrainer

    def shown(prompt: str, chosen: str, rejected: str) -> dict[str, Any]:
        if not chat:
            return {"prompt": prompt, "chosen": chosen, "rejected": rejected}
        answers = {"chosen": chosen, "rejected": rejected}
        turns = {k: [{"role": "assistant", "content": v}] for k, v in answers.items()}
        return {"prompt": [{"role": "user", "content": prompt}], **turns}

    trainer = DPOTrainer(
        model=str(folder),
        args=DPOConfig(
            output_dir=str(scratch / "out"),
            use_cpu=True,
            bf16=False,
            report_to=[],
            max_length=None,
        ),
        train_dataset=Dataset.from_list([shown(*pair) for pair in pairs]),
    )
    batch = trainer.data_collator(list(trainer.train_dataset))
    chosen, rejected = trainer.compute_ref_log_probs(trainer.model.eval(), batch)
    both = zip(chosen.tolist(), rejected.tolist(), strict=True)
    return [side for couple in both for side in couple]


@MAKERS
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("tokens", [1, 100, 100_000])
def test_neither_form_nor_batch_moves_a_number(
    make: Make, form: Any, tokens: int, tmp_path: Path
) -> None:
    rows = plan_rows(GIVEN)
    policy = opened(make(tmp_path / "m"), rows)
    expected = scored(policy, rows)["policy_logps"]
    other = replace(
        policy,
        policy=Decoder(policy.policy.model, "cpu", form),
        budget=Budget(tokens, policy.budget.say),
    )
    assert scored(other, rows)["policy_logps"] == pytest.approx(expected, rel=1e-5)


def test_left_and_right_padding_of_the_tokenizer_are_the_same(tmp_path: Path) -> None:
    rows, found = plan_rows(GIVEN), []
    for side in ("left", "right"):
        tokenizer = make_tokenizer()
        tokenizer.padding_side = side
        folder = make_llama(tmp_path / side, tokenizer=tokenizer)
        found.append(scored(opened(folder, rows), rows)["policy_logps"])
    assert found[0] == found[1]


@MAKERS
def test_klsum_is_the_slope_of_the_logit_mix(make: Make, tmp_path: Path) -> None:
    """ε-DPO: d logp(mix)/de at 0 = (logp − ref logp) − klsum, here by a central difference."""
    rows = plan_rows(GIVEN)
    a, b = make(tmp_path / "a"), make(tmp_path / "b", seed=1)
    found = scored(opened(a, rows, {"mix": 1e-3}, reference=str(b), kl=True), rows)
    of = {k: np.array(v) for k, v in found.items() if "logps" in k or k == "klsum"}
    slope = (of["policy_mixp_logps"] - of["policy_mixm_logps"]) / 2e-3
    closed = of["policy_logps"] - of["ref_logps"] - of["klsum"]
    assert slope == pytest.approx(closed, rel=2e-3, abs=2e-3)
    assert (of["klsum"] > 0).all()


def test_a_policy_that_is_its_reference_does_not_diverge(tmp_path: Path) -> None:
    rows, folder = plan_rows(GIVEN), make_llama(tmp_path / "m")
    found = scored(opened(folder, rows, reference=str(folder), kl=True), rows)
    assert found["klsum"] == pytest.approx([0.0] * rows.num_rows, abs=1e-5)
    assert found["policy_mixp_logps"] == pytest.approx(found["ref_logps"])


def test_memory_that_runs_out_halves_the_batches_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    said: list[str] = []
    rows = plan_rows(GIVEN)
    policy = opened(make_llama(tmp_path / "m"), rows, say=said.append)
    expected = scored(policy, rows)["policy_logps"]
    given = Decoder.states

    def short(self: Decoder, batch: Any, at: Any) -> Any:
        if batch.ids.size > 60 and len(batch.items) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return given(self, batch, at)

    monkeypatch.setattr(Decoder, "states", short)
    assert scored(policy, rows)["policy_logps"] == pytest.approx(expected, rel=1e-5)
    assert policy.budget.tokens <= 60
    assert said.pop(0).startswith("Some responses are empty")
    assert said
    assert all(sentence.startswith("Out of memory: batches now hold") for sentence in said)


def test_what_cannot_be_read_has_no_number(tmp_path: Path) -> None:
    """A plain concatenation of nothing: no token of the response is predicted."""
    folder = make_llama(tmp_path / "m", tokenizer=make_tokenizer(chat=False, bos=False))
    rows = plan_rows([("", [""]), ("Say", ["yes"])])
    found = scored(opened(folder, rows), rows)
    assert np.isnan(found["policy_logps"][0])
    assert found["n_tokens"][0] == 0
    assert found["policy_logps"][1] < 0


def test_what_does_not_fit_is_cut_and_marked(tmp_path: Path) -> None:
    folder = make_llama(tmp_path / "m", max_position_embeddings=64)
    rows = plan_rows([("How do I bake bread?", ["Mix flour.", "and wait " * 80])])
    found = scored(opened(folder, rows), rows)
    assert found["truncated"] == [False, True]
    assert found["n_tokens"][1] < 64
    assert np.isfinite(found["policy_logps"]).all()
