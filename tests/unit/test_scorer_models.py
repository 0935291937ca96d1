"""Loading models: what they are told to be, what is refused, and that nothing else is executed."""

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import ScoreError
from core.scorers.models import load, load_policy
from core.scorers.places import digest
from core.scorers.spec import ScorerOptions
from tests.models import make_adapter, make_bert, make_gpt2, make_llama, make_tokenizer

torch = pytest.importorskip("torch")
COMMIT = "0123456789abcdef0123456789abcdef01234567"
OTHER = "f" * 40


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_llama(tmp_path_factory.mktemp("causal") / "llama")


@pytest.fixture(scope="module")
def rewards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_llama(tmp_path_factory.mktemp("heads") / "rewards", heads=2)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Path], list[str | None]]:
    """Serve a folder as the hub's org/model at COMMIT; returns the revisions asked for."""

    def serve(folder: Path) -> list[str | None]:
        asked: list[str | None] = []

        def download(name: str, *, revision: str | None, **_: object) -> str:
            asked.append(revision)
            at = tmp_path / "snapshots" / (revision if revision == OTHER else COMMIT)
            shutil.copytree(folder, at, dirs_exist_ok=True)
            return str(at)

        monkeypatch.setattr("huggingface_hub.snapshot_download", download)
        return asked

    return serve


class Trap:
    """Unpickling it makes a file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (eval, (f"open({str(self.file)!r}, 'w').close()",))


def options(folder: Path | str, **over: object) -> ScorerOptions:
    return ScorerOptions(model=str(folder), **{"device": "cpu", **over})


def copy(folder: Path, to: Path, **config: object) -> Path:
    shutil.copytree(folder, to)
    if config:
        edit(to / "config.json", **config)
    return to


def edit(file: Path, **values: object) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))


def refused(kind: str, given: ScorerOptions) -> str:
    with pytest.raises(ScoreError) as caught:
        load(kind, given)
    assert "Traceback" not in str(caught.value)
    return str(caught.value)


def logits(model: object) -> torch.Tensor:
    with torch.no_grad():
        return model(input_ids=torch.tensor([[0, 5, 9, 40, 7]])).logits


# --- what is loaded -----------------------------------------------------------------------------


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


# --- the hub ------------------------------------------------------------------------------------


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


# --- what does not fit --------------------------------------------------------------------------


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


# --- pickles and code ---------------------------------------------------------------------------


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


# --- policies, references, adapters -------------------------------------------------------------


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
