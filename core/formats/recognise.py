"""Which format the rows have: one clear reading, or an error that names the possible ones."""

from __future__ import annotations

from core.errors import AmbiguousFormat, SourceError
from core.formats.look import describe, look_at
from core.formats.spec import FORMATS
from core.schema import RawBatch, Recognition


def readings(batch: RawBatch) -> tuple[Recognition, ...]:
    """Return every format whose columns and value shapes fit the first rows."""
    look = look_at(batch)
    found = (spec.recognise(look) for spec in FORMATS)
    return tuple(reading for reading in found if reading is not None)


def recognise(batch: RawBatch) -> Recognition:
    """Return the one reading; raise AmbiguousFormat for several, SourceError for none."""
    found = readings(batch)
    if len(found) > 1:
        listed = "; ".join(f"{r.format} ({r.why})" for r in found)
        raise AmbiguousFormat(
            f"{batch.origin} can be read in {len(found)} ways: {listed}.",
            f"Say which with --format {found[0].format} or --format {found[1].format}.",
        )
    if not found:
        raise SourceError(
            f"{batch.origin} has no format that import knows; its columns are "
            f"{describe(look_at(batch))}.",
            "Say what they mean in a mapping file and pass it with --map FILE.toml.",
        )
    return found[0]
