"""Arena battles: two models answer, a person names a winner or one of two kinds of tie."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core.formats.conversations import Parts, pair_content, split_shared
from core.formats.judged import Ballot, Judged, JudgedRows
from core.formats.look import ENOUGH, Look, shape
from core.formats.messages import Messages, assistant_turn, clean_messages, opened, user_turn
from core.formats.outcomes import FIRST, SECOND, TIE, Outcome
from core.formats.spec import FORMATS, FormatSpec
from core.formats.values import BadRow, column_values
from core.schema import PairBatch, RawBatch, RawRow, Recognition

_WINNERS = {"model_a": FIRST, "model_b": SECOND, "a": FIRST, "b": SECOND, "tie": TIE}
_BOTH_BAD = Outcome(None, "both_bad")
_WINNERS |= dict.fromkeys(("tie (bothbad)", "bothbad", "both_bad", "both bad"), _BOTH_BAD)
_ONE_HOT = {"winner_model_a": FIRST, "winner_model_b": SECOND, "winner_tie": TIE}
_TALKS = ("conversation_a", "conversation_b")
_ANSWERS = ("prompt", "response_a", "response_b")
_MODELS = ("model_a", "model_b")
_JUDGES = ("judge", "judge_hash")
_REPEATED = "full_conversation"
_REPEATS = "full_conversation repeats both conversations and is not kept"
_NULL_TURN = "A turn without text (null) is kept as an empty one"


@dataclass(frozen=True)
class _Columns:
    """Which of the arena's columns a batch has."""

    content: tuple[str, ...]
    winner: tuple[str, ...]
    judge: str | None

    def names(self) -> tuple[str, ...]:
        judge = (self.judge,) if self.judge else ()
        return (*self.content, *self.winner, *_MODELS, *judge)


def _columns(names: set[str]) -> _Columns | None:
    content = next((c for c in (_TALKS, _ANSWERS) if names.issuperset(c)), None)
    winner = next((w for w in (("winner",), tuple(_ONE_HOT)) if names.issuperset(w)), None)
    if content is None or winner is None:
        return None
    return _Columns(content, winner, next((j for j in _JUDGES if j in names), None))


def _recognise(look: Look) -> Recognition | None:
    columns = _columns(set(look.values))
    if columns is None or look.has("chosen"):
        return None
    is_turns = _is_talk if columns.content == _TALKS else _is_text
    shares = [look.share(name, is_turns) for name in columns.content]
    known = _is_winner if len(columns.winner) == 1 else _is_flag
    shares += [look.share(name, known) for name in columns.winner]
    what = "conversations" if columns.content == _TALKS else "a prompt and two responses"
    why = f"{' and '.join(columns.content)} are {what}, {'/'.join(columns.winner)} names the winner"
    return Recognition("arena", min(shares), why) if min(shares) >= ENOUGH else None


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_talk(value: object) -> bool:
    return shape(value) == "messages"


def _is_winner(value: object) -> bool:
    return isinstance(value, str) and value.strip().lower() in _WINNERS


def _is_flag(value: object) -> bool:
    return value in (0, 1, "0", "1")


def _to_pairs(batch: RawBatch) -> PairBatch:
    columns = _columns(set(batch.table.column_names))
    if columns is None:
        columns = _Columns(_TALKS, ("winner",), None)
    made = JudgedRows(batch)
    for at, row in enumerate(_rows(batch, columns.names())):
        try:
            made.add(at, _judged(row, columns, made))
        except BadRow as error:
            made.skip(at, str(error))
        else:
            judge = row.get(columns.judge) if columns.judge else None
            if judge is not None:
                made.vote(Ballot(str(judge), made.rows[-1].label))
    if _REPEATED in batch.table.column_names and columns.content == _TALKS:
        made.losses[_REPEATS] += len(made.rows)
        return made.finish(frozenset((*columns.names(), _REPEATED)))
    return made.finish(frozenset(columns.names()))


def _rows(batch: RawBatch, names: tuple[str, ...]) -> Iterator[RawRow]:
    columns = [column_values(batch, name) for name in names]
    return (dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True))


def _judged(row: RawRow, columns: _Columns, made: JudgedRows) -> Judged:
    label = _label(row, columns)
    if columns.content == _TALKS:
        talks = [clean_messages(row[name], name) for name in _TALKS]
        parts = split_shared(talks[0], talks[1], _TALKS)
    else:
        parts = _answers(row, made)
    names = (columns.content[-2], columns.content[-1])
    models = [None if row[m] is None else str(row[m]) for m in _MODELS]
    return Judged(pair_content(parts, names), label, "given", models[0], models[1])


def _label(row: RawRow, columns: _Columns) -> Outcome:
    if len(columns.winner) == 1:
        said = row["winner"]
        found = _WINNERS.get(said.strip().lower()) if isinstance(said, str) else None
        if found is None:
            raise BadRow(f"winner is {said!r}, which names no winner")
        return found
    flags = [outcome for name, outcome in _ONE_HOT.items() if row[name] in (1, "1")]
    if len(flags) != 1:
        raise BadRow(f"{len(flags)} of {', '.join(_ONE_HOT)} are 1, not one")
    return flags[0]


def _answers(row: RawRow, made: JudgedRows) -> Parts:
    """Read a prompt and two responses: plain texts, or lists of turns as JSON text."""
    turns = [_turns(row[name], name) for name in _ANSWERS]
    if any(None in said for said in turns):
        made.losses[_NULL_TURN] += 1
    prompt, first, second = ([text or "" for text in said] for said in turns)
    if not len(prompt) == len(first) == len(second):
        raise BadRow("prompt and responses do not have the same number of turns")
    if len(prompt) == 1:
        return Parts(user_turn(prompt[0]), assistant_turn(first[0]), assistant_turn(second[0]))
    names = ("response_a", "response_b")
    return split_shared(_talk(prompt, first), _talk(prompt, second), names)


def _talk(asked: list[str], said: list[str]) -> Messages:
    pairs = zip(asked, said, strict=True)
    return [turn for q, a in pairs for turn in (*user_turn(q), *assistant_turn(a))]


def _turns(value: object, name: str) -> list[str | None]:
    if not isinstance(value, str):
        raise BadRow(f"{name} is missing or no text")
    found = opened(value)
    if isinstance(found, list) and found and all(isinstance(t, str | None) for t in found):
        return found
    return [value]


FORMATS.register(
    FormatSpec(
        name="arena",
        title="Arena battles with ties",
        family="nested",
        columns="model_a, model_b; conversation_a, conversation_b (lists of messages or JSON "
        "text), or prompt, response_a, response_b; winner (model_a, model_b, tie, both_bad), or "
        "winner_model_a, winner_model_b, winner_tie; judge",
        label_meaning="winner names the better model; the two kinds of tie stay apart",
        example={
            "model_a": "small",
            "model_b": "large",
            "winner": "model_b",
            "judge": "expert_1",
            "conversation_a": [
                {"role": "user", "content": "2+2="},
                {"role": "assistant", "content": "5"},
            ],
            "conversation_b": [
                {"role": "user", "content": "2+2="},
                {"role": "assistant", "content": "4"},
            ],
        },
        recognise=_recognise,
        to_pairs=_to_pairs,
    )
)
