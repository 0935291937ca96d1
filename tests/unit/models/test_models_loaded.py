"""Loading models: what a folder or a name on the hub becomes, and how it is pinned."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from core.scorers.models import load
from core.scorers.places import digest
from tests.loading import COMMIT, copy, logits, options, refused
from tests.models import make_bert, make_llama, make_tokenizer

torch = pytest.importorskip("torch")


# --- what is loaded -------------------------------------------------------------------------------


def test_a_folder_is_loaded_as_it_was_saved(llama: Path) -> None:
    from transformers import AutoModelForCausalLM

    loaded = load("causal", options(llama))
    plain = AutoModelForCausalLM.from_pretrained(llama)
    assert torch.equal(logits(loaded.model), logits(plain))
    assert (loaded.name, loaded.device, loaded.dtype, loaded.context) == (
        "llama",
        "cpu",
        "float32",
        256,
    )
    assert not loaded.model.training
    assert not any(p.requires_grad for p in loaded.model.parameters())
    assert set(loaded.versions) >= {"torch", "transformers", "tokenizers"}
    assert loaded.model.config._attn_implementation == "sdpa"


def test_loading_says_nothing(llama: Path, capfd: pytest.CaptureFixture[str]) -> None:
    load("encoder", options(llama))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_all_weights_have_the_dtype(llama: Path, dtype: str) -> None:
    loaded = load("causal", options(llama, dtype=dtype))
    assert loaded.dtype == dtype
    assert {p.dtype for p in loaded.model.parameters()} == {getattr(torch, dtype)}


def test_a_classifier_keeps_the_names_of_its_heads(tmp_path: Path) -> None:
    names = {0: "helpful", 1: "safe"}
    folder = make_llama(tmp_path / "m", heads=2, id2label=names)
    assert load("classifier", options(folder)).model.config.id2label == names


def test_an_encoder_may_lack_its_pooler(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    file = make_bert(tmp_path / "bert") / "model.safetensors"
    kept = {name: value for name, value in load_file(file).items() if "pooler" not in name}
    save_file(kept, file, {"format": "pt"})
    assert load("encoder", options(tmp_path / "bert")).context == 64


def test_positions_that_padding_takes_are_not_context(tmp_path: Path) -> None:
    from transformers import RobertaConfig, RobertaModel

    tokenizer = make_tokenizer(chat=False)
    config = RobertaConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=34,
        pad_token_id=1,
    )
    RobertaModel(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    assert load("encoder", options(tmp_path)).context == 32


def test_the_revision_covers_weights_configuration_and_tokenizer(
    llama: Path, tmp_path: Path
) -> None:
    first = copy(llama, tmp_path / "a")
    assert load("causal", options(first)).revision == digest(llama) == digest(first)
    (first / "README.md").write_text("words")
    (first / "trainer_state.json").write_text("{}")
    assert digest(first) == digest(llama)
    found = {digest(llama)}
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        changed = copy(llama, tmp_path / name)
        (changed / name).write_text((changed / name).read_text() + " ")
        found.add(digest(changed))
    weights = copy(llama, tmp_path / "weights") / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    assert len(found | {digest(weights.parent)}) == 6


def test_the_tokenizer_hash_tells_tokenizers_apart(llama: Path, tmp_path: Path) -> None:
    words = make_tokenizer(texts=("quite other words make quite other merges",), vocab=300)
    other = make_llama(tmp_path / "o", tokenizer=words)
    assert load("causal", options(llama)).tokenizer_hash == (
        load("causal", options(copy(llama, tmp_path / "c"))).tokenizer_hash
    )
    assert load("causal", options(llama)).tokenizer_hash != (
        load("causal", options(other)).tokenizer_hash
    )


# --- the hub --------------------------------------------------------------------------------------


def test_a_hub_model_is_named_and_pinned_by_its_commit(
    llama: Path, hub: Callable[[Path], list[str | None]]
) -> None:
    asked = hub(llama)
    loaded = load("causal", options("org/model", revision="main"))
    assert (loaded.name, loaded.revision, asked) == ("org/model", COMMIT, ["main"])


def test_weights_are_fetched_only_after_the_small_files_pass(
    llama: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    patterns = []
    at = tmp_path / COMMIT
    shutil.copytree(llama, at, ignore=shutil.ignore_patterns("*.safetensors"))

    def download(name: str, *, allow_patterns: list[str], **_: object) -> str:
        patterns.append(allow_patterns)
        if len(patterns) == 2:
            shutil.copy(llama / "model.safetensors", at)
        return str(at)

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    said: list[str] = []
    load("causal", options("org/model", say=said.append))
    assert patterns[1] == ["model.safetensors"]
    assert not {"*.bin", "*.py", "*.pt"} & {one for given in patterns for one in given}
    assert said == ["Fetching the weights of org/model from the hub."]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("RepositoryNotFoundError", "no such model on the hub"),
        ("RevisionNotFoundError", "has no revision v9"),
        ("GatedRepoError", "with access only"),
    ],
)
def test_what_the_hub_answers_is_a_sentence(
    error: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import httpx2
    from huggingface_hub import errors

    answer = httpx2.Response(404, request=httpx2.Request("GET", "https://hub.invalid"))

    def download(*_: object, **__: object) -> str:
        raise getattr(errors, error)("not so", response=answer)

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    assert said in refused("causal", options("org/model", revision="v9"))


def test_a_hub_that_cannot_be_reached_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    said = refused("causal", options("nobody/knows-this"))
    assert "There is no folder nobody/knows-this, and the hub cannot be reached." in said
    assert "hf download" in said


def test_other_troubles_of_a_download_are_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def download(*_: object, **__: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    assert "No space left on device" in refused("causal", options("org/model"))
