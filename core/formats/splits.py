"""Which split a file belongs to, told by its name as `datasets` does."""

from __future__ import annotations

import re
from pathlib import PurePath

DEFAULT_SPLIT = "train"

_KEYWORDS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "dev", "val"),
    "test": ("test", "testing", "eval", "evaluation"),
}
_SPLIT_OF = {word: split for split, words in _KEYWORDS.items() for word in words}
_SHARD = re.compile(r"^(\w+(?:\.\w+)*)-\d{5}-of-\d{5}$")
_WORD = re.compile(rf"(?<![a-z])({'|'.join(_SPLIT_OF)})(_(?:prefs|sft|gen))?(?![a-z])", re.I)


def guess_split(path: PurePath) -> str | None:
    """Return the split that the path inside its folder names, the file's name first.

    `data/train_prefs-00000-of-00003.parquet` → train_prefs, `dev.jsonl.gz` → validation.
    """
    stem = path.name.split(".", 1)[0]
    if shard := _SHARD.match(stem):
        return shard.group(1)
    for part in (stem, *reversed(path.parts[:-1])):
        if found := _WORD.search(part):
            return _SPLIT_OF[found.group(1).lower()] + (found.group(2) or "").lower()
    return None
