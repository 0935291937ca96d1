"""Loading models: policies with their references, and adapters with their bases."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path

import pytest

from core.errors import ScoreError
from core.scorers.models import load, load_policy
from core.scorers.places import digest
from tests.loading import Trap, copy, edit, logits, options, refused
from tests.models import make_adapter, make_llama, make_tokenizer

torch = pytest.importorskip("torch")


def test_a_policy_may_stand_alone(llama: Path) -> None:
    policy, reference = load_policy(options(llama))
    assert (policy.name, reference) == ("llama", None)


def test_a_second_model_is_the_reference(llama: Path, tmp_path: Path) -> None:
    other = make_llama(tmp_path / "other", seed=5)
    policy, reference = load_policy(options(llama, reference=str(other)))
    assert reference is not None
    assert (reference.loaded.name, reference.loaded.revision) == ("other", digest(other))
    before = logits(policy.model)
    with reference.switched():
        assert not torch.equal(logits(reference.loaded.model), before)
        assert torch.equal(logits(policy.model), before)


def test_vocabularies_must_agree(llama: Path, tmp_path: Path) -> None:
    words = make_tokenizer(texts=("quite other words " * 9,), vocab=400)
    other = make_llama(tmp_path / "other", tokenizer=words, vocab=400)
    with pytest.raises(ScoreError, match=r"vocabularies of llama \(400\) and of the reference"):
        load_policy(options(llama, reference=str(other)))
    larger = make_llama(tmp_path / "larger", vocab=448)
    with pytest.raises(ScoreError, match=r"reference larger \(448\) differ"):
        load_policy(options(llama, reference=str(larger)))


def test_the_same_vocabulary_may_be_written_differently(llama: Path, tmp_path: Path) -> None:
    other = copy(llama, tmp_path / "other")
    edit(other / "tokenizer.json", truncation=None, post_processor=None)
    policy, reference = load_policy(options(llama, reference=str(other)))
    assert reference is not None
    assert policy.tokenizer_hash != reference.loaded.tokenizer_hash


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing:FutureWarning")
def test_an_adapter_brings_its_base_as_the_reference(llama: Path, tmp_path: Path) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    adapter = make_adapter(llama, tmp_path / "adapter")
    base = AutoModelForCausalLM.from_pretrained(llama)
    plain = logits(base)
    adapted = logits(PeftModel.from_pretrained(base, adapter).eval())
    policy, reference = load_policy(options(adapter))
    assert reference is not None
    assert reference.loaded.model is policy.model
    assert not torch.allclose(adapted, plain)
    assert torch.allclose(logits(policy.model), adapted, atol=1e-6)
    with reference.switched():
        assert torch.equal(logits(reference.loaded.model), plain)
    assert torch.allclose(logits(policy.model), adapted, atol=1e-6)
    assert (policy.name, reference.loaded.name) == ("adapter", "llama")
    assert policy.revision == f"{digest(adapter)}+{digest(llama)}"
    assert reference.loaded.revision == digest(llama)
    assert type(policy.model).__name__ == "LlamaForCausalLM"


def test_an_adapter_with_its_base_named_is_loaded_once(llama: Path, tmp_path: Path) -> None:
    adapter = make_adapter(llama, tmp_path / "adapter")
    policy, reference = load_policy(options(adapter, reference=str(llama)))
    assert reference is not None
    assert reference.loaded.model is policy.model
    other = make_llama(tmp_path / "other", seed=5)
    policy, reference = load_policy(options(adapter, reference=str(other)))
    assert reference is not None
    assert reference.loaded.model is not policy.model


def test_an_adapter_has_the_dtype_of_its_model(llama: Path, tmp_path: Path) -> None:
    adapter = make_adapter(llama, tmp_path / "adapter")
    policy, _ = load_policy(options(adapter, dtype="bfloat16"))
    assert {p.dtype for p in policy.model.parameters()} == {torch.bfloat16}


def test_an_adapter_can_bring_the_head(llama: Path, tmp_path: Path) -> None:
    adapter = make_adapter(llama, tmp_path / "adapter", heads=3)
    found = logits(load("classifier", options(adapter)).model)
    again = logits(load("classifier", options(adapter)).model)
    assert found.shape == (1, 3)
    assert torch.equal(found, again)
    headless = make_adapter(llama, tmp_path / "headless")
    assert "no score.weight" in refused("classifier", options(headless))


def test_adapters_that_cannot_be_used(llama: Path, tmp_path: Path) -> None:
    adapter = make_adapter(llama, tmp_path / "adapter")
    sprung = tmp_path / "sprung"
    pickled = shutil.copytree(adapter, tmp_path / "pickled")
    (pickled / "adapter_model.safetensors").unlink()
    (pickled / "adapter_model.bin").write_bytes(pickle.dumps(Trap(sprung)))
    assert "pickled has no adapter_model.safetensors" in refused("causal", options(pickled))
    assert not sprung.exists()
    edit(adapter / "adapter_config.json", base_model_name_or_path="/no/base")
    assert "There is no folder /no/base." in refused("causal", options(adapter))
    edit(adapter / "adapter_config.json", base_model_name_or_path=None)
    assert "does not name its base" in refused("causal", options(adapter))
    edit(adapter / "adapter_config.json", base_model_name_or_path=str(adapter))
    assert "stands on another adapter" in refused("causal", options(adapter))
    deeper = make_llama(tmp_path / "deeper", num_hidden_layers=3)
    edit(adapter / "adapter_config.json", base_model_name_or_path=str(deeper))
    assert "does not fit its base model" in refused("causal", options(adapter))
    both = shutil.copytree(llama, tmp_path / "both")
    shutil.copy(adapter / "adapter_config.json", both)
    shutil.copy(adapter / "adapter_model.safetensors", both)
    assert "a model and an adapter" in refused("causal", options(both))


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing:FutureWarning")
def test_adapters_that_add_tokens_are_refused(llama: Path, tmp_path: Path) -> None:
    from peft import PromptTuningConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(llama)
    config = PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=3)
    get_peft_model(model, config).save_pretrained(tmp_path / "prompts")
    said = refused("causal", options(tmp_path / "prompts"))
    assert "PROMPT_TUNING adapter: it adds tokens of its own" in said
