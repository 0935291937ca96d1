"""An annotator tries everything: two stores with opposite labels must look the same to them.

What is the same whichever side the label names tells nothing about it: no better than chance.
"""

from __future__ import annotations

import itertools
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.runtime import context
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from core.relabel import desk as desks
from core.relabel import invites, people
from core.relabel.log import open_log
from core.relabel.serving import Chance
from core.schema import id_text
from core.schema.relabel import Answer
from core.settings import Settings
from core.store.filters import KEYS
from core.store.instance import open_store
from pages.components import menu
from tests.factories import Row, make_pair, make_store
from tests.pages.conftest import ROOT
from tests.pages.test_hidden import everything
from tests.queues import items_of, make_queue, open_desk

PAIRS = 14
LEFT, RIGHT = "zebra", "walrus"
"""A word that only the one answer has, and one that only the other has."""
_TIMES = re.compile(rb"\d\d:\d\d(:\d\d)?|20\d\d-\d\d-\d\d")


@dataclass(frozen=True)
class Twin:
    """A store, and the cookie of its annotator."""

    store: Path
    cookies: dict[str, str]
    pair: str
    signals: tuple[str, ...]


def pairs_of(turned: bool) -> list[Row]:
    """Return pairs whose labels, models, scores, votes and gold name one side or the other."""
    return [_turned(row) if turned else row for row in map(_pair, range(PAIRS))]


def _pair(i: int) -> Row:
    return make_pair(
        i,
        chosen_text=f"{LEFT} answers {i} at some length",
        rejected_text=f"{RIGHT} answers {i}",
        chosen_model="big-model",
        rejected_model="small-model",
        scores={"alpha": (1.0 + i, 0.0), "beta": (0.5, -i / 9)},
        votes={"w": "chosen"},
        gold="chosen",
    )


def _turned(row: Row) -> Row:
    """Return the same pair with the opposite label; its scores stay with their responses."""
    swap = {"chosen": "rejected", "rejected": "chosen"}
    texts = {
        f"{a}_{what}": row[f"{b}_{what}"] for a, b in swap.items() for what in ("text", "model")
    }
    scores = {run: sides[::-1] for run, sides in row["scores"].items()}  # type: ignore[attr-defined]
    # Gold and votes turn with the label: all that could tell says the opposite.
    return {**row, **texts, "scores": scores}


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> tuple[Twin, Twin]:
    """Two stores with opposite labels, and the same queue open to the same annotator."""
    root = tmp_path_factory.mktemp("twins")
    with pytest.MonkeyPatch.context() as patch:
        return _twin(root / "one", False, patch), _twin(root / "two", True, patch)


def _twin(root: Path, turned: bool, monkeypatch: pytest.MonkeyPatch) -> Twin:
    folder = root / "store"
    make_store(folder, pairs_of(turned), search=True).close()
    people.put(folder, "lead", "admin")
    people.put(folder, "ana", "annotator")
    count = itertools.count()
    monkeypatch.setattr(desks.secrets, "token_hex", lambda n: f"{next(count):0{2 * n}x}")
    tokens = itertools.count()
    at = open_desk(folder, Chance(token=lambda: f"t{next(tokens)}", side=lambda: False))
    store = open_store(folder)
    items = sorted(items_of(store, PAIRS), key=lambda item: item.pair_id)
    signals = tuple(column.name for column in store.signal_columns)
    store.close()
    queue = make_queue(at, items[:-4], gold=items[-4:-2], practice=items[-2:])
    for _ in range(4):  # practice, then two real ones
        shown = at.showing("ana", queue)[0]
        at.vote("ana", shown.token, Answer(winner_id=shown.left_id, seconds=3.0))
    pair = id_text(at.showing("ana", queue)[0].pair_id)
    at.log.close()
    return Twin(folder, _cookies(folder), pair, signals)


def _cookies(folder: Path) -> dict[str, str]:
    log = open_log(Settings(store=folder).log_url)
    with log.writing() as writing:
        token = invites.invite(writing, "ana")
    given = invites.join(log, invites.Access(), people.listed(folder) or {}, token)
    log.close()
    assert given is not None
    secret = invites.secret_of(folder)
    return {invites.cookie_name(secret): invites.sign(secret, given)}


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    sent = SimpleNamespace(cookies={}, headers=[], remote_ip="127.0.0.1")
    monkeypatch.setattr(context, "_get_client_context", lambda: sent)
    monkeypatch.chdir(ROOT)
    return sent


def links(twin: Twin) -> Iterator[dict[str, str]]:
    """Yield every kind of link that could ask for a label."""
    yield {}
    yield {"view": "mine"}
    for word in (LEFT, RIGHT):
        yield {"q": f"chosen:{word}"}
        yield {"q": f"re:{word}"}
    yield from ({"pair": pair} for pair in (twin.pair, "0", f"{twin.pair}-1"))
    yield from ({"where": f"{name} is not null"} for name in (*KEYS, *twin.signals))
    yield {"where": "explicit_margin_alpha > 0"}
    yield {"where": "chosen_model = 'big-model'"}
    yield {"where": "verdict = 'keep' AND votes_cast >= 1"}
    yield from ({"sort": name} for name in twin.signals)
    yield {"after": "1.0:3", "show": "contradictions", "preset": "everything", "slice": "tie_kind"}


def seen(twin: Twin, client: SimpleNamespace, page: str, link: dict[str, str]) -> bytes:
    """Return all that the annotator's browser gets, but for times of day."""
    client.cookies = twin.cookies
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
    app.query_params.update(link)
    app._page_hash = calc_hash(page)
    app.run()
    assert not app.exception
    return _TIMES.sub(b"", everything(app))


@pytest.mark.parametrize("page", [listed.name for listed in menu._PAGES])
def test_no_page_and_no_link_tells_an_annotator_the_label(
    twins: tuple[Twin, Twin],
    client: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
    page: str,
) -> None:
    asked = list(links(twins[0]))
    asked = asked if page == "browse" else asked[::9]
    for link in asked:
        got = []
        for twin in twins:
            monkeypatch.setenv("ASSAY_STORE", str(twin.store))
            got.append(seen(twin, client, page, link))
        assert got[0] == got[1], link
        assert b"zebra" in got[0]  # it is the pair that is looked at, or one's own answers
    assert len(asked) > 3


def test_the_stores_do_differ_to_who_may_see_labels(
    twins: tuple[Twin, Twin],
    client: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """The test above can fail: without a list of people, the same pages tell the label."""
    got = []
    for i, twin in enumerate(twins):
        copy = shutil.copytree(twin.store, tmp_path / str(i))
        for path in (copy / "assay.toml", *copy.glob("votes*")):
            path.unlink()
        monkeypatch.setenv("ASSAY_STORE", str(copy))
        got.append(seen(twin, client, "browse", {"where": "explicit_margin_alpha > 5"}))
    assert got[0] != got[1]
