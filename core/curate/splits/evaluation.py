"""Files of evaluation prompts, of any kind that import reads, and plain text with one per line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from core.curate.judged import EvaluationPrompts
from core.curate.recipe import EvaluationFile
from core.errors import SourceError
from core.formats.kinds import check_regular
from core.formats.messages import clean_messages
from core.formats.sources import open_source, read_batches
from core.formats.streams import codec_of, read_lines
from core.formats.values import BadRow, column_values
from core.schema import RawBatch

COLUMNS = ("prompt", "text", "question", "instruction")
"""Where a row's prompt stands: the first of these that the file has."""
_HINT = (
    "Prompts are UTF-8: one per line of a .txt file, or rows with a column prompt, text, question "
    "or instruction."
)
MOST = 200_000
"""RewardBench has 2,985 prompts; all evaluations of a release together stay below this."""


def read_evaluation(path: Path) -> EvaluationPrompts:
    """Return the different prompts of a file, in the order of code points.

    A conversation stands for its one user turn, or, where it has several turns of users or an
    answer, for all that is said in it.

    Raises:
        SourceError: it cannot be read, has no column of prompts, or a row without a prompt.
    """
    path = path.expanduser()
    check_regular(path)
    plain = path.with_suffix("") if codec_of(path) else path
    found = _lines(path) if plain.suffix.lower() == ".txt" else _column(path)
    try:
        texts = tuple(sorted(set(_at_most(path, found))))
    except SourceError as error:
        raise SourceError(error.message, error.hint or _HINT) from error
    if not texts:
        raise SourceError(f"{path} holds no prompt.", _HINT)
    lines = "".join(json.dumps(text, ensure_ascii=False) + "\n" for text in texts)
    digest = hashlib.sha256(lines.encode()).hexdigest()
    return EvaluationPrompts(EvaluationFile(path.name, digest, len(texts)), texts)


def _at_most(path: Path, texts: Iterator[str]) -> Iterator[str]:
    for number, text in enumerate(texts):
        if number >= MOST:
            raise SourceError(
                f"{path} holds more than {MOST:,} prompts.",
                "That is more than an evaluation asks; name the file of its prompts.",
            )
        yield text


def _lines(path: Path) -> Iterator[str]:
    for line in read_lines(path):
        if line.too_long:
            raise SourceError(f"{path}, line {line.number}, is too long for a prompt.")
        try:
            text = line.data.decode().strip()
        except UnicodeDecodeError as error:
            raise SourceError(f"{path}, line {line.number}, is not UTF-8.") from error
        if text:
            yield text


def _column(path: Path) -> Iterator[str]:
    name = ""
    for batch in read_batches(open_source(str(path))):
        # A prompt that was left out silently would be one that is trained on.
        if batch.skipped:
            bad = batch.skipped[0]
            raise SourceError(f"{path}, line {bad.line}, cannot be read: {bad.reason}.")
        name = name if name in batch.table.column_names else _prompt_column(path, batch)
        for line, value in zip(batch.lines.tolist(), column_values(batch, name), strict=True):
            yield _text(path, line, name, value)


def _prompt_column(path: Path, batch: RawBatch) -> str:
    names = batch.table.column_names
    for name in COLUMNS:
        if name in names:
            return name
    raise SourceError(
        f"{path} has no column of prompts; it has {_listed(names[:20])}.",
        f"Name one of them {_listed(COLUMNS)}.",
    )


def _text(path: Path, line: int, name: str, value: object) -> str:
    text = value if isinstance(value, str) else ""
    if isinstance(value, list):
        try:
            turns = clean_messages(value, name)
        except BadRow as error:
            raise SourceError(f"{path}, line {line}: {error}.") from error
        asked = [turn for turn in turns if turn["role"] == "user"]
        answered = any(turn["role"] == "assistant" for turn in turns)
        said = asked if len(asked) == 1 and not answered else turns
        text = "\n\n".join(str(turn.get("content") or "") for turn in said)
    if not text.strip():
        raise SourceError(
            f"{path}, line {line}, has no text in {name}.", "Every row needs a prompt."
        )
    return text


def _listed(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(repr(name[:80]) for name in names) or "none"
