"""Loading models: folders, configurations, weights and devices that do not fit are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.loading import copy, options, refused
from tests.models import make_bert, make_gpt2, make_llama

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("name", ["/no/such/folder", "./none", "a/b/c", "~/nothing here"])
def test_no_such_folder_is_not_asked_of_the_hub(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.snapshot_download", pytest.fail)
    assert f"There is no folder {name}." in refused("causal", options(name))


def test_a_file_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"")
    assert "is a file" in refused("causal", options(tmp_path / "model.safetensors"))


def test_a_folder_without_configuration(llama: Path, tmp_path: Path) -> None:
    folder = copy(llama, tmp_path / "m")
    (folder / "config.json").unlink()
    assert "m has no config.json." in refused("causal", options(folder))


@pytest.mark.parametrize("text", ["{", "[]", "[" * 100_000])
def test_a_configuration_that_is_no_object(llama: Path, tmp_path: Path, text: str) -> None:
    folder = copy(llama, tmp_path / "m")
    (folder / "config.json").write_text(text)
    assert "config.json of m is not" in refused("causal", options(folder))


def test_an_unknown_architecture(llama: Path, tmp_path: Path) -> None:
    folder = copy(llama, tmp_path / "m", model_type="hyena9")
    said = refused("causal", options(folder))
    assert "the architecture 'hyena9', which transformers" in said


def test_a_wrong_configuration(llama: Path, tmp_path: Path) -> None:
    folder = copy(llama, tmp_path / "m", num_attention_heads="many")
    assert "The configuration of m is wrong" in refused("causal", options(folder))


def test_heads_are_never_made_up(llama: Path, rewards: Path, tmp_path: Path) -> None:
    assert "no score.weight" in refused("classifier", options(llama))
    assert "no lm_head.weight" in refused("causal", options(rewards))
    tied = make_gpt2(tmp_path / "tied", heads=1)
    assert "is a classifier (score.weight)" in refused("causal", options(tied))
    bert = make_bert(tmp_path / "bert")
    assert "both directions" in refused("causal", options(bert))
    assert "no classifier.weight" in refused("classifier", options(bert))


def test_missing_weights_are_never_made_up(llama: Path, tmp_path: Path) -> None:
    folder = copy(llama, tmp_path / "m", num_hidden_layers=3)
    said = refused("causal", options(folder))
    assert "9 weights of m are missing, model.layers.2." in said


def test_weights_of_other_shapes(llama: Path, tmp_path: Path) -> None:
    folder = copy(llama, tmp_path / "m", hidden_size=64)
    assert "of m has the shape (400, 32), not (400, 64)." in refused("causal", options(folder))


def test_damaged_weights(llama: Path, tmp_path: Path) -> None:
    folder = copy(llama, tmp_path / "m")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    assert "m cannot be opened" in refused("causal", options(folder))


def test_no_tokenizer(llama: Path, tmp_path: Path) -> None:
    folder = copy(llama, tmp_path / "m")
    (folder / "tokenizer.json").unlink()
    assert "m has no tokenizer that can be opened" in refused("causal", options(folder))


def test_tokens_without_an_embedding(tmp_path: Path) -> None:
    folder = make_llama(tmp_path / "m", vocab=300)
    assert "has 400 tokens, the model 300" in refused("causal", options(folder))


def test_devices_and_dtypes(llama: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert "There is no CUDA device here." in refused("causal", options(llama, device="cuda"))
    assert "There is no device 'tpu'." in refused("causal", options(llama, device="tpu"))
    assert "There is no dtype 'int3'." in refused("causal", options(llama, dtype="int3"))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: False)
    given = options(llama, device="cuda", dtype="bfloat16")
    assert "does not compute in bfloat16" in refused("causal", given)


def test_a_gpu_that_is_full(llama: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers import LlamaForCausalLM

    def to(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(LlamaForCausalLM, "to", to)
    assert "does not fit into the memory" in refused("causal", options(llama))
