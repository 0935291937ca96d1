"""The export's README.md: what a stranger must know, and the front matter that loads the files.

Names come from strangers: in the front matter PyYAML quotes them, in the text they stand in code
spans.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import pyarrow as pa
import yaml

from core.curate.manifest import Manifest
from core.curate.presets import PRESETS
from core.curate.writers import FILES, FORMATS, PROVENANCE

NAME = "README.md"
_LICENCE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,63}")
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_STEPS = (
    ("matching", "rows the filter found"),
    ("ties", "left out: ties, nobody named a winner"),
    ("contradictions", "left out: rows of a pair that stands with both labels"),
    ("duplicates", "left out: the same pair with the same label again, the first row stays"),
    ("unwritable", "left out: a turn without a text, or with a tool call"),
    ("unselected", "left out by the preset"),
    ("selected", "pairs written"),
)


def card_text(manifest: Manifest) -> str:
    """Return the card of an export."""
    front = yaml.safe_dump(_front_matter(manifest), sort_keys=False, default_flow_style=False)
    return f"---\n{front}---\n\n{_body(manifest)}"


def code(text: str) -> str:
    """Return `text` as one line in a code span that nothing in it can end."""
    line = "".join(c if c.isprintable() else "\ufffd" for c in " ".join(text.split()))
    fence = "`" * (max((len(run) for run in re.findall("`+", line)), default=0) + 1)
    return f"{fence} {line} {fence}" if "`" in line else f"`{line or ' '}`"


def _front_matter(manifest: Manifest) -> dict[str, object]:
    schema = FORMATS.get(manifest.recipe.format).schema
    files = [
        {"split": s.name, "path": f"data/{s.name}-*.{manifest.recipe.file}"}
        for s in manifest.splits
    ]
    return {
        **_licences(manifest),
        "pretty_name": f"Preference pairs from {', '.join(s.name for s in manifest.sources)}",
        "size_categories": [_size(manifest.counts.selected)],
        "tags": ["preference", "dpo", "trl"],
        "configs": [{"config_name": "default", "data_files": files}],
        # Without types `datasets` guesses them anew in every block of 10 MB, and may not load.
        "dataset_info": [{"config_name": "default", "features": _features(schema)}],
    }


def _licences(manifest: Manifest) -> dict[str, object]:
    """Return the hub's licence field, only where every source states one that it can hold."""
    stated = {(s.licence or "").lower() for s in manifest.sources}
    if not all(_LICENCE.fullmatch(name) for name in stated):
        return {}
    return {"license": sorted(stated)}


def _features(schema: pa.Schema) -> list[dict[str, object]]:
    return [{"name": field.name, **_feature(field.type)} for field in schema]


def _feature(kind: pa.DataType) -> dict[str, object]:
    if pa.types.is_list(kind):
        return {"list": _features(pa.schema(list(kind.value_type)))}
    return {"dtype": str(kind)}


def _size(rows: int) -> str:
    return next((name for limit, name in _SIZES if rows < limit), "n>1M")


def _body(manifest: Manifest) -> str:
    shape = FORMATS.get(manifest.recipe.format)
    counts = [(text, getattr(manifest.counts, name)) for name, text in _STEPS]
    sections = (
        "# Curated preference pairs",
        f"{manifest.counts.selected:,} pairs of a prompt, a chosen and a rejected answer. "
        f"{shape.title}. The columns {', '.join(map(code, PROVENANCE.names))} lead "
        "every row back to its source.",
        "## How it was made",
        f"Filter: {code(manifest.sentence)}. {_preset(manifest)}",
        _table(("step", "rows"), counts),
        "## Splits",
        _splits(manifest),
        _table(
            ("split", "pairs", "prompts"), [(s.name, s.rows, s.prompts) for s in manifest.splits]
        ),
        "## Sources and licences",
        _table(("source", "revision", "licence", "pairs"), _source_rows(manifest)),
        "Each part stays under its own licence; read it before you use or share the whole.",
        "## Limits",
        _limits(manifest),
        "`manifest.json` holds the whole recipe, the versions and the SHA-256 of every file.",
    )
    return "\n\n".join(sections) + "\n"


def _preset(manifest: Manifest) -> str:
    spec = PRESETS.get(manifest.recipe.preset)
    given = ", ".join(f"{k} = {v:g}" for k, v in manifest.recipe.params.items())
    params = f" ({given})" if given else ""
    paper = f" {spec.paper}" if spec.paper else ""
    return f"Preset: {code(spec.name)}{params}. {spec.description}{paper}"


def _limits(manifest: Manifest) -> str:
    limits = (
        f"Labels are those of the sources: nothing was relabelled. {_noise(manifest)}",
        "Rows that say the same in other words are not found as duplicates, and prompts that "
        "differ by a space count as different ones.",
        *(f"Not in the files: {loss}" for loss in manifest.losses),
        FILES.get(manifest.recipe.file).limits,
    )
    return "\n".join(f"- {limit}" for limit in limits if limit)


def _noise(manifest: Manifest) -> str:
    if manifest.noise is None:
        return "How many of them are reversed is not known: no scores tell."
    low, high = (f"{rate:.1%}" for rate in manifest.noise)
    estimate = f"at {low}" if low == high else f"between {low} and {high}"
    return (
        f"The scores of the store put the share of reversed labels {estimate}, over all its "
        "pairs, not only these."
    )


def _splits(manifest: Manifest) -> str:
    if manifest.recipe.splits.keep:
        return (
            "The splits are the sources' own. "
            f"{manifest.shared_prompts:,} prompts stand in more than one of them."
        )
    return f"No prompt stands in two splits; drawn by prompt with seed {manifest.recipe.seed}."


def _source_rows(manifest: Manifest) -> list[tuple[str, str, str, int]]:
    return [
        (code(s.name), _stated(s.revision), _stated(s.licence), s.rows) for s in manifest.sources
    ]


def _stated(text: str | None) -> str:
    return code(text) if text else "not stated"


def _table(head: Sequence[str], rows: Iterable[Sequence[str | int]]) -> str:
    lines = [head, ["---"] * len(head), *([_cell(value) for value in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: str | int) -> str:
    return f"{value:,}" if isinstance(value, int) else value.replace("|", "\\|")
