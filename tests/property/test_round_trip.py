"""Import → export → import gives the same pairs, for every format that import knows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.commands.cli import main
from core.curate.selection import select
from core.formats import FORMATS
from core.schema import PairFilter
from core.store.instance import open_store

FIXTURES = Path(__file__).parents[1] / "golden" / "formats"
READ = sorted(path.stem for path in FIXTURES.glob("*.jsonl"))


def _labelled(root: Path) -> list[tuple[int, int]]:
    """Return (pair, chosen response) of what a trainer would get from the store."""
    store = open_store(root)
    kept = set(select(store, PairFilter()).row_ids.tolist())
    rows = store.query("inputs_rows", {"votes_as_gold": False}).to_pylist()
    return sorted((r["pair_id"], r["chosen_id"]) for r in rows if r["row_id"] in kept)


def test_every_format_that_import_reads_has_a_fixture():
    named = {stem.removesuffix("_one_hot") for stem in READ}
    assert {spec.name for spec in FORMATS if not spec.refusal} <= named


@pytest.mark.parametrize("file", ["jsonl", "parquet"])
@pytest.mark.parametrize("name", READ)
def test_the_pairs_come_back(tmp_path, capsys, name, file):
    mapping = FIXTURES / f"{name}.toml"
    how = ["--map", str(mapping)] if mapping.exists() else []
    first, second, out = (tmp_path / part for part in ("first", "second", "out"))
    assert main(["import", str(FIXTURES / f"{name}.jsonl"), *how, "--store", str(first)]) == 0
    export = ["export", "--out", str(out), "--file", file, "--store", str(first), "--json"]
    assert main(export) == 0
    written = json.loads(capsys.readouterr().out.splitlines()[-1])["pairs_out"]
    assert main(["import", str(out / "data"), "--store", str(second)]) == 0
    assert len(_labelled(first)) == written > 0
    assert _labelled(second) == _labelled(first)
