"""Text → numbers: hashed word 1-2-grams and a few counts of style, computed per response."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log1p
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

COLUMNS = 1 << 18
"""Width of the hashed n-grams; no vocabulary is kept, so memory does not grow with the data."""
MAX_CHARS = 20_000
"""What is read of a response; a longer one is marked truncated."""
_PROMPT_CHARS = 2_000

# Chinese, Japanese and Korean write no spaces: there each sign is a word, and 2-grams make words.
_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_TOKEN = rf"[{_CJK}]|[^\W{_CJK}]+|[^\w\s]"
_WORD = re.compile(rf"[{_CJK}]|[^\W{_CJK}]+")
_SENTENCE_END = re.compile(r"[.!?。！？]+(?:\s|$)")
_LIST_ITEM = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s", re.M)
_MARKDOWN = re.compile(r"\*\*|^#|`", re.M)
_REFUSAL = re.compile(
    r"\b(?:sorry|cannot|can[’']t|unable|as an ai|not sure|don[’']t know|apologi[sz]e)\b", re.I
)
_DIGIT = re.compile(r"\d")
_FIRST_PERSON = re.compile(r"\bI\b")
_SECOND_PERSON = re.compile(r"\byour?\b", re.I)


@dataclass(frozen=True)
class Features:
    """One row per response."""

    ngrams: csr_matrix
    """Signed counts, shape (n, COLUMNS), float32."""
    style: npt.NDArray[np.float32]
    """Shape (n, len(STYLE))."""


@dataclass(frozen=True)
class _Read:
    text: str
    words: Sequence[str]
    prompt_words: frozenset[str]


def featurise(prompts: Sequence[str], responses: Sequence[str]) -> Features:
    """Return the features of responses; each row depends on its own texts only."""
    from sklearn.feature_extraction.text import HashingVectorizer

    texts = [_clean(text[:MAX_CHARS]) for text in responses]
    hashing = HashingVectorizer(
        n_features=COLUMNS, ngram_range=(1, 2), norm=None, dtype=np.float32, token_pattern=_TOKEN
    )
    style = [_style(prompt, text) for prompt, text in zip(prompts, texts, strict=True)]
    shape = (len(texts), len(STYLE))
    return Features(hashing.transform(texts), np.array(style, np.float32).reshape(shape))


def _clean(text: str) -> str:
    """Replace lone surrogates, which the hash cannot encode."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _style(prompt: str, text: str) -> list[float]:
    read = _Read(text, _words(text), frozenset(_words(prompt[-_PROMPT_CHARS:])))
    return [measure(read) for measure in STYLE.values()]


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _count(pattern: re.Pattern[str]) -> Callable[[_Read], float]:
    return lambda read: log1p(len(pattern.findall(read.text)))


def _signs(signs: str) -> Callable[[_Read], float]:
    return lambda read: log1p(sum(map(read.text.count, signs)))


def _ends(signs: str) -> Callable[[_Read], float]:
    return lambda read: float(read.text.rstrip()[-1:] in tuple(signs))


STYLE: dict[str, Callable[[_Read], float]] = {
    "chars": lambda read: log1p(len(read.text)),
    "words": lambda read: log1p(len(read.words)),
    "words_per_sentence": lambda read: (
        len(read.words) / max(1, len(_SENTENCE_END.findall(read.text))) / 20
    ),
    "chars_per_word": lambda read: len(read.text) / max(1, len(read.words)) / 5,
    "different_words": lambda read: len(set(read.words)) / max(1, len(read.words)),
    "few_words": lambda read: float(len(read.words) < 8),
    "in_prompt": lambda read: (
        len(read.prompt_words.intersection(read.words)) / max(1, len(set(read.words)))
    ),
    "lines": _signs("\n"),
    "list_items": _count(_LIST_ITEM),
    "markdown": _count(_MARKDOWN),
    "refusal": _count(_REFUSAL),
    "first_person": _count(_FIRST_PERSON),
    "second_person": _count(_SECOND_PERSON),
    "digits": _count(_DIGIT),
    "questions": _signs("?"),
    "exclamations": _signs("!"),
    "quotes": _signs('"'),
    "commas": _signs(","),
    "ends_asking": _ends("?"),
    "ends_whole": _ends('.!?)"`'),
}
"""Name → measure; all are about one in size."""
