"""The language of the search box, read into a tree or a scan; what cannot be read is named.

Tantivy's own parser reads `fu*` as `fu` and drops what it does not know, both without a word, so
the text is read here. `docs/search.md` says it for people.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from core.errors import FilterError

FIELDS = ("prompt", "chosen", "rejected")
MOST_CHARACTERS = 4_000
MOST_TERMS = 64
"""Words and phrases of one search: a prefix of one letter visits every row, once per field."""
MOST_DEPTH = 20
HINT = (
    'Use words, "phrases", fu*, prompt: chosen: rejected:, AND OR NOT and parentheses, '
    "or begin with exact: or re:."
)

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<open>\() | (?P<close>\))
    | (?P<minus>(?<![^\s(:])-(?=[^\s)-]))
    | "(?P<phrase>[^"]*)"
    | (?P<quote>")
    | (?P<field>[^\W\d]\w*):
    | (?P<word>[^\s()"]+)
    )""",
    re.VERBOSE,
)
_SCAN = re.compile(rf"(?:({'|'.join(FIELDS)}):)?(exact|re):(.*)", re.DOTALL)
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Term:
    """A word or phrase, in one field or any; `prefix`: its last word may go on."""

    text: str
    prefix: bool = False
    field: str | None = None
    at: int = dataclasses.field(default=0, compare=False)


@dataclass(frozen=True)
class Not:
    """What must not match."""

    of: Query


@dataclass(frozen=True)
class Every:
    """What must all match."""

    of: tuple[Query, ...]


@dataclass(frozen=True)
class Some:
    """What matches when one of it does."""

    of: tuple[Query, ...]


Query = Term | Not | Every | Some


@dataclass(frozen=True)
class Scan:
    """A text or pattern that no index answers: every text is looked at."""

    mode: Literal["exact", "re"]
    text: str
    field: str | None = None


def parse_search(text: str) -> Query | Scan:
    """Read the text of the search box; raise FilterError that names the place."""
    text = text.strip()
    if len(text) > MOST_CHARACTERS:
        raise FilterError(
            f"The search has {len(text):,} characters; it may have {MOST_CHARACTERS:,}.",
            "Search for a part of it.",
        )
    if not text.isascii() and any("\ud800" <= sign <= "\udfff" for sign in text):
        raise FilterError("The search holds half a character (a lone surrogate).", "Remove it.")
    if found := _SCAN.fullmatch(text):
        return _scan(found)
    return _Reader(text).read()


def terms(text: str) -> frozenset[str]:
    """Return what a reader marks, in lower case; `fu*` is a prefix. None where nothing is asked.

    What stands behind NOT is not there to be marked; a pattern's matches are unknown here.
    """
    try:
        found = parse_search(text)
    except FilterError:
        return frozenset()
    if isinstance(found, Scan):
        return frozenset({found.text.lower()} if found.mode == "exact" else ())
    return frozenset(word for term in _wanted(found) for word in _words(term))


def _scan(found: re.Match[str]) -> Scan:
    text = found[3].strip()
    if not text:
        raise FilterError(f"Nothing follows {found[2]}: in the search.", HINT)
    return Scan("exact" if found[2] == "exact" else "re", text, found[1])


def _wanted(query: Query) -> Iterator[Term]:
    if isinstance(query, Term):
        yield query
    elif not isinstance(query, Not):
        for part in query.of:
            yield from _wanted(part)


def _words(term: Term) -> list[str]:
    words = _WORD.findall(term.text.lower())
    if term.prefix and words:
        words[-1] += "*"
    return words


class _Reader:
    """Recursive descent: OR binds least, then AND (or nothing between), then NOT."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0
        self.depth = 0
        self.terms = 0
        self.token = self._next()

    def read(self) -> Query:
        """Return the tree of the whole text."""
        query = self._some(None)
        if self.token is not None:
            raise self._bad("this parenthesis closes nothing")
        return query

    def _some(self, within: str | None) -> Query:
        parts = [self._every(within)]
        while self._is_word("OR"):
            self._step("OR")
            parts.append(self._every(within))
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def _every(self, within: str | None) -> Query:
        parts = [self._not(within)]
        while self.token is not None and not self.token["close"] and not self._is_word("OR"):
            if self._is_word("AND"):
                self._step("AND")
            parts.append(self._not(within))
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def _not(self, within: str | None) -> Query:
        negated = False
        while self.token is not None and (self.token["minus"] or self._is_word("NOT")):
            negated = not negated
            self._step("-" if self.token["minus"] else "NOT")
        query = self._one(within)
        return Not(query) if negated else query

    def _one(self, within: str | None) -> Query:
        token = self.token
        if token is None:
            raise self._bad("a word or phrase is missing at the end")
        if token["field"]:
            return self._field(token["field"], within)
        if token["open"]:
            return self._group(within)
        if token["close"] or self._is_word("AND", "OR"):
            raise self._bad("a word or phrase is missing before this")
        if token["quote"]:
            raise self._bad("this quotation mark is not closed")
        term = self._term(token, within)
        self.token = self._next()
        return term

    def _field(self, name: str, within: str | None) -> Query:
        if name.lower() not in FIELDS:
            raise self._bad(
                f"there is no field {name!r}",
                f'Known: {", ".join(FIELDS)}. In "double quotes" a colon is only a colon.',
            )
        if within:
            raise self._bad(f"a field stands inside {within}:")
        self._step(f"{name}:")
        if self.token is not None and self.token["field"]:
            raise self._bad(f"a field stands inside {name}:")
        return self._not(name.lower())

    def _group(self, within: str | None) -> Query:
        start, self.depth = self._at(), self.depth + 1
        if self.depth > MOST_DEPTH:
            raise self._bad(f"parentheses are more than {MOST_DEPTH} deep")
        self.token = self._next()
        query = self._some(within)
        if self.token is None:
            raise self._bad("this parenthesis is not closed", at=start)
        self.token, self.depth = self._next(), self.depth - 1
        return query

    def _term(self, token: re.Match[str], within: str | None) -> Term:
        self.terms += 1
        if self.terms > MOST_TERMS:
            raise self._bad(
                f"a search has at most {MOST_TERMS} words and phrases",
                'Put "quotes" around a sentence, or begin with exact:.',
            )
        text = token["phrase"] if token["word"] is None else token["word"]
        # Between quotation marks any other * is a sign that no index holds, as a comma is.
        if token["word"] is not None and "*" in text[:-1]:
            raise self._bad("a * stands only at the end of a word", 'Put "quotes" around it.')
        return Term(text.removesuffix("*"), text.endswith("*"), within, self._at())

    def _is_word(self, *words: str) -> bool:
        return self.token is not None and self.token["word"] in words

    def _step(self, past: str) -> None:
        self.token = self._next()
        if self.token is None:
            raise self._bad(f"nothing follows {past}")

    def _next(self) -> re.Match[str] | None:
        token = _TOKEN.match(self.text, self.place)
        self.place = token.end() if token else len(self.text)
        return token

    def _at(self) -> int:
        token = self.token
        if token is None:
            return len(self.text)
        return token.end() - len(token[0].lstrip())

    def _bad(self, why: str, hint: str = HINT, at: int | None = None) -> FilterError:
        return unreadable(self.text, self._at() if at is None else at, why, hint)


def unreadable(text: str, at: int, why: str, hint: str = HINT) -> FilterError:
    """Return the error for character `at` of a search, counted from 0 here and from 1 in it."""
    here = f"character {at + 1}, {text[at : at + 20]!r}" if at < len(text) else "its end"
    return FilterError(f"The search cannot be read at {here}: {why}.", hint)
