"""What links prompts, so that a model which saw one knows something of the other.

Over all prompts of a store: two that are written may hang together through one that is not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from core.curate.draws import mixed
from core.curate.splits.asked import LINKS
from core.curate.splits.normal import normal_forms
from core.errors import UnknownName
from core.schema import Bools, Ints
from core.store.instance import Store
from core.store.kept import Arrays, kept
from core.store.near import near_pairs, signature_rows
from core.store.texts import text_run

RULES = 1
"""Raise it where other links are found in the same texts: those of before are kept in stores."""
LEAST = 40
"""Characters from which an equal answer or opening turn ties: "Yes." is no link."""
CONVERSATION_COLUMNS = (
    "conversation_id",
    "conversation_hash",
    "conv_id",
    "dialogue_id",
    "dialog_id",
    "thread_id",
    "message_tree_id",
)
"""What sources call the conversation of a row; such columns stay in `extra`."""
NO_TEXTSTATS = (
    "Nearly equal prompts were not looked for: no run of text statistics has their signatures. "
    "Make one with python -m core score textstats."
)
_ROWS = 20_000
_SIZE = 8
_NOTHING = bytes(_SIZE)

Keys = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Links:
    """Prompts that one kind of link holds together; the arrays are aligned, ordered by group."""

    kind: str
    """A name of LINKS."""
    prompt: Ints
    """Places in `Components.prompt_ids`, each once in a group."""
    group: Ints
    """Those of one number are linked, each with each; numbers begin at 0, each has two or more."""


@dataclass(frozen=True)
class Components:
    """All prompts of a store, and which must not be divided."""

    prompt_ids: Ints
    """In order."""
    label: Ints
    """Component of each prompt, from 0."""
    rows: Ints
    """Place of the prompt of each row, by row_id."""
    links: tuple[Links, ...]
    unchecked: Mapping[str, str]
    """Kind → the sentence that says why it was not looked for."""

    @cached_property
    def smallest(self) -> Ints:
        """Return the smallest prompt_id of each component: it names it, whatever its number."""
        found = np.empty(int(self.label.max(initial=-1)) + 1, np.int64)
        found[self.label[::-1]] = self.prompt_ids[::-1]
        return found

    @cached_property
    def row_label(self) -> Ints:
        """Return the component of each row, by row_id."""
        return np.asarray(self.label[self.rows])

    def prompts_among(self, places: Ints) -> int:
        """Return how many different prompts stand at these places of `prompt_ids`."""
        there = np.zeros(self.prompt_ids.size, np.bool_)
        there[places] = True
        return int(there.sum())

    def drawn(self, seed: int) -> Ints:
        """Return the components in an order that the seed draws; of the last seed it is kept."""
        order = self._orders.get(seed)
        if order is None:
            order = np.argsort(mixed(self.smallest, seed))
            self._orders.clear()
            self._orders[seed] = order
        return order

    @cached_property
    def _orders(self) -> dict[int, Ints]:
        return {}


def prompt_groups(store: Store, kinds: tuple[str, ...] = LINKS) -> Components:
    """Return which prompts hang together by links of these kinds.

    Raises:
        UnknownName: no such kind.
    """
    for kind in kinds:
        if kind not in LINKS:
            raise UnknownName("link", kind, LINKS)
    ids = store.query("links_ids")["prompt_id"].to_numpy()
    rows = np.searchsorted(ids, store.query("links_rows")["prompt_id"].to_numpy())
    look, run = _Look(store, ids), text_run(store)
    unchecked = {} if run or "near" not in kinds else {"near": NO_TEXTSTATS}
    found = (_links(look, kind) for kind in LINKS if kind in kinds and kind not in unchecked)
    return components(ids, rows, tuple(found), unchecked)


def _links(look: _Look, kind: str) -> Links:
    def find() -> Arrays:
        links = _FINDERS[kind](look)
        return {"prompt": links.prompt, "group": links.group}

    run = text_run(look.store) if kind == "near" else None
    parts = look.store.generation.runs.get(run.run_id, ()) if run else ()
    rules = f"{RULES} {run.run_id if run else ''} {len(parts)}"
    return Links(kind, **kept(look.store, f"links-{kind}", rules, find))


def components(
    prompt_ids: Ints, rows: Ints, links: tuple[Links, ...], unchecked: Mapping[str, str]
) -> Components:
    """Return the connected components of prompts in order of ids, of which each row has one."""
    n = len(prompt_ids)
    ends = [(_first_of(one), one.prompt) for one in links]
    at = np.concatenate([np.empty(0, np.int64), *(first for first, _ in ends)])
    to = np.concatenate([np.empty(0, np.int64), *(second for _, second in ends)])
    graph = coo_array((np.ones(len(at), np.bool_), (at, to)), shape=(n, n))
    _, label = connected_components(graph, directed=False) if n else (0, np.empty(0))
    return Components(prompt_ids, label.astype(np.int64), rows, links, unchecked)


def grouped(kind: str, keys: Keys, prompts: Ints, prompt_ids: Ints) -> Links:
    """Return the prompts (ids) that share a key with another one; the keys are aligned to them."""
    ordered = np.sort(keys)
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    at = np.minimum(np.searchsorted(twice, keys), max(len(twice) - 1, 0))
    kept = np.flatnonzero(twice[at] == keys) if len(twice) else np.empty(0, np.int64)
    key, place = keys[kept], np.searchsorted(prompt_ids, prompts[kept])
    order = np.lexsort((place, key))
    key, place = key[order], place[order]
    new = np.ones(len(key), np.bool_)
    new[1:] = (key[1:] != key[:-1]) | (place[1:] != place[:-1])
    return _several(kind, place[new], np.unique(key[new], return_inverse=True)[1])


def _several(kind: str, place: Ints, group: Ints) -> Links:
    """Return groups of at least two."""
    keep = np.bincount(group) > 1
    kept = keep[group]
    return Links(kind, place[kept], (np.cumsum(keep) - 1)[group[kept]])


def _first_of(links: Links) -> Ints:
    """Return per member the first prompt of its group."""
    _, first = np.unique(links.group, return_index=True)
    return np.asarray(links.prompt[first][links.group])


@dataclass(frozen=True)
class _Said:
    """What prompts say, as hashes; 0 where that is too little to link."""

    prompts: Ints
    whole: Keys
    opening: Keys
    """What a user says first."""
    turned: Bools
    """There is more than one turn, or another one than of a user."""


@dataclass(frozen=True)
class _Look:
    """A store that is looked through; what two kinds need is read once."""

    store: Store
    ids: Ints

    @cached_property
    def said(self) -> _Said:
        return _said(self.store)


def _said(store: Store) -> _Said:
    parts = []
    for batch in store.stream("links_prompts", rows=_ROWS):
        ids, turned = batch["prompt_id"].to_numpy(), batch["turned"].to_numpy(zero_copy_only=False)
        forms = normal_forms(batch["text"])
        whole = _hashes(forms)
        opening = np.where(_long(forms), whole, np.uint64(0))
        at = np.flatnonzero(turned)
        asked = normal_forms(batch["opening"].take(pa.array(at)))
        opening[at] = np.where(_long(asked), _hashes(asked), np.uint64(0))
        parts.append((ids, whole, opening, turned))
    if not parts:
        none = np.empty(0, np.int64)
        return _Said(none, none.astype(np.uint64), none.astype(np.uint64), none.astype(np.bool_))
    return _Said(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _hashes(forms: list[bytes]) -> Keys:
    """Return a hash of each form, 0 where nothing is left of it."""
    digests = [blake2b(form, digest_size=_SIZE).digest() if form else _NOTHING for form in forms]
    return np.frombuffer(b"".join(digests), np.uint64)


def _long(forms: list[bytes]) -> Bools:
    """Return which forms have LEAST characters."""
    long = np.array([len(form) for form in forms], np.int64) >= LEAST
    for at in np.flatnonzero(long).tolist():
        if not forms[at].isascii():
            long[at] = len(forms[at].decode()) >= LEAST
    return long


def _normalised(look: _Look) -> Links:
    said = look.said
    some = said.whole != 0
    return grouped("normalised", said.whole[some], said.prompts[some], look.ids)


def _near(look: _Look) -> Links:
    run = text_run(look.store)
    asked = {"run_id": run.run_id if run else ""}
    prompts, signatures = [np.empty(0, np.int64)], []
    for batch in look.store.stream("inputs_prompt_signatures", asked, rows=65_536):
        prompts.append(batch["id"].to_numpy())
        signatures.append(signature_rows(batch["signature"]))
    if not signatures:
        return Links("near", prompts[0], prompts[0])
    first, second = near_pairs(np.concatenate(signatures))
    both = np.stack([first, second], axis=1).ravel()
    place = np.searchsorted(look.ids, np.concatenate(prompts)[both])
    return Links("near", place, np.repeat(np.arange(len(first)), 2))


def _response(look: _Look) -> Links:
    table = look.store.query("links_responses", {"least": LEAST})
    return grouped("response", table["key"].to_numpy(), table["prompt_id"].to_numpy(), look.ids)


def _conversation(look: _Look) -> Links:
    """Tie by the source's own ids, and by what a user says first where one has more turns."""
    paths = [f"$.{name}" for name in CONVERSATION_COLUMNS]
    table = look.store.query("links_conversations", {"paths": paths})
    key, prompts = table["key"].to_numpy(), table["prompt_id"].to_numpy()
    named = grouped("conversation", key, prompts, look.ids)
    said = look.said
    some = (said.opening != 0) & np.isin(said.opening, said.opening[said.turned])
    opened = grouped("conversation", said.opening[some], said.prompts[some], look.ids)
    groups = int(named.group.max(initial=-1)) + 1
    return Links(
        "conversation",
        np.concatenate([named.prompt, opened.prompt]),
        np.concatenate([named.group, opened.group + groups]),
    )


_FINDERS: Mapping[str, Callable[[_Look], Links]] = {
    "normalised": _normalised,
    "near": _near,
    "response": _response,
    "conversation": _conversation,
}
