"""Evaluation prompts: files of every kind, and the prompts of a store that meet them."""

import gzip
import json
import pickle
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.curate.judged import EvaluationPrompts
from core.curate.recipe import EvaluationFile
from core.curate.splits.contamination import HITS, LEAST, Hits, contaminated
from core.curate.splits.evaluation import read_evaluation
from core.errors import SourceError
from core.store.instance import open_store
from core.store.layout import RUNS
from tests.factories import make_store
from tests.unit.test_curate_links import asked, messages
from tests.unit.test_store_texts import changed, passage

TEXTS = ("How do I bake bread?", "Why is the sky blue?", "Zwölf Fragen?")
LONG = "Write a limerick about a cat who learned to program in Fortran."


def prompts(*texts: str) -> EvaluationPrompts:
    return EvaluationPrompts(EvaluationFile("made.txt", "0" * 64, len(texts)), texts)


def met(hits: Hits, root: Path) -> dict[int, tuple[str, str]]:
    """Return what each row meets: kind and evaluation text."""
    with closing(open_store(root)) as store:
        rows = dict(store.con.sql("SELECT prompt_id, row FROM data.pairs").fetchall())
    return {
        rows[one]: (HITS[kind], hits.texts[of])
        for one, kind, of in zip(
            hits.prompt_ids.tolist(), hits.kind.tolist(), hits.of.tolist(), strict=True
        )
    }


def looked(root: Path, *texts: str) -> Hits:
    with closing(open_store(root)) as store:
        return contaminated(store, (prompts(*texts),))


def write(path: Path, column: str = "prompt") -> Path:
    rows = [{column: text, "id": i} for i, text in enumerate(TEXTS)]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    match path.name.removeprefix("e"):
        case ".txt":
            path.write_text("\n".join(TEXTS) + "\n\n", encoding="utf-8")
        case ".jsonl":
            path.write_text(lines)
        case ".jsonl.gz":
            path.write_bytes(gzip.compress(lines.encode()))
        case ".json":
            path.write_text(json.dumps(rows))
        case ".csv":
            path.write_text(f"{column},id\n" + "".join(f'"{t}",1\n' for t in TEXTS), "utf-8")
        case ".parquet":
            pq.write_table(pa.Table.from_pylist(rows), path)
    return path


@pytest.mark.parametrize("name", ["e.txt", "e.jsonl", "e.jsonl.gz", "e.json", "e.csv", "e.parquet"])
def test_copies_in_all_kinds_of_file_are_the_same(name: str, tmp_path) -> None:
    found = read_evaluation(write(tmp_path / name))
    assert found.texts == TEXTS
    assert found.file == EvaluationFile(
        name, "e4678b9954010b1152c09708db52b68cbd08048ea40ce4c01aa6664761b7feb7", 3
    )


@pytest.mark.parametrize("column", ["text", "question", "instruction"])
def test_other_columns(column: str, tmp_path) -> None:
    assert read_evaluation(write(tmp_path / "e.jsonl", column)).texts == TEXTS


def test_the_first_known_column_and_the_order_of_rows(tmp_path) -> None:
    path = tmp_path / "e.jsonl"
    rows = [{"text": "no", "prompt": text} for text in (*TEXTS[::-1], TEXTS[0])]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = read_evaluation(path)
    assert found.texts == TEXTS
    assert found.file.sha256 == read_evaluation(write(tmp_path / "e.csv")).file.sha256


def test_conversations(tmp_path) -> None:
    user, system = {"role": "user", "content": "Hi"}, {"role": "system", "content": "Be kind"}
    reply = {"role": "assistant", "content": "Hello"}
    rows = [[user], [system, user], [user, reply, {"role": "user", "content": "Bye"}]]
    path = tmp_path / "e.jsonl"
    path.write_text("".join(json.dumps({"prompt": row}) + "\n" for row in rows))
    assert read_evaluation(path).texts == ("Hi", "Hi\n\nHello\n\nBye")


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("e.jsonl", b'{"a": "x", "b": "y"}\n', "no column of prompts; it has 'a', 'b'"),
        ("e.jsonl", b'{"prompt": "x"}\nnot json\n', "line 2, cannot be read"),
        ("e.jsonl", b'{"prompt": "x"}\n{"prompt": null}\n', "line 2, has no text in prompt"),
        ("e.jsonl", b'{"prompt": 4}\n', "line 1, has no text in prompt"),
        ("e.jsonl", b'{"prompt": [{"role": "user"}, 3]}\n', "line 1"),
        ("e.jsonl", b"", "is empty"),
        ("e.txt", b"", "holds no prompt"),
        ("e.txt", b"\n  \n", "holds no prompt"),
        ("e.txt", b"good\n\xff\xfebad\n", "line 2, is not UTF-8"),
        ("e.pkl", pickle.dumps([1]), "is a pickle"),
        ("e.jsonl", pickle.dumps(["prompt"]), "is a pickle"),
    ],
)
def test_files_that_are_refused(name: str, data: bytes, says: str, tmp_path) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(SourceError, match=says):
        read_evaluation(tmp_path / name)


def test_files_that_are_none(tmp_path, monkeypatch) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        read_evaluation(tmp_path / "none.txt")
    with pytest.raises(SourceError, match="not a regular file"):
        read_evaluation(tmp_path)
    monkeypatch.setattr("core.curate.splits.evaluation.MOST", 2)
    with pytest.raises(SourceError, match="more than 2 prompts"):
        read_evaluation(write(tmp_path / "e.txt"))


def test_what_meets_an_evaluation_prompt(tmp_path) -> None:
    guided = messages(("system", "Be short."), ("user", "Why is the sky  BLUE"))
    later = messages(("user", "Why is the sky blue?"), ("assistant", "So."), ("user", "Hm"))
    holding = messages(("user", LONG.upper()), ("assistant", "So."), ("user", "Again"))
    rows = [
        asked(0, "Why is the sky blue?"),
        asked(1, "why is  the sky BLUE"),
        asked(2, "Why is the sea blue?"),
        asked(3, f"You are a poet.\n\n{LONG.lower()}!! Thank you."),
        asked(4, LONG.replace("Fortran", "Fortranese")),
        asked(5, f"Please: {TEXTS[0]} And quickly, since I am hungry and have no time at all."),
        {**asked(6, ""), **guided},
        {**asked(7, ""), **later},
        {**asked(8, ""), **holding},
        asked(9, "???"),
    ]
    make_store(tmp_path, rows).close()
    found = looked(tmp_path, *TEXTS, LONG, "!!!", "why is the sky blue!")
    assert met(found, tmp_path) == {
        0: ("exact", "Why is the sky blue?"),
        1: ("normalised", "Why is the sky blue?"),
        3: ("contains", LONG),
        6: ("normalised", "Why is the sky blue?"),
        8: ("contains", LONG),
    }
    assert len(TEXTS[0]) < LEAST <= len(LONG) - 1
    assert found.unchecked.startswith("Nearly equal prompts were not looked for")


def test_nearly_equal_prompts(tmp_path, assay) -> None:
    text, other = passage(1, 60), passage(2, 60)
    rows = [asked(0, changed(text, 30)), asked(1, other), asked(2, text.upper()), asked(3, "Hm?")]
    make_store(tmp_path / "store", rows).close()
    assert assay("score", "textstats", store=tmp_path / "store").code == 0
    found = looked(tmp_path / "store", text)
    assert met(found, tmp_path / "store") == {0: ("near", text), 2: ("normalised", text)}
    assert found.unchecked == ""
    run = next((tmp_path / "store" / RUNS).glob("*/run.json"))
    said = json.loads(run.read_text())
    said["parameters"]["rules"] += 1
    run.write_text(json.dumps(said))
    again = looked(tmp_path / "store", text)
    assert met(again, tmp_path / "store") == {2: ("normalised", text)}
    assert "made by other rules" in again.unchecked


def test_hits_among_prompts_and_as_json(tmp_path) -> None:
    make_store(tmp_path, [asked(0, TEXTS[0]), asked(1, TEXTS[1]), asked(2, "no")]).close()
    found = looked(tmp_path, *TEXTS)
    one = found.among(found.prompt_ids[:1])
    assert found.prompt_ids.size == 2
    assert one.prompt_ids.tolist() == found.prompt_ids[:1].tolist()
    held = json.loads(json.dumps(found.plain(shown=1)))
    assert held["prompts"] == 2
    assert held["kinds"] == {"exact": 2, "normalised": 0, "near": 0, "contains": 0}
    assert [hit["kind"] for hit in held["hits"]] == ["exact"]
    assert held["hits"][0]["evaluation"] in TEXTS


def test_no_evaluation_and_no_rows(tmp_path) -> None:
    with closing(make_store(tmp_path, [])) as store:
        assert contaminated(store, ()).prompt_ids.size == 0
        assert contaminated(store, (prompts(*TEXTS),)).prompt_ids.size == 0


ZH = "请写一首关于一只学会用计算机编程的猫的打油诗，一定要押韵。"


def test_a_prompt_in_a_script_without_spaces_is_found_inside_another(tmp_path) -> None:
    """26 signs count as 52; the first 20 of them are too few to be meant."""
    rows = [asked(1, f"你好！{ZH}谢谢"), asked(2, f"你好！{ZH[:20]}谢谢")]
    make_store(tmp_path / "store", rows).close()
    assert met(looked(tmp_path / "store", ZH), tmp_path / "store") == {1: ("contains", ZH)}
    assert met(looked(tmp_path / "store", ZH[:20]), tmp_path / "store") == {}
