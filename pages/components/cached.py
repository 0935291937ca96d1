"""Every cache of the app, each bounded, keyed by the store's fingerprint and frozen arguments.

The store itself is a resource: one instance per generation, the one before kept for scripts that
still run on it and closed when the next one pushes it out. So is the desk: one per log.

The votes' log moves with every vote, and most answers do not depend on it. Its head stands in the
key of those that do: the questions of VOTED, and any that is given a filter, alone or in a recipe,
with a name that the log speaks of. For these alone the store's tables are filled anew, so a vote
throws away no chart, and nobody who reads texts waits for 20,000 votes to be put into a table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import streamlit as st

from core.curate.base import Base, base_of
from core.curate.judged import Given
from core.curate.recipe import EvaluationFile, Recipe
from core.curate.splits.contamination import Hits, contaminated
from core.curate.splits.links import Components, prompt_groups
from core.errors import LogError
from core.relabel.desk import Desk
from core.relabel.log import open_log
from core.relabel.settling import Rulings
from core.relabel.state import State
from core.relabel.still import still, without
from core.relabel.tables import Tables
from core.schema import PairFilter, SignalInputs, id_number
from core.schema.relabel import Decision, Head
from core.settings import Settings, load_settings
from core.store.filters import Kind, asks_log, parse_where, where_text
from core.store.inputs import signal_inputs
from core.store.instance import Store, open_store
from core.store.layout import Generation, read_generation
from core.store.scan import SCAN_SECONDS
from core.views.browse import rows_of

__all__ = [
    "Kind",
    "Known",
    "Store",
    "ask",
    "ask_large",
    "curated",
    "decision",
    "desk",
    "first",
    "generation",
    "hidden",
    "inputs",
    "of_log",
    "parse_where",
    "root",
    "rulings",
    "store",
    "trouble",
    "where_text",
]

VOTED = frozenset({"core.views.voted.row_votes"})
"""Questions whose answer changes with a vote, whatever they are asked with."""

P = ParamSpec("P")
T = TypeVar("T")


def store() -> Store:
    """Return the open store of the current generation; raise a StoreError when there is none."""
    settings = load_settings({})
    return _opened(settings, read_generation(settings.store).key)


def desk() -> Desk:
    """Return the desk of the votes' log; where there is no log, asking it makes none."""
    settings = load_settings({})
    return _desk(settings.log_url, settings.log_head)


def hidden(person: str) -> tuple[int, ...]:
    """Return the rows of the pairs that are open to a person on Relabel.

    Raises:
        LogError: the log cannot be read, and never was: nobody knows what is open.
    """
    found = desk()
    try:
        found.refresh()
    except LogError:
        if not found.state.seq:
            raise
    pairs = found.ask(lambda state: state.open_pairs(person))
    return ask(rows_of, tuple(sorted(pairs))) if pairs else ()


def trouble() -> str:
    """Return what is wrong with the log, so that what is shown of it may be old; mostly ""."""
    found = desk()
    try:
        found.refresh()
    except LogError as error:
        return str(error)
    return found.damage


def decision(pair_id: str) -> Decision | None:
    """Return the ruling on a pair that stands; `pair_id` as its id is written."""
    number = id_number(pair_id)
    return desk().ask(lambda state: state.decisions.get(number)) if number else None


def of_log(
    leave: frozenset[int],
    question: Callable[Concatenate[State, P], T],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """Return `question(state, …)` of a log in which nobody spoke of the pairs of `leave`.

    Computed once per head of the log and arguments, of a copy: nobody's vote waits for it.

    Raises:
        LogError: the log cannot be read.
    """
    found, url = desk(), load_settings({}).log_url
    head = found.refresh()
    frozen = _still(found, url, head)
    said = (url, head, tuple(sorted(leave)), args, tuple(sorted(kwargs.items())))
    return cast(
        "T", _told(lambda: question(without(frozen, leave), *args, **kwargs), _name(question), said)
    )


def rulings() -> Rulings:
    """Return every ruling and withdrawal that was ever made."""
    found = _rulings(load_settings({}).log_url)
    with found.lock:
        found.catch_up(desk().log)
    return found


def first(value: int, *said: str | int) -> int:
    """Return the value that was given first with these words, in whatever session."""
    return _first(value, (load_settings({}).log_url, *said))


def root() -> Path:
    """Return the store's folder."""
    return load_settings({}).store


def generation() -> Generation:
    """Return what the pointer names now; never cached, it is one small file."""
    return read_generation(root())


def inputs() -> SignalInputs:
    """Return what signals are computed from; shared by all sessions, never copied."""
    opened = store()
    return _inputs(opened, opened.fingerprint)


def ask(question: Callable[Concatenate[Store, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return `question(store, …)`, computed once per generation and arguments."""
    opened = store()
    arguments = _key(opened, question, args, kwargs)
    return cast("T", _answer(_call(question), _name(question), opened, arguments))


def ask_large(question: Callable[Concatenate[Store, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Ask for something of many megabytes: only the last few answers are kept."""
    opened = store()
    arguments = _key(opened, question, args, kwargs)
    return cast("T", _large_answer(_call(question), _name(question), opened, arguments))


@dataclass(frozen=True)
class Known:
    """What recipes have in common and a preset's parameter does not move; each made when asked."""

    opened: Store
    given: Given
    recipe: Recipe
    made_of: tuple[str, int]

    @property
    def base(self) -> Base:
        """Return the usable rows, with the labels that verdicts leave them."""
        recipe, judged = self.recipe, self.given.judged
        head = judged.head if judged else None
        said = (self.made_of, recipe.filter, recipe.labels, recipe.names, head)
        return _base(self.opened, self.given, recipe, said)

    @property
    def groups(self) -> Components:
        """Return what hangs together."""
        return _groups(self.opened, self.recipe.splits.links, self.opened.fingerprint)

    @property
    def hits(self) -> Hits | None:
        """Return the prompts of the store that are evaluation prompts."""
        if not self.given.evaluation:
            return None
        return _hits(self.opened, self.given, self.recipe.evaluation, self.opened.fingerprint)


def curated(question: Callable[..., T], given: Given, *recipes: Recipe, large: bool = False) -> T:
    """Return `question(store, *recipes, given, known)`, computed once per recipes and log's head.

    The recipes differ neither in their filter nor in what verdicts do. What is `large` is kept for
    the last few recipes.

    given: what belongs to the recipes; of evaluation prompts these hold the digest.
    """
    opened, first_one = store(), recipes[0]
    made_of = _key(opened, base_of, (first_one.filter,), {})[0]
    known = Known(opened, given, first_one, made_of)
    arguments: Arguments = (made_of, (*recipes, given.judged and given.judged.head), ())
    keep, name = _large_answer if large else _answer, _name(question)
    answer = keep(lambda at, _: question(at, *recipes, given, known), name, opened, arguments)
    return cast("T", answer)


Arguments = tuple[tuple[str, int], tuple[object, ...], tuple[tuple[str, object], ...]]


def _key(
    opened: Store,
    question: Callable[..., object],
    args: tuple[object, ...],
    kwargs: dict[str, object],
) -> Arguments:
    voted = _name(question) in VOTED or any(map(_asks_log, (*args, *kwargs.values())))
    made_of = (opened.fingerprint, _voted(opened) if voted else 0)
    return (made_of, args, tuple(sorted(kwargs.items())))


def _asks_log(given: object) -> bool:
    filter = getattr(given, "filter", given)
    return isinstance(filter, PairFilter) and asks_log(filter)


def _voted(opened: Store) -> int:
    """Bring the store's tables of the log up to date; return the head they hold.

    A log that cannot be read leaves them as they are; the frame says so.
    """
    found = desk()
    try:
        head = found.refresh()
    except LogError:
        return opened.live_head
    if head.seq != opened.live_head:
        _tables(load_settings({}).log_url).fill(opened, found.ask, head.seq)
    return opened.live_head


def _name(question: Callable[..., object]) -> str:
    return f"{question.__module__}.{question.__qualname__}"


def _call(question: Callable[..., T]) -> Callable[[Store, Arguments], T]:
    return lambda opened, arguments: question(opened, *arguments[1], **dict(arguments[2]))


@st.cache_resource(max_entries=2, show_spinner=False, on_release=lambda opened: opened.close())
def _opened(settings: Settings, generation: str) -> Store:
    return open_store(settings.store, settings.memory, settings.threads, SCAN_SECONDS)


@st.cache_resource(max_entries=2, show_spinner=False, on_release=lambda found: found.log.close())
def _desk(url: str, witness: Path) -> Desk:
    return Desk(open_log(url, witness))


@st.cache_resource(max_entries=2, show_spinner=False)
def _tables(url: str) -> Tables:
    return Tables()


@st.cache_resource(max_entries=2, show_spinner=False)
def _still(_desk: Desk, url: str, head: Head) -> State:
    return _desk.ask(still)


@st.cache_data(max_entries=64, show_spinner=False)
def _told(_question: Callable[[], Any], name: str, said: tuple[object, ...]) -> Any:
    return _question()


@st.cache_data(max_entries=4096, show_spinner=False)
def _first(_value: int, said: tuple[str | int, ...]) -> int:
    return _value


@st.cache_resource(max_entries=2, show_spinner=False)
def _rulings(url: str) -> Rulings:
    return Rulings()


@st.cache_resource(max_entries=1, show_spinner=False)
def _inputs(_store: Store, fingerprint: str) -> SignalInputs:
    # No slider moves a signal of texts.
    return signal_inputs(_store, texts=False)


@st.cache_data(max_entries=512, show_spinner=False)
def _answer(
    _question: Callable[[Store, Arguments], Any], name: str, _store: Store, arguments: Arguments
) -> Any:
    return _question(_store, arguments)


@st.cache_resource(max_entries=2, show_spinner=False)
def _base(_store: Store, _given: Given, _recipe: Recipe, said: tuple[object, ...]) -> Base:
    return base_of(_store, _recipe.filter, _recipe.labels, _given.judged)


@st.cache_resource(max_entries=2, show_spinner="Looking for what links prompts")
def _groups(_store: Store, kinds: tuple[str, ...], fingerprint: str) -> Components:
    return prompt_groups(_store, kinds)


@st.cache_resource(max_entries=2, show_spinner="Looking for evaluation prompts")
def _hits(
    _store: Store, _given: Given, files: tuple[EvaluationFile, ...], fingerprint: str
) -> Hits:
    return contaminated(_store, _given.evaluation)


@st.cache_data(max_entries=4, show_spinner="Preparing")
def _large_answer(
    _question: Callable[[Store, Arguments], Any], name: str, _store: Store, arguments: Arguments
) -> Any:
    return _question(_store, arguments)
