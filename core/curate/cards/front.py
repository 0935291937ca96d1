"""The front matter of a card, for a hub and `datasets`. PyYAML quotes what strangers wrote."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

import pyarrow as pa

from core.curate.cards.markdown import plain
from core.curate.manifests.manifest import Manifest, SplitEntry
from core.curate.written.knobs import KNOBS
from core.curate.written.writers import FILES, FORMATS

CONFIG = "default"
TAGS = ("preference", "rlhf", "dpo", "human-feedback", "trl")
_TASKS = ("text-generation", "reinforcement-learning")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
"""ISO 639, which is all a hub takes."""
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"),
          (10_000_000, "1M<n<10M"))  # fmt: skip
_DTYPES = {"double": "float64", "float": "float32", "halffloat": "float16"}
"""Arrow's names of types → those of `datasets`."""
_KNOWN = """
    afl-3.0 agpl-3.0 apache-2.0 artistic-2.0 bsd bsd-2-clause bsd-3-clause bsd-3-clause-clear
    bsl-1.0 c-uda cc cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0
    cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cc-by-nd-4.0
    cc-by-sa-3.0 cc-by-sa-4.0 cc0-1.0 cdla-permissive-1.0 cdla-permissive-2.0 cdla-sharing-1.0
    ecl-2.0 epl-1.0 epl-2.0 etalab-2.0 eupl-1.1 eupl-1.2 gfdl gpl gpl-2.0 gpl-3.0 isc lgpl lgpl-2.1
    lgpl-3.0 mit mpl-2.0 ms-pl ncsa odbl odc-by openrail osl-3.0 other pddl postgresql unlicense
    wtfpl zlib"""
LICENCES = frozenset(_KNOWN.split())
"""Identifiers a hub knows; it refuses a card with another one."""


def front_matter(manifest: Manifest, languages: Iterable[str] = ()) -> dict[str, object]:
    """Return the keys and values; a key that would say more than is known is left out."""
    names = ", ".join(source.name for source in manifest.sources)
    return {
        **_licence(manifest),
        **_languages(languages),
        "pretty_name": plain(f"Preference pairs from {names}"),
        "size_categories": [_size(manifest.counts.selected)],
        "task_categories": list(_TASKS),
        "tags": list(TAGS),
        "configs": [_config(manifest)],
        **_types(manifest),
    }


def _config(manifest: Manifest) -> dict[str, object]:
    further = FILES.get(manifest.recipe.file).config
    return {"config_name": CONFIG, "data_files": _data_files(manifest), **further}


def _types(manifest: Manifest) -> dict[str, object]:
    """Return the columns' types; without them `datasets` guesses them in every block of 10 MB."""
    shape = FORMATS.get(manifest.recipe.format)
    if shape.nest:  # of a document that is for other readers
        return {}
    columns = tuple(name for name in manifest.columns if name in KNOBS.names())
    typed = features(shape.schema_of(columns))
    return {"dataset_info": [{"config_name": CONFIG, "features": typed}]}


def features(schema: pa.Schema | pa.StructType) -> list[dict[str, object]]:
    """Return columns as `datasets` writes them: `{name: c, dtype: string}`, nested ones as lists.

    `[{role, content}]` becomes `{name: c, list: [{name: role, dtype: string}, …]}`.
    """
    return [{"name": field.name, **_feature(field.type)} for field in schema]


def _feature(kind: pa.DataType) -> dict[str, object]:
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return {"list": _inner(kind.value_type)}
    if pa.types.is_struct(kind):
        return {"struct": features(kind)}
    return {"dtype": _DTYPES.get(str(kind), str(kind))}


def _inner(kind: pa.DataType) -> object:
    """Return what a list holds; a plain type stands there by its name."""
    held = _feature(kind)
    return held.get("struct", held.get("dtype", held))


def _licence(manifest: Manifest) -> dict[str, object]:
    """Return the hub's field, only where every source states one that it knows."""
    names = {(source.licence or "").strip().lower() for source in manifest.sources}
    return {"license": sorted(names)} if names and names <= LICENCES else {}


def _languages(languages: Iterable[str]) -> dict[str, object]:
    known = sorted({name for name in languages if _LANGUAGE.fullmatch(name)})
    return {"language": known} if known else {}


def _size(rows: int) -> str:
    return next((name for limit, name in _SIZES if rows < limit), "n>10M")


def _data_files(manifest: Manifest) -> list[dict[str, object]]:
    return [{"split": split.name, "path": _paths(manifest, split)} for split in manifest.splits]


def _paths(manifest: Manifest, split: SplitEntry) -> str | list[str]:
    """Return the split's files by name: a pattern would find another push's files, too."""
    there = [
        entry.path
        for entry in manifest.files
        if PurePosixPath(entry.path).name.startswith(f"{split.name}-")
        or f"data/{split.name}/" in entry.path
    ]
    if not there:
        return f"data/{split.name}-*.{manifest.recipe.file}"
    return there[0] if len(there) == 1 else there
