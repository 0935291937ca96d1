"""Rows of any shape to pairs, as a mapping file says; used in the place of a format."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.errors import MappingError
from core.formats.conversations import pair_content
from core.formats.judged import Ballot, Judged, JudgedRows
from core.formats.map_file import read_map_file
from core.formats.map_parts import mapped_parts
from core.formats.map_rest import remainder
from core.formats.map_spec import AGREES, DIFFERS, Mapped, Place, VoteMap
from core.formats.outcomes import FIRST, OUTCOMES, Outcome, Position, majority, opposite
from core.formats.paths import MISSING, RowPath, look_up, value_at
from core.formats.values import BadRow, column_values, number
from core.schema import PairBatch, RawBatch, RawRow

MAX_RUN_CHARS = 48
_POSITIONS: tuple[Position, Position] = ("first", "second")


@dataclass(frozen=True)
class MapSpec:
    """A mapping file, with the part of a FormatSpec that reading needs."""

    mapped: Mapped
    name: str = "map"
    source_name: str | None = None
    licence: str | None = None
    revision: str | None = None
    citation: str | None = None

    def to_pairs(self, batch: RawBatch) -> PairBatch:
        """Return the batch's pairs."""
        made = JudgedRows(batch)
        for at, row in enumerate(_rows(batch, self._roots())):
            try:
                _add(self.mapped, made, at, row)
            except BadRow as error:
                made.skip(at, str(error))
        rest = remainder(batch, self.mapped)
        made.batch = rest.batch
        made.losses.update(rest.losses)
        return made.finish(rest.used)

    def missing_in(self, batch: RawBatch, places: Iterable[Place]) -> frozenset[Place]:
        """Return the places that no row of the batch has."""
        left = set(places)
        for row in _rows(batch, {_root(place) for place in left}):
            left -= {place for place in left if _has(row, place)}
            if not left:
                break
        return frozenset(left)

    def required(self) -> frozenset[Place]:
        """Return the places without which no row is a pair; the first rows must have them."""
        reading = self.mapped.label.reading
        label = (reading.path,) if reading else ()
        return frozenset(map(Place, (self.mapped.pair.first, self.mapped.pair.second, *label)))

    def _roots(self) -> set[str]:
        return {_root(place) for place in self.mapped.places()}


def read_map(path: Path) -> MapSpec:
    """Read a mapping file."""
    file = read_map_file(path)
    return MapSpec(
        mapped=file.mapped,
        source_name=file.name,
        licence=file.licence,
        revision=file.revision,
        citation=file.citation,
    )


def refuse_missing(missing: Iterable[Place], origin: str) -> None:
    """Raise MappingError naming the mapped places that the rows do not have."""
    if listed := sorted(place.text for place in missing):
        raise MappingError(
            f"No row of {origin} has {', '.join(listed)}, which the map names.",
            "Check the spelling; paths are written a.b, list[0].x.",
        )


def _root(place: Place) -> str:
    return (place.items or place.path).root


def _has(row: RawRow, place: Place) -> bool:
    if place.items is None:
        return look_up(row, place.path) is not MISSING
    items = value_at(row, place.items)
    return isinstance(items, list) and any(look_up(i, place.path) is not MISSING for i in items)


def _rows(batch: RawBatch, names: set[str]) -> Iterator[RawRow]:
    known = [name for name in batch.table.column_names if name in names]
    columns = [column_values(batch, name) for name in known]
    if not columns:
        return ({} for _ in range(batch.table.num_rows))
    return (dict(zip(known, values, strict=True)) for values in zip(*columns, strict=True))


def _add(mapped: Mapped, made: JudgedRows, at: int, row: RawRow) -> None:
    ballots = [b for vote in mapped.votes for b in _ballots(vote, row, made)]
    judged = _judged(mapped, row, ballots)
    made.add(at, judged)
    for ballot in ballots:
        made.vote(ballot)
    _add_gold(mapped, made, row, judged.label)
    _add_numbers(mapped, made, row)


def _judged(mapped: Mapped, row: RawRow, ballots: list[Ballot]) -> Judged:
    pair = mapped.pair
    names = (pair.first.text, pair.second.text)
    label = _label(mapped, row, ballots)
    return Judged(
        content=pair_content(mapped_parts(pair, row), names),
        label=label,
        label_kind="majority" if mapped.label.source == "votes" else "given",
        first_model=_name_at(row, pair.first_model),
        second_model=_name_at(row, pair.second_model),
        strength=_strength(mapped, row),
        split=_name_at(row, pair.split),
        row=_row_number(row, pair.row),
    )


def _label(mapped: Mapped, row: RawRow, ballots: list[Ballot]) -> Outcome:
    if mapped.label.source == "order":
        return FIRST
    if mapped.label.reading is not None:
        return mapped.label.reading.outcome(value_at(row, mapped.label.reading.path))
    overall = [b.outcome for b in ballots if b.aspect is None] or [b.outcome for b in ballots]
    if not overall:
        raise BadRow("the row has no votes, so there is no majority")
    return majority(overall)


def _strength(mapped: Mapped, row: RawRow) -> float | None:
    reading = mapped.label.reading
    if mapped.label.strength is not None:
        return number(value_at(row, mapped.label.strength))
    if reading is not None and reading.values is None:
        signed = number(value_at(row, reading.path))
        return None if signed is None else number(abs(signed - reading.zero))
    return None


def _name_at(row: RawRow, path: RowPath | None) -> str | None:
    value = value_at(row, path)
    return None if value is None or value == "" else str(value)


def _row_number(row: RawRow, path: RowPath | None) -> int | None:
    if path is None:
        return None
    found = number(value_at(row, path))
    if found is None or found < 0 or not found.is_integer():
        raise BadRow(f"{path.text} is no row number")
    return int(found)


def _ballots(vote: VoteMap, row: RawRow, made: JudgedRows) -> Iterator[Ballot]:
    """Yield the votes; one whose value the table does not name is counted as a loss."""
    items = [row] if vote.items is None else value_at(row, vote.items)
    for item in items if isinstance(items, list) else []:
        value = value_at(item, vote.reading.path)
        if value is None:
            continue
        annotator = vote.annotator or _name_at(item, vote.annotator_path)
        try:
            outcome = vote.reading.outcome(value)
        except BadRow as error:
            made.losses[f"A vote is not kept: {error}"] += 1
            continue
        yield Ballot(
            annotator=annotator or "unknown",
            outcome=outcome,
            aspect=vote.aspect,
            strength=number(value_at(item, vote.strength)),
            seconds=number(value_at(item, vote.seconds)),
            reason=_name_at(item, vote.reason),
        )


def _add_gold(mapped: Mapped, made: JudgedRows, row: RawRow, label: Outcome) -> None:
    if mapped.gold is None:
        return
    value = value_at(row, mapped.gold.path)
    if value is None and "null" not in (mapped.gold.values or {}):
        return
    try:
        word = mapped.gold.word(value)
    except BadRow as error:
        made.losses[f"A gold answer is not kept: {error}"] += 1
        return
    if word not in (AGREES, DIFFERS):
        made.judge(OUTCOMES[word])
    elif label.winner is not None:
        made.judge(label if word == AGREES else opposite(label))


def _add_numbers(mapped: Mapped, made: JudgedRows, row: RawRow) -> None:
    item = len(made.rows) - 1
    for score in mapped.scores:
        run = run_name(score.run or str(value_at(row, score.run_path) or ""))
        for place, value in _numbers(made, row, score.first, score.second):
            made.scores.append((item, made.side(place), run, value, score.leaks_label))
    for rating in mapped.ratings:
        who = (rating.rater, rating.aspect)
        for place, value in _numbers(made, row, rating.first, rating.second):
            made.ratings.append((item, made.side(place), *who, value, rating.leaks_label))


def _numbers(
    made: JudgedRows, row: RawRow, first: RowPath | None, second: RowPath | None
) -> Iterator[tuple[Position, float]]:
    for place, path in zip(_POSITIONS, (first, second), strict=True):
        value = value_at(row, path)
        found = number(value)
        if found is not None:
            yield place, found
        elif path is not None and value is not None:
            made.losses[f"A value of {path.text} is not a finite number"] += 1


def run_name(text: str) -> str:
    """Return a run's name for columns and links: [a-z0-9_], 48 characters at most.

    An owner that the model's name repeats goes ("Skywork/Skywork-Reward" is skywork_reward). A name
    that is cut keeps eight digits of its hash, so that two long names stay two.
    """
    owner, _, model = text.lower().partition("/")
    shown = model if owner and model.startswith(owner) else text.lower()
    slug = re.sub(r"[^a-z0-9]+", "_", shown).strip("_") or "scores"
    slug = f"run_{slug}" if slug[0].isdigit() else slug
    if len(slug) <= MAX_RUN_CHARS:
        return slug
    return f"{slug[: MAX_RUN_CHARS - 9]}_{hashlib.sha256(text.encode()).hexdigest()[:8]}"
