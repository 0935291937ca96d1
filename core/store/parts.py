"""Parts of a run: Parquet files sorted by key, each with what made it, written atomically.

A generation names the parts it serves, so what a killed writer left behind is never read by a page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import ScoreError
from core.schema import Provenance, RunInfo
from core.store.columns import COUNTS, failures, storable, total
from core.store.files import place
from core.store.layout import RUNS

_NAME = re.compile(r"part-\d{5,}\.parquet")
META = b"assay"
"""Key in a part's Parquet metadata."""
GIVEN = "given"
"""Key in a run's `parameters` of the options that a person gave, which --resume repeats."""
ROWS = 65_536
"""Of a row group."""


@dataclass(frozen=True)
class Tally:
    """Sums over a part, or over parts; None where a part does not say."""

    rows: int = 0
    failed: int | None = 0
    truncated: int | None = None
    tokens: int | None = None
    seconds: float | None = 0.0

    @classmethod
    def of(cls, rows: pa.Table, seconds: float) -> Tally:
        """Count one part."""
        return cls(
            rows=rows.num_rows,
            failed=failures(rows),
            truncated=total(rows, "truncated"),
            tokens=total(rows, *COUNTS),
            seconds=seconds,
        )

    @classmethod
    def joined(cls, tallies: Iterable[Tally]) -> Tally:
        """Add up; a sum of which a part knows nothing has the others' sum."""
        every = list(tallies)

        def added(name: str) -> int | None:
            known = [value for t in every if (value := getattr(t, name)) is not None]
            return sum(known) if known else None

        return cls(
            rows=added("rows") or 0,
            failed=added("failed"),
            truncated=added("truncated"),
            tokens=added("tokens"),
            seconds=added("seconds"),
        )


@dataclass(frozen=True)
class Part:
    """What a part's footer says."""

    name: str
    columns: tuple[str, ...]
    made: Mapping[str, object] | None = None
    """Scorer and provenance; None in a part of an earlier version or of another program."""
    tally: Tally = field(default_factory=Tally)
    replaces: tuple[str, ...] = ()
    """Parts that were merged into it."""


def write_part(
    root: Path, run_id: str, rows: pa.Table, made: RunInfo, *, number: int | None = None,
    seconds: float = 0.0,
) -> str:  # fmt: skip
    """Write the next part, sorted by key so that lookups skip most of it; return its name.

    `rows` are value columns keyed by response_id or pair_id; NaN and infinity become NULL.
    """
    folder = root / RUNS / run_id
    folder.mkdir(parents=True, exist_ok=True)
    name = part_name(next_number(folder) if number is None else number)
    table = storable(rows)
    meta = metadata(made, Tally.of(table, seconds))
    table = table.replace_schema_metadata({META: meta})
    place(folder / name, lambda temp: pq.write_table(table, temp, row_group_size=ROWS))
    return name


def metadata(made: Provenance, tally: Tally, replaces: Iterable[str] = ()) -> str:
    """Return what a part says about itself, as JSON."""
    said = {"made": making(made), "tally": asdict(tally), "replaces": list(replaces)}
    return json.dumps(said, ensure_ascii=True, allow_nan=False, sort_keys=True)


def making(made: Provenance) -> dict[str, object]:
    """Return scorer and provenance as plain JSON values."""
    names = ("scorer", *Provenance.__dataclass_fields__)
    data = {name: getattr(made, name) for name in names if hasattr(made, name)}
    data["parameters"] = {k: v for k, v in made.parameters.items() if k != GIVEN}
    plain: dict[str, object] = json.loads(json.dumps(data, default=dict))
    return plain


def read_part(folder: Path, name: str) -> Part:
    """Return what the footer says; raise ScoreError when it cannot be read."""
    try:
        footer = pq.read_metadata(folder / name)
        columns = tuple(footer.schema.to_arrow_schema().names)
        said = json.loads((footer.metadata or {}).get(META, b"{}"))
        if not said:
            return Part(name, columns, tally=Tally(footer.num_rows, None, seconds=None))
        tally, replaces = Tally(**said["tally"]), tuple(said["replaces"])
        return Part(name, columns, said["made"], tally, replaces)
    except (OSError, pa.ArrowException, ValueError, TypeError, KeyError) as error:
        raise ScoreError(
            f"{folder / name} is not a part of a run: {error}.",
            "Remove the file and what it held is scored again, or restore it from a copy.",
        ) from error


def part_names(folder: Path) -> tuple[str, ...]:
    """Return the parts on disk, the oldest first."""
    names = [path.name for path in folder.glob("part-*") if _NAME.fullmatch(path.name)]
    return tuple(sorted(names, key=part_number))


def next_number(folder: Path) -> int:
    """Return a number beyond every part on disk: one that is there may be served."""
    return max(map(part_number, part_names(folder)), default=-1) + 1


def part_name(number: int) -> str:
    """Return a part's file name."""
    return f"part-{number:05d}.parquet"


def part_number(name: str) -> int:
    """Return the number in a part's file name."""
    return int(name[5:-8])
