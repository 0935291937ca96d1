"""A vote as a line of JSON: ids as 16 hexadecimal digits, times as ISO 8601 in UTC."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

from core.errors import UsageError
from core.relabel.answering import LONGEST, SCORES
from core.relabel.people import check_name
from core.schema import id_number, id_text
from core.schema.relabel import STRENGTHS, TAGS, VOTE_TIES, Answer, CastVote, Purpose

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHORT = 200
"""Characters of a queue's id, of a guideline's hash."""


class BadVote(ValueError):
    """A line that is no vote; the message says why."""


def vote_line(vote: CastVote) -> str:
    """Return a vote as one line: what was said, of which pair, by whom, when and why asked."""
    answer = vote.answer
    said = {
        "pair_id": id_text(vote.pair_id),
        "winner_id": None if answer.winner_id is None else id_text(answer.winner_id),
        "tie": answer.tie,
        "annotator": vote.annotator,
        "strength": answer.strength,
        "tags": list(answer.tags),
        "rationale": answer.rationale,
        "attributes": dict(sorted(answer.attributes.items())),
        "seconds": None if answer.seconds is None else float(answer.seconds),
        "masked": answer.masked,
        "leaked": answer.leaked,
        "at": time_text(vote.at),
        "queue": vote.queue,
        "purpose": vote.purpose,
        "late": vote.late,
        "guideline": vote.guideline,
    }
    line = json.dumps(said, ensure_ascii=False, allow_nan=False)
    # Half of a surrogate pair, which the log keeps, has no place in a text file.
    return line.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def vote_of(row: Mapping[str, Any], origin: str) -> CastVote:
    """Return the vote of a line; raise BadVote where it is none. Keys that no vote has are left."""
    pair_id = _id(row, "pair_id")
    if pair_id is None:
        raise BadVote("it has no pair_id")
    return CastVote(
        seq=0,
        at=_time(row.get("at")),
        annotator=_annotator(row.get("annotator")),
        queue=_text(row, "queue", _SHORT),
        place=-1,
        pair_id=pair_id,
        left_id=None,
        right_id=None,
        purpose=_one_of(row, "purpose", get_args(Purpose), "real"),
        token="",
        answer=_answer(row),
        guideline=_text(row, "guideline", _SHORT),
        late=_flag(row, "late"),
        origin=origin,
    )


def time_text(at: int) -> str:
    """Return microseconds since 1970 as 2026-01-31T12:00:00.000000Z."""
    return (_EPOCH + timedelta(microseconds=at)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _answer(row: Mapping[str, Any]) -> Answer:
    winner, tie = _id(row, "winner_id"), _one_of(row, "tie", VOTE_TIES, None)
    if (winner is None) == (tie is None):
        raise BadVote("it names neither a winner_id nor a tie, or both")
    return Answer(
        winner_id=winner,
        tie=tie,
        strength=_one_of(row, "strength", STRENGTHS, None),
        tags=_tags(row.get("tags")),
        rationale=_text(row, "rationale", LONGEST),
        attributes=_scores(row.get("attributes")),
        seconds=_seconds(row.get("seconds")),
        masked=_flag(row, "masked"),
        leaked=_flag(row, "leaked"),
    )


def _id(row: Mapping[str, Any], key: str) -> int | None:
    value = row.get(key)
    if value is None:
        return None
    number = id_number(value) if isinstance(value, str) else None
    if number is None:
        raise BadVote(f"{key} has not 16 hexadecimal digits")
    return number


def _one_of(row: Mapping[str, Any], key: str, known: tuple[Any, ...], default: Any) -> Any:
    value = row.get(key)
    if value is None:
        return default
    if isinstance(value, bool) or value not in known:
        raise BadVote(f"{key} is none of {', '.join(map(str, known))}")
    return known[known.index(value)]


def _annotator(value: object) -> str:
    if not isinstance(value, str):
        raise BadVote("it has no annotator")
    try:
        return check_name(value)
    except UsageError as error:
        raise BadVote(f"annotator is no name: {error.message.rstrip('.')}") from error


def _time(value: object) -> int:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise BadVote("at is no time with its zone, such as 2026-01-31T12:00:00Z")
    at = (found - _EPOCH) // timedelta(microseconds=1)
    if at < 0:
        raise BadVote("at is before 1970")
    return at


def _text(row: Mapping[str, Any], key: str, most: int) -> str:
    value = row.get(key)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > most:
        raise BadVote(f"{key} is no text of at most {most:,} characters")
    return value


def _tags(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or any(tag not in TAGS for tag in value):
        raise BadVote(f"tags is no list of {', '.join(TAGS)}")
    return tuple(value)


def _scores(value: object) -> dict[str, int]:
    if value is None:
        return {}
    if not isinstance(value, dict) or any(
        isinstance(score, bool) or score not in SCORES for score in value.values()
    ):
        raise BadVote("attributes does not hold scores 1 to 5")
    return {str(name): int(score) for name, score in value.items()}


def _seconds(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadVote("seconds is no number")
    if not (math.isfinite(value) and value >= 0):
        raise BadVote("seconds is no number from 0 on")
    return float(value)


def _flag(row: Mapping[str, Any], key: str) -> bool:
    value = row.get(key)
    if not (value is None or isinstance(value, bool)):
        raise BadVote(f"{key} is neither true nor false")
    return value is True
