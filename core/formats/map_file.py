"""Reads a mapping file; whatever is wrong in it is one sentence with the file's name."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from core.errors import MappingError
from core.formats.map_spec import (
    AGREES,
    DIFFERS,
    LabelMap,
    Mapped,
    PairMap,
    RatingMap,
    Reading,
    ScoreMap,
    VoteMap,
)
from core.formats.outcomes import FIRST, OUTCOMES, SECOND, Outcome
from core.formats.paths import RowPath, parse_path
from core.formats.values import number

_ABOUT = ("name", "licence", "revision", "citation")
_SECTIONS = ("pair", "label", "gold", "scores", "ratings", "votes")
_PAIR = ("prompt", "system", "first", "second", "first_model", "second_model", "split", "row")
_READING = ("column", "values", "sign", "zero")
_SIDES = ("first", "second", "leaks_label")
_VOTE = ("annotator", "annotator_path", "list", "aspect", "strength", "seconds", "reason")
_SIGNS: Mapping[str, Outcome] = {"positive_is_first": FIRST, "negative_is_first": SECOND}

T = TypeVar("T")


@dataclass(frozen=True)
class MapFile:
    """A mapping file's content."""

    mapped: Mapped
    name: str | None
    licence: str | None
    revision: str | None
    citation: str | None


@dataclass(frozen=True)
class _Table:
    """One table of the file, read key by key."""

    where: str
    data: Mapping[str, object]

    def only(self, known: Iterable[str]) -> None:
        unknown = sorted(set(self.data) - set(known))
        if unknown:
            listed = ", ".join(sorted(known))
            raise MappingError(f"{self.where} has no key {unknown[0]!r}.", f"Known: {listed}.")

    def text(self, key: str) -> str | None:
        value = self.data.get(key)
        if value is not None and not (isinstance(value, str) and value):
            raise MappingError(f"{self.where}: {key} must be a text, not {value!r}.")
        return value

    def flag(self, key: str) -> bool:
        value = self.data.get(key, False)
        if not isinstance(value, bool):
            raise MappingError(f"{self.where}: {key} must be true or false, not {value!r}.")
        return value

    def path(self, key: str) -> RowPath | None:
        text = self.text(key)
        return None if text is None else parse_path(text)

    def needed(self, key: str) -> RowPath:
        path = self.path(key)
        if path is None:
            raise MappingError(f"{self.where} must say {key}.")
        return path

    def paths(self, key: str) -> tuple[RowPath, ...]:
        value = self.data.get(key, ())
        texts = [value] if isinstance(value, str) else value
        if not isinstance(texts, list | tuple) or not all(isinstance(t, str) for t in texts):
            raise MappingError(f"{self.where}: {key} must be a path or a list of paths.")
        return tuple(parse_path(text) for text in texts)


def read_map_file(path: Path) -> MapFile:
    """Read and check a mapping file; raise MappingError."""
    top = _Table(str(path), _toml(path))
    top.only((*_ABOUT, *_SECTIONS))
    votes = _each(top, "votes", _vote)
    mapped = Mapped(
        pair=_pair(_section(top, "pair")),
        label=_label(_section(top, "label"), bool(votes)),
        gold=_gold(top),
        scores=_each(top, "scores", _score),
        ratings=_each(top, "ratings", _rating),
        votes=votes,
    )
    return MapFile(mapped, *(top.text(key) for key in _ABOUT))


def _toml(path: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise MappingError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:  # damaged text or TOML, or a number with thousands of digits
        raise MappingError(f"{path} is not valid TOML: {error}.") from error


def _section(top: _Table, key: str) -> _Table:
    data = top.data.get(key)
    if not isinstance(data, dict):
        raise MappingError(f"{top.where} has no [{key}].", "A map needs [pair] and [label].")
    return _Table(f"{top.where} [{key}]", data)


def _each(top: _Table, key: str, read: Callable[[_Table], T]) -> tuple[T, ...]:
    items = top.data.get(key, [])
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise MappingError(f"{top.where}: write {key} as [[{key}]].")
    return tuple(read(_Table(f"{top.where} [[{key}]] {i}", t)) for i, t in enumerate(items, 1))


def _pair(table: _Table) -> PairMap:
    table.only(_PAIR)
    return PairMap(
        first=table.needed("first"),
        second=table.needed("second"),
        prompt=table.paths("prompt"),
        **{k: table.path(k) for k in _PAIR if k not in ("prompt", "first", "second")},
    )


def _label(table: _Table, has_votes: bool) -> LabelMap:
    table.only(("from", "strength", *_READING))
    strength = table.path("strength")
    said = table.text("from")
    if said is None:
        return LabelMap("column", _reading(table), strength)
    if table.data.keys() & set(_READING) or said not in ("order", "votes"):
        raise MappingError(
            f'{table.where} must say from = "order", from = "votes", or column = …, not both.',
            "order means that the first response is the chosen one.",
        )
    if said == "votes" and not has_votes:
        raise MappingError(f"{table.where} takes the label from votes, but there is no [[votes]].")
    return LabelMap("votes" if said == "votes" else "order", None, strength)


def _gold(top: _Table) -> Reading | None:
    if "gold" not in top.data:
        return None
    table = _section(top, "gold")
    table.only(_READING)
    return _reading(table, extra=(AGREES, DIFFERS))


def _reading(table: _Table, extra: tuple[str, ...] = ()) -> Reading:
    path = table.needed("column")
    sign = table.text("sign")
    values = table.data.get("values")
    if (sign is None) == (values is None):
        raise MappingError(
            f"{table.where} must say either values or sign for {path.text}.",
            "Nothing is guessed: values = {…} names each value, sign says what above zero means.",
        )
    if sign is not None:
        if sign not in _SIGNS:
            raise MappingError(f"{table.where}: sign must be {' or '.join(_SIGNS)}, not {sign!r}.")
        return Reading(path, None, _SIGNS[sign], _zero(table))
    if "zero" in table.data:
        raise MappingError(f"{table.where}: zero needs sign; values have none.")
    return Reading(path, _values(table, values, (*OUTCOMES, *extra)))


def _zero(table: _Table) -> float:
    value = table.data.get("zero", 0)
    found = None if isinstance(value, str) else number(value)
    if found is None:
        raise MappingError(f"{table.where}: zero must be a finite number, not {str(value)[:80]}.")
    return found


def _values(table: _Table, values: object, known: tuple[str, ...]) -> dict[str, str]:
    if not isinstance(values, dict) or not values:
        raise MappingError(f'{table.where}: values must be a table such as {{ A = "first" }}.')
    for key, word in values.items():
        if word not in known:
            raise MappingError(
                f"{table.where}: {key!r} cannot mean {word!r}.", f"Known: {', '.join(known)}."
            )
    return values


def _score(table: _Table) -> ScoreMap:
    table.only(("run", "run_path", *_SIDES))
    run, run_path = table.text("run"), table.path("run_path")
    if (run is None) == (run_path is None):
        raise MappingError(f"{table.where} must say either run or run_path.")
    first, second = _both(table)
    return ScoreMap(first, second, run or "", run_path, table.flag("leaks_label"))


def _rating(table: _Table) -> RatingMap:
    table.only(("rater", "aspect", *_SIDES))
    first, second = _both(table)
    rater, aspect = table.text("rater") or "source", table.text("aspect")
    return RatingMap(first, second, rater, aspect, table.flag("leaks_label"))


def _both(table: _Table) -> tuple[RowPath | None, RowPath | None]:
    first, second = table.path("first"), table.path("second")
    if first is None and second is None:
        raise MappingError(f"{table.where} must say first, second or both.")
    return first, second


def _vote(table: _Table) -> VoteMap:
    table.only((*_VOTE, *_READING))
    annotator, annotator_path = table.text("annotator"), table.path("annotator_path")
    if (annotator is None) == (annotator_path is None):
        raise MappingError(f"{table.where} must say either annotator or annotator_path.")
    return VoteMap(
        reading=_reading(table),
        annotator=annotator or "",
        annotator_path=annotator_path,
        items=table.path("list"),
        aspect=table.text("aspect"),
        **{key: table.path(key) for key in ("strength", "seconds", "reason")},
    )
