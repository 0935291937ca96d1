"""Pairs that ask what an evaluation asks: who trains on them cannot be measured by it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from core.curate.judged import EvaluationPrompts
from core.curate.splits.evaluation import read_evaluation as read_evaluation
from core.curate.splits.links import NO_TEXTSTATS
from core.curate.splits.normal import normal_form, normal_forms
from core.schema import Ints, RunInfo
from core.schema.base import id_text
from core.scorers.minhash import grams, words
from core.scorers.textstats import RULES
from core.store.instance import Store
from core.store.near import near_matches, signature_rows
from core.store.texts import text_run

HITS = ("exact", "normalised", "near", "contains")
"""How a prompt meets an evaluation prompt, the surest first: equal; equal but for case, spaces and
punctuation; nearly the same words; holds it whole, from LEAST characters on."""
LEAST = 50
"""A sign of a script without spaces is a word by itself, and counts as two."""
_SIGN = re.compile(
    "[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]"
)
_ROWS = 20_000
_OTHER_RUN = (
    "Nearly equal prompts were not looked for: the run of text statistics was made by other rules. "
    "Make it anew with python -m core score textstats."
)


@dataclass(frozen=True)
class Hits:
    """Prompts of a store that evaluation prompts meet, each once; the arrays are aligned."""

    prompt_ids: Ints
    """In order."""
    kind: Ints
    """Into HITS."""
    of: Ints
    """Into `texts`."""
    texts: tuple[str, ...]
    unchecked: str = ""
    """Why nearly equal prompts were not looked for."""

    def among(self, prompt_ids: Ints) -> Hits:
        """Return the hits among these prompts."""
        kept = np.isin(self.prompt_ids, prompt_ids)
        return Hits(
            self.prompt_ids[kept], self.kind[kept], self.of[kept], self.texts, self.unchecked
        )

    def plain(self, shown: int = 100) -> dict[str, object]:
        """Return counts and the first hits as JSON can hold them."""
        first = zip(
            self.prompt_ids[:shown].tolist(), self.kind.tolist(), self.of.tolist(), strict=False
        )
        return {
            "prompts": self.prompt_ids.size,
            "kinds": {name: int((self.kind == i).sum()) for i, name in enumerate(HITS)},
            "hits": [
                {"prompt_id": id_text(one), "kind": HITS[kind], "evaluation": self.texts[of][:300]}
                for one, kind, of in first
            ],
            "unchecked": self.unchecked,
        }


def contaminated(store: Store, evaluation: Sequence[EvaluationPrompts]) -> Hits:
    """Return the prompts of a store that equal, nearly equal or hold an evaluation prompt.

    Of a prompt with a system's turn and one of a user the user's turn is looked at by itself too.
    """
    texts = tuple(sorted({text for one in evaluation for text in one.texts}))
    found, unchecked = _Found(), ""
    if texts:
        _by_text(store, _Asked.made(texts), found)
        unchecked = _by_signature(store, texts, found)
    ids = np.array(sorted(found.hits), np.int64)
    hits = [found.hits[one] for one in ids.tolist()]
    kind, of = (np.array([hit[i] for hit in hits], np.int64) for i in (0, 1))
    return Hits(ids, kind, of, texts, unchecked)


class _Found:
    """The surest hit of each prompt."""

    def __init__(self) -> None:
        self.hits: dict[int, tuple[int, int]] = {}

    def add(self, prompt_id: int, kind: str, of: int) -> None:
        hit = (HITS.index(kind), of)
        self.hits[prompt_id] = min(hit, self.hits.get(prompt_id, hit))


@dataclass(frozen=True)
class _Asked:
    """Evaluation prompts by what finds them."""

    texts: tuple[str, ...]
    places: Mapping[bytes, int]
    """Normal form → the first text of it."""
    held: Mapping[bytes, list[tuple[bytes, int]]]
    """A word → the long forms, with spaces about them, that it stands for."""
    anchors: frozenset[bytes]

    @classmethod
    def made(cls, texts: tuple[str, ...]) -> _Asked:
        places: dict[bytes, int] = {}
        for at, text in enumerate(texts):
            form = normal_form(text).encode()
            if form:
                places.setdefault(form, at)
        apart = {_apart(form): at for form, at in places.items()}
        seen = Counter(word for form in apart for word in set(form.split()))
        held: dict[bytes, list[tuple[bytes, int]]] = {}
        for form, at in apart.items():
            if len(form.decode()) >= LEAST:
                # A word that few forms have, and a long one, stands in few other prompts.
                anchor = min(form.split(), key=lambda word: (seen[word], -len(word), word))
                held.setdefault(anchor, []).append((b" %b " % form, at))
        return cls(texts, places, held, frozenset(held))

    def inside(self, form: bytes) -> int | None:
        """Return the first long text that stands in a prompt, at the bounds of words."""
        form = _apart(form)
        there = self.anchors.intersection(form.split())
        if not there:
            return None
        whole = b" %b " % form
        hits = (at for word in there for held, at in self.held[word] if held in whole)
        return min(hits, default=None)


def _apart(form: bytes) -> bytes:
    """Return a normal form with Chinese, Japanese and Korean signs as words, as `near` has them."""
    if form.isascii():
        return form
    return " ".join(_SIGN.sub(r" \g<0> ", form.decode()).split()).encode()


def _by_text(store: Store, asked: _Asked, found: _Found) -> None:
    for batch in store.stream("links_prompts", rows=_ROWS):
        _look(batch["prompt_id"], batch["text"], asked, found)
        once = batch.filter(batch["once"])
        _look(once["prompt_id"], once["opening"], asked, found)


def _look(ids: pa.Array, texts: pa.Array, asked: _Asked, found: _Found) -> None:
    for at, form in enumerate(normal_forms(texts)):
        of = asked.places.get(form)
        if of is not None:
            exact = _place_of(asked.texts, texts[at].as_py())
            hit = ("normalised", of) if exact is None else ("exact", exact)
        elif len(form) >= LEAST and (held := asked.inside(form)) is not None:
            hit = ("contains", held)
        else:
            continue
        found.add(ids[at].as_py(), *hit)


def _place_of(texts: tuple[str, ...], text: str) -> int | None:
    at = bisect_left(texts, text)
    return at if at < len(texts) and texts[at] == text else None


def _by_signature(store: Store, texts: tuple[str, ...], found: _Found) -> str:
    """Add what is nearly equal; return why it was not looked for, or nothing."""
    run = text_run(store)
    if run is None:
        return NO_TEXTSTATS
    if not _same_rules(run):
        return _OTHER_RUN
    asked = signature_rows(grams(words(pa.array(texts, pa.string()))).signature)
    for batch in store.stream("inputs_prompt_signatures", {"run_id": run.run_id}, rows=65_536):
        at, of = near_matches(signature_rows(batch["signature"]), asked)
        ids = batch["id"].to_numpy()[at]
        for prompt_id, place in zip(ids.tolist(), of.tolist(), strict=True):
            found.add(prompt_id, "near", place)
    return ""


def _same_rules(run: RunInfo) -> bool:
    """Say whether this version would make the run's signatures again."""
    from rensa import RMinHash

    made = (run.parameters.get("rules"), run.parameters.get("minhash"))
    return made == (RULES, int(RMinHash.ALGORITHM_VERSION))
