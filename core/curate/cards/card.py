"""The export's README.md: what a stranger must know, and the front matter that loads the files.

Names come from strangers: in the front matter PyYAML quotes them, in the text they stand in code
spans. The text is between two marks, so that a later push replaces it and leaves what others wrote.
"""

from __future__ import annotations

from collections.abc import Iterable

import yaml

from core.curate.cards.body import body
from core.curate.cards.front import front_matter
from core.curate.cards.markdown import code as code
from core.curate.cards.merge import BEGIN, END
from core.curate.manifests.manifest import Manifest

NAME = "README.md"


def card_text(manifest: Manifest, languages: Iterable[str] = ()) -> str:
    """Return the card of an export; `languages` are ISO 639 codes of its pairs, where known."""
    front = yaml.safe_dump(
        front_matter(manifest, languages), sort_keys=False, default_flow_style=False
    )
    text = body(manifest)
    return f"---\n{front}---\n\n{BEGIN}\n\n{text}\n{END}\n"
