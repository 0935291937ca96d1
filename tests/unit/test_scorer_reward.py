"""Rewards against transformers' own forward; dropout passes against masks done by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from core.errors import UsageError
from core.scorers import mc_dropout, reward_model
from core.scorers.classifiers import Classifier
from core.scorers.forward import FORMS, Budget, padding_of
from core.scorers.packing import block, packs
from core.scorers.reward_model import RewardModel
from core.scorers.spec import ScorerOptions, ScorerSpec
from tests.models import make_gpt2, make_llama, plan_of, plan_rows

GIVEN: list[tuple[Any, list[Any]]] = [
    ("How do I bake bread?", ["Mix flour and water.", "I cannot help.", "Mix flour, then wait."]),
    ("What is the capital of France?", ["Paris.", "London, as far as I know, or so I was told."]),
    ("Say nothing", [""]),
]
ROWS = plan_rows(GIVEN)
MAKERS = pytest.mark.parametrize("make", [make_llama, make_gpt2], ids=["llama", "gpt2"])
Make = Callable[..., Path]


def opened(spec: ScorerSpec, folder: Path, **given: Any) -> Any:
    parameters = spec.settled(given.pop("numbers", {}))
    options = ScorerOptions(model=str(folder), device="cpu", parameters=parameters, **given)
    return spec.open(options, plan_of(ROWS))


def scored(scorer: Any) -> dict[str, list[Any]]:
    found = pa.concat_tables(list(scorer.score(scorer.prepare(ROWS))))
    return {k: list(v) for k, v in found.sort_by("response_id").to_pydict().items()}


def own(folder: Path, scorer: RewardModel) -> np.ndarray:
    import torch
    from transformers import AutoModelForSequenceClassification

    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    with torch.inference_mode():
        rows = [model(torch.tensor([item.ids])).logits[0] for item in scorer.prepare(ROWS)]
    return torch.stack(rows).double().numpy()


@MAKERS
def test_rewards_are_those_of_the_models_own_forward(make: Make, tmp_path: Path) -> None:
    folder = make(tmp_path / "m", heads=1)
    scorer = opened(reward_model.SPEC, folder)
    assert scorer.classifier.form == "packed"
    found = scored(scorer)
    assert found["reward"] == pytest.approx(own(folder, scorer)[:, 0], rel=1e-4, abs=1e-5)
    assert "reward_label_0" not in found


@MAKERS
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("tokens", [1, 100, 100_000])
def test_neither_form_nor_batch_moves_a_reward(
    make: Make, form: Any, tokens: int, tmp_path: Path
) -> None:
    scorer = opened(reward_model.SPEC, make(tmp_path / "m", heads=2))
    expected = scored(scorer)
    other = replace(
        scorer,
        classifier=Classifier(scorer.classifier.model, "cpu", form),
        budget=Budget(tokens, print),
    )
    found = scored(other)
    for name in ("reward_label_0", "reward_label_1"):
        assert found[name] == pytest.approx(expected[name], rel=1e-4, abs=1e-5)


def test_every_head_is_kept_under_its_name(tmp_path: Path) -> None:
    names = {0: "helpfulness", 1: "Code Quality!", 2: "code quality"}
    folder = make_llama(tmp_path / "m", heads=3, id2label=names)
    scorer = opened(reward_model.SPEC, folder, head="helpfulness")
    expected, found = own(folder, scorer), scored(scorer)
    heads = ("helpfulness", "label_1", "label_2")
    for i, name in enumerate(heads):
        assert found[f"reward_{name}"] == pytest.approx(expected[:, i], rel=1e-4, abs=1e-5)
    assert found["reward"] == found["reward_helpfulness"]
    assert scorer.provenance.parameters["heads"] == list(heads)


def test_a_head_that_is_not_there_is_answered_with_those_that_are(tmp_path: Path) -> None:
    folder = make_llama(tmp_path / "m", heads=2)
    with pytest.raises(UsageError, match=r"no head .truth.\..*label_0, label_1"):
        opened(reward_model.SPEC, folder, head="truth")


def test_without_a_named_head_the_first_is_taken_and_said(tmp_path: Path) -> None:
    said: list[str] = []
    scorer = opened(reward_model.SPEC, make_llama(tmp_path / "m", heads=2), say=said.append)
    assert scorer.head == 0
    assert "2 heads (label_0, label_1); the reward is the first" in said[0]


def test_a_window_is_not_packed(tmp_path: Path) -> None:
    """Layers that see a window would see less of the prompt behind a longer sibling."""
    from transformers import MistralConfig, MistralForSequenceClassification

    from tests.models import make_tokenizer

    tokenizer = make_tokenizer()
    config = MistralConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        sliding_window=8,
        num_labels=1,
        pad_token_id=tokenizer.pad_token_id,
        initializer_range=0.2,
    )
    MistralForSequenceClassification(config).save_pretrained(tmp_path / "m")
    tokenizer.save_pretrained(tmp_path / "m")
    scorer = opened(reward_model.SPEC, tmp_path / "m")
    assert scorer.classifier.form == "separate"
    expected = own(tmp_path / "m", scorer)[:, 0]
    assert scored(scorer)["reward"] == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_an_encoder_takes_its_own_forward(tmp_path: Path) -> None:
    from transformers import BertConfig, BertForSequenceClassification

    from tests.models import make_tokenizer

    tokenizer = make_tokenizer()
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_labels=1,
        pad_token_id=tokenizer.pad_token_id,
        initializer_range=0.2,
    )
    BertForSequenceClassification(config).save_pretrained(tmp_path / "m")
    tokenizer.save_pretrained(tmp_path / "m")
    scorer = opened(reward_model.SPEC, tmp_path / "m")
    assert scorer.classifier.form == "plain"
    expected = own(tmp_path / "m", scorer)[:, 0]
    assert scored(scorer)["reward"] == pytest.approx(expected, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize(("pad", "filled"), [(-1, 0), (100_000, 0), (2, 2)])
def test_rows_are_filled_with_an_id_that_the_model_has(
    pad: int, filled: int, tmp_path: Path
) -> None:
    """Configurations name -1 and tokens that the embeddings lack; what fills a row is not seen."""
    scorer = opened(reward_model.SPEC, make_llama(tmp_path / "m", heads=1))
    items = scorer.prepare(ROWS)
    expected = dict(zip([i.response_id for i in items], own(tmp_path / "m", scorer), strict=True))
    scorer.classifier.model.config.pad_token_id = pad
    plain = Classifier(scorer.classifier.model, "cpu", "plain")
    batch = block(packs(items, 100_000, tree=False))
    assert len({len(item.ids) for item in items}) > 1
    found = plain.rewards(plain.features(batch)).numpy()[:, 0]
    assert found == pytest.approx(
        [expected[i.response_id][0] for i in batch.items], rel=1e-4, abs=1e-5
    )
    assert padding_of(plain.model, pad) == filled
    assert padding_of(plain.model, None) == 0


@MAKERS
def test_passes_are_thinned_heads_that_judge_all_responses_alike(
    make: Make, tmp_path: Path
) -> None:
    folder = make(tmp_path / "m", heads=1)
    numbers = {"passes": 4, "dropout": 0.3}
    scorer = opened(mc_dropout.SPEC, folder, numbers=numbers, seed=7)
    found = np.array(scored(scorer)["passes"])
    head = scorer.model.classifier.head.weight.double().numpy()[0]
    features = _features(folder, scorer)
    expected = np.array([[(mask * one) @ head for mask in scorer.masks] for one in features])
    assert found == pytest.approx(expected, rel=1e-4, abs=1e-4)
    assert scored(scorer)["reward"] == pytest.approx(found.mean(1), rel=1e-5, abs=1e-6)
    assert len(np.unique(found.round(6), axis=1).T) == 4


def _features(folder: Path, scorer: Any) -> np.ndarray:
    import torch
    from transformers import AutoModel

    body = AutoModel.from_pretrained(folder).eval()
    with torch.inference_mode():
        rows = [body(torch.tensor([i.ids])).last_hidden_state[0] for i in scorer.prepare(ROWS)]
    pad = scorer.model.classifier.pad
    last = [max(k for k, t in enumerate(i.ids) if t != pad) for i in scorer.prepare(ROWS)]
    return np.array([row[at].double().numpy() for row, at in zip(rows, last, strict=True)])


def test_the_same_seed_gives_the_same_passes_and_another_others(tmp_path: Path) -> None:
    folder = make_llama(tmp_path / "m", heads=1)
    first, again, other = (
        scored(opened(mc_dropout.SPEC, folder, seed=seed))["passes"] for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other
