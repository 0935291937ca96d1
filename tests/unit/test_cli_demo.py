"""demo: builds once, goes on where it was stopped, leaves a store of yours alone."""

import gzip
import json
from pathlib import Path

import pytest

from core.commands import demo, scoring
from core.errors import StoreError
from core.settings import Settings
from tests.factories import make_pair, make_store


@pytest.fixture
def samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two small sources in the place of sample_data."""
    folder = tmp_path / "samples"
    folder.mkdir()
    for name in ("one", "two"):
        rows = [
            {"prompt": f"{name} {n}", "chosen": f"yes, {n}", "rejected": f"no {n}"}
            for n in range(30)
        ]
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{name}.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    (folder / "demo.toml").write_text(
        "".join(
            f'[[sources]]\nname = "{name}"\nlicence = "MIT"\nfiles = ["{name}.jsonl.gz"]\n'
            for name in ("one", "two")
        )
    )
    monkeypatch.setattr(demo, "SAMPLES", folder)
    return folder


def pointer(store: Path) -> bytes:
    return (store / "current.json").read_bytes()


def test_it_is_built_once(samples: Path, tmp_path: Path, assay) -> None:
    store = tmp_path / "store"
    first = assay("demo", "--build-only", "--json", store=store)
    assert (first.code, first.data) == (0, {"pairs": 60, "url": None})
    assert "Importing one.jsonl.gz" in first.err
    assert set(json.loads(pointer(store))["runs"]) == {"crossfit", "textstats"}
    built = pointer(store)
    second = assay("demo", "--build-only", "--json", store=store)
    assert (second.code, second.data, second.err) == (0, first.data, "")
    assert pointer(store) == built


@pytest.mark.parametrize("step", ["scoring", "indexing", "importing"])
def test_a_build_that_was_stopped_goes_on(
    step: str, samples: Path, tmp_path: Path, monkeypatch, assay
) -> None:
    from core.commands import import_, index

    whole = tmp_path / "whole"
    assay("demo", "--build-only", store=whole)
    module, name = {
        "scoring": (scoring, "score_store"),
        "indexing": (index, "build"),
        "importing": (import_, "import_source"),
    }[step]
    real, calls = getattr(module, name), []

    def stopped(*args, **more):
        calls.append(1)
        if len(calls) == (2 if step == "importing" else 1):
            raise KeyboardInterrupt
        return real(*args, **more)

    store = tmp_path / "store"
    monkeypatch.setattr(module, name, stopped)
    assert assay("demo", "--build-only", store=store).code == 130
    monkeypatch.setattr(module, name, real)
    said = assay("demo", "--build-only", "--json", store=store)
    assert (said.code, said.data["pairs"]) == (0, 60)
    kept = ("fingerprint", "pairs", "search", "signals")
    assert [json.loads(pointer(store))[k] for k in kept] == [
        json.loads(pointer(whole))[k] for k in kept
    ]


def test_a_store_of_yours_is_left_alone(samples: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    make_store(store, [make_pair()])
    before = pointer(store)
    with pytest.raises(StoreError, match="a store of yours"):
        demo.build(Settings(store=store))
    assert pointer(store) == before


def test_what_is_added_to_a_demo_stays(samples: Path, tmp_path: Path, assay) -> None:
    store, mine = tmp_path / "store", tmp_path / "mine.jsonl"
    assay("demo", "--build-only", store=store)
    mine.write_text('{"prompt": "p", "chosen": "good", "rejected": "bad"}\n')
    assert assay("import", mine, store=store).code == 0
    said = assay("demo", "--build-only", "--json", store=store)
    assert said.data["pairs"] == 61
