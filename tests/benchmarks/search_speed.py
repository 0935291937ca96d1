"""Time of searches: `python -m tests.benchmarks.search_speed STORE`.

Words are taken from the store's index by how many chosen answers hold them. A search is asked
anew each time, then joined with a condition, counted and sorted. Prints a card and, as its last
line, one JSON object of milliseconds.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

from core.schema import Condition, PairFilter
from core.store.instance import Store, open_store
from core.store.scan import SCAN_SECONDS
from core.store.search import TextIndex
from core.views.browse import count
from core.views.rows import page_params
from core.views.where import where_of


def searches(store: Store) -> dict[str, str]:
    """Return searches by what they stand for."""
    index = TextIndex(store.root / str(store.generation.search)).index
    ranked = index.searcher().terms_with_prefix("chosen", "")
    ranked.sort(key=lambda term: -term[1])
    first, second = (word for word, _ in ranked[:2])
    word = next((w for w, n in ranked if n <= 50_000), first)
    return {
        "up to 50,000 hits": f"chosen:{word}",
        "the most common word": first,
        "all but a word": f"NOT {word}",
        "a prefix": f"{first[0]}*",
        "a phrase of the two most common words": f'"{first} {second}"',
        "a group": f"chosen:({first} OR {second}) -rejected:{word}",
        "exact, scanned": f"exact:{word} {first}",
        "pattern, scanned": "re:(x+x+)+y$",
    }


def measure(root: Path, text: str, times: int) -> dict[str, float | str]:
    """Return the hits and the medians in milliseconds of the search and of all together."""
    found, whole = [], []
    for _ in range(times + 1):
        store = _opened(root)  # one that has answered nothing yet
        name = store.signal_columns[0].name
        filter = PairFilter(search=text, conditions=(Condition(name, "notnull"),))
        started = time.perf_counter()
        store.search(text)
        found.append((time.perf_counter() - started) * 1000)
        count(store, filter)
        where = where_of(store, filter)
        store.query("browse_page", {"sign": -1.0, **page_params(None, 50, -1.0)}, where, order=name)
        whole.append((time.perf_counter() - started) * 1000)
        hits = store.search(text)
        store.close()
    return {
        "hits": hits.n,
        "search_ms": round(statistics.median(found[1:]), 1),
        "all_ms": round(statistics.median(whole[1:]), 1),
        **({"note": hits.note} if hits.note else {}),
    }


def _opened(root: Path) -> Store:
    store = open_store(root, scan_seconds=SCAN_SECONDS)
    store.search("opens the index")
    count(store, PairFilter())
    return store


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    parser.add_argument("--times", type=int, default=5)
    args = parser.parse_args()
    result = {}
    for name, text in searches(_opened(args.store)).items():
        result[name] = measure(args.store, text, args.times)
        print(f"{name:40} {result[name]}")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
