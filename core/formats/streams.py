"""Bytes of a file as UTF-8 lines: decompressed, transcoded, with caps against bombs."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import pyarrow as pa

from core.errors import SourceError

CHUNK_BYTES = 1 << 20
MAX_ROW_BYTES = 32 << 20
"""A longer line or value is no preference pair; it is quarantined."""
MAX_RATIO = 200
"""Texts shrink 3-20 times; a file that grows 200 times is a bomb (gzip's own limit is 1032)."""
RATIO_FROM_BYTES = 64 << 20
"""Below this size no ratio is held against a file."""
CODECS = {".gz": "gzip", ".zst": "zstd"}

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True)
class Line:
    """One line without its end; `data` is cut short when the line is over the cap."""

    number: int
    data: bytes
    too_long: bool = False


def codec_of(path: Path) -> str | None:
    """Return how the file is compressed, by its name."""
    return CODECS.get(path.suffix.lower())


def read_chunks(path: Path) -> Iterator[bytes]:
    """Yield the decompressed bytes; raise SourceError naming a damaged or exploding file."""
    codec = codec_of(path)
    size = 0
    with damage(path), pa.OSFile(str(path)) as raw:
        stream = pa.CompressedInputStream(raw, codec) if codec else raw
        while data := stream.read(CHUNK_BYTES):
            size += len(data)
            if codec and size > RATIO_FROM_BYTES and size > MAX_RATIO * raw.tell():
                raise SourceError(
                    f"{path} grows more than {MAX_RATIO} times when it is decompressed.",
                    "That is a bomb rather than text; decompress it yourself if it is not.",
                )
            yield data


@contextmanager
def damage(path: Path) -> Iterator[None]:
    """Turn what readers raise on a damaged file into one sentence that names it."""
    try:
        yield
    except (OSError, EOFError, pa.ArrowException, OverflowError) as error:
        what = "cut short" if "runcated" in str(error) else "damaged or unreadable"
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise SourceError(
            f"{path} is {what}: {first[:200]}.", "Nothing was imported; fetch the file again."
        ) from error


def utf8_chunks(path: Path) -> Iterator[bytes]:
    """Yield the text as UTF-8 without its byte order mark; UTF-16 is transcoded."""
    chunks = read_chunks(path)
    first = next(chunks, b"")
    encoding, start = _encoding(first)
    if encoding == "utf-8":
        yield first[start:]
        yield from chunks
        return
    # A broken half of a character becomes invalid UTF-8, so that its line is quarantined.
    decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
    yield decoder.decode(first[start:]).encode("utf-8", "surrogatepass")
    for chunk in chunks:
        yield decoder.decode(chunk).encode("utf-8", "surrogatepass")
    if decoder.getstate()[0]:
        raise SourceError(f"{path} is cut short: it ends inside a UTF-16 character.")


def _encoding(head: bytes) -> tuple[str, int]:
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding, len(mark)
    if len(head) > 3 and head[1] == 0 and head[3] == 0:
        return "utf-16-le", 0
    if len(head) > 3 and head[0] == 0 and head[2] == 0:
        return "utf-16-be", 0
    return "utf-8", 0


def read_lines(path: Path) -> Iterator[Line]:
    r"""Yield the lines, split on \n only; other Unicode line breaks belong to the texts."""
    number, held, dropped = 1, bytearray(), False
    for chunk in utf8_chunks(path):
        start = 0
        while (end := chunk.find(b"\n", start)) >= 0:
            piece = chunk[start:end]
            yield _line(number, held, piece, dropped)
            number, held, dropped, start = number + 1, bytearray(), False, end + 1
        if len(held) <= MAX_ROW_BYTES:
            held += chunk[start:]
        dropped = dropped or len(held) > MAX_ROW_BYTES
    if held:
        yield _line(number, held, b"", dropped)


def _line(number: int, held: bytearray, piece: bytes, dropped: bool) -> Line:
    data = bytes(held) + piece if held else piece
    too_long = dropped or len(data) > MAX_ROW_BYTES
    return Line(number, data[:1000] if too_long else data.removesuffix(b"\r"), too_long)


@contextmanager
def seekable(path: Path) -> Iterator[IO[bytes] | str]:
    """Yield what readers that must seek can open; compressed files go to a temporary one."""
    if codec_of(path) is None:
        yield str(path)
        return
    with TemporaryFile() as plain:
        for chunk in read_chunks(path):
            plain.write(chunk)
        plain.seek(0)
        yield plain
