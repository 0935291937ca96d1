"""JSON Lines and whole JSON files as records; a bad line is a bad record, never the end."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from core.errors import SourceError
from core.formats.chunk import SHOWN_CHARS, Record, parse_json, unstorable
from core.formats.streams import MAX_ROW_BYTES, Line, read_lines, utf8_chunks

MAX_OBJECT_BYTES = 512 << 20
"""One JSON object that holds all rows must be parsed whole; arrays and lines stream."""


def json_lines(path: Path) -> Iterator[Record]:
    """Yield one record per line that is not blank."""
    for line in read_lines(path):
        if line.data.strip() or line.too_long:
            yield _record(line)


def _record(line: Line) -> Record:
    size = len(line.data)
    if line.too_long:
        reason = f"the row is longer than {MAX_ROW_BYTES >> 20} MB"
        return Record(line.number, size, reason=reason, text=_shown(line.data))
    try:
        value = parse_json(line.data.decode())
    except UnicodeDecodeError:
        return Record(line.number, size, reason="the line is not UTF-8", text=_shown(line.data))
    except ValueError as error:
        reason = f"the line is no row that can be stored: {error}"
        return Record(line.number, size, reason=reason, text=_shown(line.data))
    return as_record(line.number, size, value)


def as_record(number: int, size: int, value: object) -> Record:
    """Return the record of one JSON value; only an object is a row."""
    if isinstance(value, dict):
        return Record(number, size, value)
    kind = {"list": "a list", "str": "a text", "NoneType": "null"}.get(type(value).__name__)
    reason = f"the row is {kind or 'a bare value'}, not an object with named columns"
    return Record(number, size, reason=reason, text=json.dumps(value)[:SHOWN_CHARS])


def _shown(data: bytes) -> str:
    return data[: 4 * SHOWN_CHARS].decode("utf-8", "replace")[:SHOWN_CHARS]


def whole_json(path: Path) -> Iterator[Record]:
    """Yield the rows of a .json file: an array, JSON Lines under that name, or one object."""
    first = _first_byte(path)
    if first == b"[":
        return _array(path)
    return json_lines(path) if _is_lines(path) else _object(path)


def _first_byte(path: Path) -> bytes:
    for chunk in utf8_chunks(path):
        if text := chunk.lstrip():
            return text[:1]
    return b""


def _is_lines(path: Path) -> bool:
    """Tell whether the first line that is not blank is a whole JSON value."""
    for line in read_lines(path):
        if line.data.strip():
            record = _record(line)
            return not record.reason and not _rows_inside(record.row)
    return True


def _array(path: Path) -> Iterator[Record]:
    """Stream an array: hold one element at a time, read more when it does not parse yet."""
    decoder, text = json.JSONDecoder(), _Text(path)
    text.skip("[")
    number = 1
    while text.peek() not in ("]", ""):
        value, size = text.value(decoder)
        if reason := unstorable(value, text.last):
            yield Record(number, size, reason=f"the row cannot be stored: {reason}")
        else:
            yield as_record(number, size, value)
        number += 1
        text.skip(",")
    if text.peek() != "]":
        raise SourceError(f"{path} ends inside its JSON array.", "The file is cut short.")
    text.skip("]")
    if text.peek():
        raise SourceError(f"{path} goes on after its JSON array.", "Name JSON Lines .jsonl.")


class _Text:
    """Characters of a file with a window that grows until a value fits."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.chunks = utf8_chunks(path)
        self.decode = codecs.getincrementaldecoder("utf-8")()
        self.window = ""
        self.at = 0
        self.last = ""

    def more(self) -> bool:
        chunk = next(self.chunks, None)
        if chunk is None:
            return False
        try:
            self.window = self.window[self.at :] + self.decode.decode(chunk)
        except UnicodeDecodeError as error:
            raise SourceError(f"{self.path} is not UTF-8: {error.reason}.") from error
        self.at = 0
        return True

    def peek(self) -> str:
        while True:
            while self.at < len(self.window) and self.window[self.at].isspace():
                self.at += 1
            if self.at < len(self.window):
                return self.window[self.at]
            if not self.more():
                return ""

    def skip(self, mark: str) -> None:
        if self.peek() == mark:
            self.at += 1

    def value(self, decoder: json.JSONDecoder) -> tuple[object, int]:
        self.peek()
        failure: Exception = ValueError("no value")
        tried = 0
        while True:
            size = len(self.window) - self.at
            # Doubling keeps a long element linear: each retry sees twice the text.
            if size >= 2 * tried:
                try:
                    value, end = decoder.raw_decode(self.window, self.at)
                except (json.JSONDecodeError, RecursionError) as error:
                    tried, failure = size, error
                else:
                    self.last, self.at = self.window[self.at : end], end
                    return value, len(self.last)
            if size > MAX_ROW_BYTES or not self.more():
                # What is left may not have been tried since the last doubling.
                if tried < size <= MAX_ROW_BYTES:
                    tried = 0
                    continue
                raise self.broken(failure) from failure

    def broken(self, failure: Exception) -> SourceError:
        near = self.window[self.at : self.at + 60]
        return SourceError(
            f"{self.path} is not valid JSON near {near!r}: {failure}.",
            "A whole JSON file cannot be read past an error, or past a row of more than "
            f"{MAX_ROW_BYTES >> 20} MB; JSON Lines can.",
        )


def _object(path: Path) -> Iterator[Record]:
    data = bytearray()
    for chunk in utf8_chunks(path):
        data += chunk
        if len(data) > MAX_OBJECT_BYTES:
            raise SourceError(
                f"{path} is one JSON object of more than {MAX_OBJECT_BYTES >> 20} MB.",
                "Write it as JSON Lines, one object per line.",
            )
    try:
        value = parse_json(data.decode())
    except ValueError as error:
        raise SourceError(f"{path} is not valid JSON: {error}.") from error
    rows = _rows_inside(value)
    for number, row in enumerate(rows if rows is not None else [value], start=1):
        yield as_record(number, len(data) // max(1, len(rows or [0])), row)


def _rows_inside(value: object) -> list[object] | None:
    """Return the rows of {"data": [{…}]} or of one object of equally long lists."""
    if not isinstance(value, Mapping) or not value:
        return None
    lists = {k: v for k, v in value.items() if isinstance(v, list)}
    if any(_is_message(item) for items in lists.values() for item in items[:1]):
        return None
    tables = [v for v in lists.values() if v and all(isinstance(x, dict) for x in v)]
    if len(tables) == 1 and ("data" in lists or len(value) == 1):
        return list(tables[0])
    if len(lists) == len(value) > 1 and len({len(v) for v in lists.values()}) == 1:
        return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]
    return None


def _is_message(item: object) -> bool:
    return isinstance(item, dict) and ("role" in item or "from" in item)
