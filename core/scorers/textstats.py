"""Text statistics: counts of form and a MinHash signature per response, with no model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.schema import Provenance, ScoringPlan
from core.scorers.minhash import Words, grams, words
from core.scorers.spec import SCORERS, ScorerOptions, ScorerSpec
from core.scorers.text_features import form
from core.scorers.turns import flat, turns_of

RULES = 1
"""Goes up with every change of what is counted: old and new counts must not meet in a run."""


@dataclass(frozen=True)
class Prepared:
    """A shard: its counts of form, and the words of its responses and prompts."""

    counts: dict[str, pa.Array]
    responses: Words
    prompts: Words
    prompt: pa.Array
    """Per row its prompt's place in `prompts`; NULL where it stood on an earlier row."""


@dataclass(frozen=True)
class TextStats:
    """The scorer; it holds nothing."""

    provenance: Provenance
    shard_chars: int = 8_000_000
    shard_items: int = 8_192

    def prepare(self, rows: pa.Table) -> Prepared:
        """Count, and split into words."""
        texts = _flat(rows, "response", "assistant")
        ids = rows["prompt_id"].to_numpy()
        _, first = np.unique(ids, return_index=True)
        at = np.full(len(ids), -1, np.int64)
        at[first] = np.arange(len(first))
        prompts = _flat(rows.select(_PROMPT).take(pa.array(first)), "prompt", "user")
        counts = {"response_id": rows["response_id"], **form(texts)}
        return Prepared(counts, words(texts), words(prompts), pa.array(at, mask=at < 0))

    def score(self, prepared: Prepared) -> Iterator[pa.Table]:
        """Yield the shard's counts and signatures."""
        own, prompts = grams(prepared.responses), grams(prepared.prompts)
        n_words = pa.array(prepared.responses.counts.astype(np.int32))
        made = {**prepared.counts, "n_words": n_words}
        yield pa.table(
            {
                **made,
                "repetition": own.repetition,
                "signature": own.signature,
                "prompt_signature": prompts.signature.take(prepared.prompt),
            }
        )


_PROMPT = ["prompt_text", "prompt_messages"]


def _flat(rows: pa.Table, name: str, role: str) -> pa.StringArray:
    """Return what is said, turn by turn; most rows are one turn and are taken as they are."""
    texts = rows[f"{name}_text"].combine_chunks()
    if not texts.null_count:
        return texts
    missing = pc.is_null(texts)
    messages = rows[f"{name}_messages"].combine_chunks().filter(missing).to_pylist()
    said = [_clean(flat(turns_of(None, each, role))) for each in messages]
    return pc.replace_with_mask(texts, missing, pa.array(said, pa.string()))


def _clean(text: str) -> str:
    """Replace lone surrogates, which JSON may spell and Arrow cannot hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def open_textstats(options: ScorerOptions, plan: ScoringPlan) -> TextStats:
    """Return the scorer."""
    from rensa import RMinHash

    return TextStats(
        Provenance(
            device="cpu",
            parameters={"rules": RULES, "minhash": int(RMinHash.ALGORITHM_VERSION)},
            versions={name: version(name) for name in ("rensa", "pyarrow", "numpy")},
        )
    )


SPEC = SCORERS.register(
    ScorerSpec(
        name="textstats",
        title="Text statistics",
        description=(
            "Counts of words, sentences, lists, headings, code, bold, links and citations, "
            "whether it refuses, how far it repeats itself, and a MinHash signature of each "
            "response and prompt. Needs no model, no GPU and no labels."
        ),
        limits=(
            "Counts form, not worth. Patterns are simple: markdown, English refusals, [1] and "
            "(Author, 2020) as citations; an unusual way to write these is not seen. Signatures "
            "estimate the share of common word 3-grams with a standard error of at most 0.045, "
            "and know words, not meaning. Thai, Lao and Khmer texts are one word per phrase."
        ),
        paper="Broder 1997 (MinHash); Lee et al. 2021, arXiv:2107.06499",
        columns={
            "n_words": "words; each sign of Chinese, Japanese and Korean is one",
            "n_sentences": "ends of sentences, at least 1 where anything is said",
            "n_list_items": "lines that begin as a list item",
            "n_headings": "markdown headings",
            "n_code_blocks": "fenced blocks of code",
            "n_bold": "phrases in markdown's bold",
            "n_links": "URLs",
            "n_citations": "places that cite, such as [1] or (Author, 2020)",
            "refusal": "1 where it holds a phrase of refusal, else 0",
            "repetition": "1 − different word 3-grams / word 3-grams; NULL without a word",
            "signature": "128 bytes: one of each of 128 MinHash values of its word 3-grams",
            "prompt_signature": "that of its prompt, on its first response in a part",
        },
        takes=(),
        open=open_textstats,
    )
)
