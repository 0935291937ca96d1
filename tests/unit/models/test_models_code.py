"""Loading models: no pickle is opened, and no code runs but at a pinned commit."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import ScoreError
from core.scorers.models import load
from tests.loading import COMMIT, OTHER, Trap, copy, edit, logits, options, refused

torch = pytest.importorskip("torch")


def test_pickles_are_never_opened(llama: Path, tmp_path: Path) -> None:
    sprung = tmp_path / "sprung"
    trap = pickle.dumps(Trap(sprung))
    folder = copy(llama, tmp_path / "m")
    for name in ("pytorch_model.bin", "model.pt", "training_args.bin", "adapter_model.bin"):
        (folder / name).write_bytes(trap)
    load("causal", options(folder))
    (folder / "model.safetensors").unlink()
    said = refused("causal", options(folder))
    assert "m has no model.safetensors. Pickles are never opened" in said
    assert "save_pretrained" in said
    edit(folder / "config.json", transformers_weights="adapter_model.bin")
    refused("causal", options(folder))
    (folder / "model.safetensors").write_bytes(trap)
    assert "names 'adapter_model.bin' as its weights" in refused("causal", options(folder))
    assert not sprung.exists()


@pytest.mark.parametrize("name", ["pytorch_model-00001.bin", "../other/model.safetensors"])
def test_a_list_of_shards_names_safetensors_only(llama: Path, tmp_path: Path, name: str) -> None:
    sprung = tmp_path / "sprung"
    folder = copy(llama, tmp_path / "m")
    (folder / "model.safetensors").unlink()
    shards = {"metadata": {}, "weight_map": {"lm_head.weight": name}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(shards))
    (folder / "pytorch_model-00001.bin").write_bytes(pickle.dumps(Trap(sprung)))
    assert f"names {name!r}, no safetensors file" in refused("causal", options(folder))
    assert not sprung.exists()


def test_shards_are_loaded_and_missed(llama: Path, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    folder = copy(llama, tmp_path / "m")
    (folder / "model.safetensors").unlink()
    AutoModelForCausalLM.from_pretrained(llama).save_pretrained(folder, max_shard_size="50KB")
    files = sorted(folder.glob("model-*.safetensors"))
    assert len(files) > 1
    assert torch.equal(
        logits(load("causal", options(folder)).model), logits(load("causal", options(llama)).model)
    )
    files[1].unlink()
    assert f"{files[1].name} of m is missing" in refused("causal", options(folder))


def code_folder(llama: Path, to: Path, sprung: Path, at: str = "config.json") -> Path:
    """Return a Llama folder whose own modelling file would make a file when it runs."""
    names = {"AutoModelForCausalLM": "modeling_own.Own"}
    if at == "tokenizer_config.json":
        names = {"AutoTokenizer": ["modeling_own.Own", "modeling_own.Own"]}
    folder = copy(llama, to)
    edit(folder / at, auto_map=names)
    (folder / "modeling_own.py").write_text(
        "from transformers import LlamaForCausalLM\n"
        f"open({str(sprung)!r}, 'w').close()\n"
        "class Own(LlamaForCausalLM):\n    pass\n"
    )
    return folder


@pytest.mark.parametrize("at", ["config.json", "tokenizer_config.json"])
def test_code_is_refused(
    at: str, llama: Path, tmp_path: Path, hub: Callable[[Path], list[str | None]]
) -> None:
    sprung = tmp_path / "sprung"
    folder = code_folder(llama, tmp_path / "m", sprung, at)
    assert "no commit that could be pinned" in refused("causal", options(folder))
    pin = options(folder, trust_remote_code_at=COMMIT)
    assert "no commit that could be pinned" in refused("causal", pin)
    hub(folder)
    said = refused("causal", options("org/model"))
    assert "asks to run code of its own" in said
    assert "--trust-remote-code-at" in said
    assert not sprung.exists()


def test_code_runs_at_a_pinned_commit_only(
    llama: Path,
    tmp_path: Path,
    hub: Callable[[Path], list[str | None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sprung = tmp_path / "sprung"
    asked = hub(code_folder(llama, tmp_path / "m", sprung))
    for where in ("transformers.dynamic_module_utils", "transformers.utils.hub"):
        monkeypatch.setattr(f"{where}.HF_MODULES_CACHE", str(tmp_path / "modules"), raising=False)
    for word in ("main", COMMIT[:7], COMMIT.upper()):
        said = refused("causal", options("org/model", trust_remote_code_at=word))
        assert "takes a full commit hash" in said
    both = options("org/model", trust_remote_code_at=COMMIT, revision="main")
    assert "are two revisions" in refused("causal", both)
    assert not sprung.exists()
    assert asked == []
    loaded = load("causal", options("org/model", trust_remote_code_at=OTHER))
    assert asked == [OTHER]
    assert (loaded.revision, type(loaded.model).__name__) == (OTHER, "Own")
    assert sprung.exists()


def test_the_pin_is_of_one_repository(
    llama: Path, tmp_path: Path, hub: Callable[[Path], list[str | None]]
) -> None:
    sprung = tmp_path / "sprung"
    folder = code_folder(llama, tmp_path / "m", sprung)
    edit(folder / "config.json", auto_map={"AutoModelForCausalLM": "evil/repo--modeling.Own"})
    hub(folder)
    given = options("org/model", trust_remote_code_at=COMMIT)
    assert "lies in another repository" in refused("causal", given)
    with pytest.raises(ScoreError, match="asks to run code"):
        load("causal", options(llama, trust_remote_code_at=COMMIT), name="org/model")
    assert not sprung.exists()
