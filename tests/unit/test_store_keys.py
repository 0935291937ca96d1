"""Keys of rows: what is known of models, languages, ties and people, and how a filter names it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from core.errors import StoreDamaged
from core.schema import Condition, PairFilter
from core.signals.spec import SIGNALS
from core.store import keys
from core.store.filters import KEYS, missing, parse_where, where_text
from core.store.instance import Store, open_store
from core.store.layout import read_generation
from core.views.browse import count
from tests.conftest import Said
from tests.factories import make_pair, make_store

HOSTILE = ["it's", 'a "b"', "<b>x</b>", "a;DROP TABLE sig.signals;--", "", "none", "日本語", "a\nb"]


def key(store: Store, name: str) -> list[object]:
    """Return one key of every row."""
    return store.query("export_column", column=name)["value"].to_pylist()


def kept(store: Store, name: str, value: str) -> int:
    """Count the rows that have a value, asked for by way of a link."""
    conditions = parse_where(where_text((Condition(name, "=", value),)))
    return count(store, PairFilter(conditions=conditions)).matching


def test_models_ties_and_names_come_back_as_they_are(tmp_path: Path) -> None:
    rows = [make_pair(i, chosen_model=name, rejected_model="m") for i, name in enumerate(HOSTILE)]
    rows.append(make_pair(len(rows), tie_kind="both_bad", label_kind="tie"))
    store = make_store(tmp_path, rows)
    assert key(store, "chosen_model") == [*HOSTILE, None]
    assert [kept(store, "chosen_model", name) for name in HOSTILE] == [1] * len(HOSTILE)
    assert kept(store, "rejected_model", "m") == len(HOSTILE)
    assert key(store, "tie_kind") == [None] * len(HOSTILE) + ["both_bad"]
    assert store.keys == {*KEYS} - {"language", "annotator"}


@pytest.mark.parametrize(
    ("extra", "language"),
    [
        ({"language": "German", "turn": 1}, "German"),
        ({"lang": "de"}, "de"),
        ({"lang": "de", "language": "German"}, "German"),
        ({"lang": "de", "language": None}, "de"),
        ({"language": " Română "}, "Română"),
        ({"language": "it's <b>"}, "it's <b>"),
        ({"language": "Unknown"}, None),
        ({"language": "  "}, None),
        ({"language": "x" * 64}, "x" * 64),
        ({"language": "x" * 65}, None),
        ({"language": 3}, None),
        ({"language": {"code": "de"}}, None),
        ({"language": ["de", "en"]}, None),
        ({"note": '"language": "German"'}, None),
        ({"language_model": "gpt"}, None),
        ({"of": {"language": "German"}}, None),
        ({"turn": 1}, None),
        ('{"language": "German"', None),
        ("", None),
        (None, None),
    ],
)
def test_a_language_is_what_the_source_calls_one(
    tmp_path: Path, extra: Any, language: str | None
) -> None:
    text = extra if extra is None or isinstance(extra, str) else json.dumps(extra)
    assert key(make_store(tmp_path, [make_pair(0, extra=text)]), "language") == [language]


def test_an_annotator_is_whose_label_the_row_is(tmp_path: Path) -> None:
    rows = [
        make_pair(0, votes={"ann": "chosen"}),
        make_pair(1, votes={"ann": "chosen", "bob": "chosen"}, label_kind="majority"),
        make_pair(2),
        make_pair(3, votes={"it's <i>": None}, tie_kind="tie", label_kind="tie"),
        make_pair(4, votes={"bob": "rejected"}),
    ]
    make_store(tmp_path, rows).close()
    store = make_store(tmp_path, [make_pair(9, votes={"ann": "chosen"})], source="other")
    assert key(store, "annotator") == ["ann", None, None, "it's <i>", None, "ann"]
    assert kept(store, "annotator", "it's <i>") == 1
    assert kept(store, "annotator", "ann") == 2


def test_rows_read_in_pieces_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        make_pair(
            i,
            chosen_model=f"m{i}",
            rejected_model="one" if i > 4 else None,
            extra=json.dumps({"lang": f"l{i % 3}"}),
            votes={f"w{i}": "chosen"} if i % 2 else {},
        )
        for i in range(7)
    ]
    whole = make_store(tmp_path / "whole", rows)
    monkeypatch.setattr(keys, "STEP", 2)
    pieces = make_store(tmp_path / "pieces", rows)
    for name in KEYS:
        assert key(pieces, name) == key(whole, name)
    assert key(pieces, "chosen_model") == [f"m{i}" for i in range(7)]
    assert key(pieces, "annotator")[:4] == [None, "w1", None, "w3"]


def test_a_store_without_rows_has_no_keys(tmp_path: Path) -> None:
    assert make_store(tmp_path, []).keys == frozenset()


def test_signals_without_a_key_are_of_another_layout(
    tmp_path: Path, assay: Callable[..., Said]
) -> None:
    make_store(tmp_path, [make_pair(0, chosen_model="m")]).close()
    path = tmp_path / read_generation(tmp_path).signals
    with duckdb.connect(str(path)) as con:
        con.execute("ALTER TABLE signals DROP COLUMN chosen_model")
    with pytest.raises(StoreDamaged, match="has another layout") as caught:
        open_store(tmp_path)
    assert caught.value.hint == "Rebuild it: python -m core signals."
    assert assay("signals", store=tmp_path).code == 0
    assert key(open_store(tmp_path), "chosen_model") == ["m"]


def test_no_signal_can_take_a_key_s_name() -> None:
    """A column is called as its signal, or as the signal and a run's name."""
    taken = {key for key in KEYS for s in SIGNALS if key == s.name or key.startswith(f"{s.name}_")}
    assert not taken


def test_no_tie_is_known_and_no_language_is_not() -> None:
    assert {name for name in KEYS if missing(name) != "unknown"} == {"tie_kind"}
