"""What is found in the texts of a store once: kept while they stay, else found anew."""

import threading
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from core.curate.splits import links
from core.curate.splits.asked import LINKS
from core.curate.splits.links import prompt_groups
from core.errors import StoreError
from core.store.instance import Store, open_store
from core.store.kept import kept
from tests.factories import demo_pairs, make_store
from tests.unit.test_store_texts import changed, passage


@pytest.fixture
def store(tmp_path: Path):
    with closing(make_store(tmp_path / "store", demo_pairs(4))) as made:
        yield made


class Finder:
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> dict[str, np.ndarray]:
        self.times += 1
        return {"a": np.array([1, 2, 3]), "b": np.array([], np.int64)}


def files(store: Store) -> list[Path]:
    return sorted(store.root.glob("found-*"))


def test_it_is_found_once_for_all_processes(store: Store) -> None:
    find = Finder()
    first = kept(store, "x", "1", find)
    with closing(open_store(store.root)) as other:
        again = kept(other, "x", "1", find)
    assert {name: values.tolist() for name, values in again.items()} == {"a": [1, 2, 3], "b": []}
    assert first.keys() == again.keys()
    assert find.times == 1
    assert [path.name.rsplit("-", 1)[1] for path in files(store)] == ["x.npz"]


def test_other_rules_find_it_anew(store: Store) -> None:
    find = Finder()
    for rules in ("1", "2", "2", "1"):
        kept(store, "x", rules, find)
    assert find.times == 3
    assert len(files(store)) == 1


@pytest.mark.parametrize("spoil", [b"", b"PK\x03\x04", b"\x93NUMPY", b"no archive"])
def test_a_file_that_cannot_be_read_is_found_anew(store: Store, spoil: bytes) -> None:
    find = Finder()
    kept(store, "x", "1", find)
    whole = files(store)[0].read_bytes()
    for broken in (spoil, whole[: len(whole) // 2], whole[:-30] + bytes(30)):
        files(store)[0].write_bytes(broken)
        kept(store, "x", "1", find)
        kept(store, "x", "1", find)
    assert find.times == 4


def test_a_pickle_is_not_opened(store: Store) -> None:
    find = Finder()
    kept(store, "x", "1", find)
    np.savez(files(store)[0], a=np.array([{"an": "object"}], dtype=object))
    kept(store, "x", "1", find)
    assert find.times == 2


def test_where_nothing_can_be_written_it_is_found_each_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, write: object) -> None:
        raise StoreError("no space")

    monkeypatch.setattr("core.store.kept.place", full)
    find = Finder()
    assert kept(store, "x", "1", find)["a"].tolist() == [1, 2, 3]
    kept(store, "x", "1", find)
    assert find.times == 2
    assert files(store) == []


def test_threads_do_not_disturb_each_other(store: Store) -> None:
    find = Finder()
    threads = [threading.Thread(target=kept, args=(store, "x", "1", find)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    before = find.times
    kept(store, "x", "1", find)
    assert find.times == before


def test_links_are_looked_for_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    first = prompt_groups(store, LINKS)
    monkeypatch.setattr(links, "_FINDERS", {})
    again = prompt_groups(store, LINKS)
    assert again.label.tolist() == first.label.tolist()
    assert [one.kind for one in again.links] == [one.kind for one in first.links]
    assert again.unchecked == first.unchecked


def test_new_pairs_have_links_of_their_own_and_old_ones_go(tmp_path: Path, assay) -> None:
    root = tmp_path / "store"
    for step in range(4):
        file = tmp_path / f"{step}.jsonl"
        file.write_text(
            "".join(
                f'{{"prompt": "What is {n}?", "chosen": "c{n}", "rejected": "r{n}"}}\n'
                for n in range(step + 2)
            )
        )
        assert assay("import", file, store=root).code == 0
        with closing(open_store(root)) as store:
            assert prompt_groups(store, ("normalised",)).prompt_ids.size == step + 2
            assert len(files(store)) <= 2  # of this generation and the one before


def test_a_run_of_text_statistics_has_its_near_prompts(tmp_path: Path, assay) -> None:
    """The links that were kept before it know nothing of its signatures."""
    root, file = tmp_path / "store", tmp_path / "a.jsonl"
    words = passage(1, 60)
    lines = (
        f'{{"prompt": "{text}", "chosen": "c{n}", "rejected": "r{n}"}}\n'
        for n, text in enumerate((words, changed(words, 1)))
    )
    file.write_text("".join(lines))
    assert assay("import", file, store=root).code == 0
    with closing(open_store(root)) as store:
        assert "near" in prompt_groups(store, LINKS).unchecked
    assert assay("score", "textstats", store=root).code == 0
    with closing(open_store(root)) as store:
        groups = prompt_groups(store, LINKS)
        assert groups.unchecked == {}
        assert groups.smallest.size == 1
