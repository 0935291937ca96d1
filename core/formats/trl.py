"""TRL's standard preference rows: plain texts, with the prompt beside or inside the responses."""

from __future__ import annotations

from core.formats.assemble import assemble, keep_rows, keep_texts
from core.formats.conversations import PairContent
from core.formats.hh import is_transcript
from core.formats.look import ENOUGH, Look
from core.formats.messages import Content
from core.formats.spec import FORMATS, FormatSpec
from core.formats.values import BadRow, text_column
from core.schema import PairBatch, RawBatch, Recognition

_PROMPT_NAMES = frozenset(
    ("prompt", "instruction", "question", "input", "query", "context", "history", "conversations")
)


def _explicit(look: Look) -> Recognition | None:
    return look.fits("trl_explicit", prompt="text", chosen="text", rejected="text")


def _explicit_pairs(batch: RawBatch) -> PairBatch:
    texts = [text_column(batch, name) for name in ("prompt", "chosen", "rejected")]
    return assemble(batch, keep_texts(batch, *texts), ("prompt", "chosen", "rejected"))


def _implicit(look: Look) -> Recognition | None:
    """Fit rows without any prompt column whose two texts begin alike and are no transcripts."""
    found = look.fits("trl_implicit", chosen="text", rejected="text")
    if found is None or _PROMPT_NAMES & look.values.keys():
        return None
    if look.share("chosen", is_transcript) >= ENOUGH:
        return None
    texts = zip(look.values["chosen"], look.values["rejected"], strict=True)
    starts = [_shared(a, b) for a, b in texts if isinstance(a, str) and isinstance(b, str)]
    alike = sum(map(bool, starts)) / len(starts)
    why = "chosen and rejected are texts that begin alike; there is no prompt column"
    return Recognition("trl_implicit", alike, why) if alike >= ENOUGH else None


def _shared(chosen: str, rejected: str) -> int:
    """Return the length of the longest common start, back to before its last white space.

    "2+2= 4", "2+2= 5" → 4 (" 4" and " 5" keep their space, as in TRL).
    """
    low, high = 0, min(len(chosen), len(rejected))
    while low < high:
        middle = (low + high + 1) // 2
        if chosen[:middle] == rejected[:middle]:
            low = middle
        else:
            high = middle - 1
    while low > 0 and not (_space_at(chosen, low) and _space_at(rejected, low)):
        low -= 1
    return low


def _space_at(text: str, at: int) -> bool:
    """Tell whether white space begins at a place: a boundary that parts no word."""
    return at < len(text) and text[at].isspace() and not text[at - 1].isspace()


def _split(chosen: object, rejected: object) -> PairContent:
    if not isinstance(chosen, str) or not isinstance(rejected, str):
        raise BadRow("chosen or rejected is missing or no text")
    if chosen == rejected:
        raise BadRow("chosen and rejected are identical")
    at = _shared(chosen, rejected)
    if at == 0:
        raise BadRow("chosen and rejected do not begin with the same prompt")
    return PairContent(
        Content(None, chosen[:at]), Content(None, chosen[at:]), Content(None, rejected[at:])
    )


def _implicit_pairs(batch: RawBatch) -> PairBatch:
    names = ("chosen", "rejected")
    return assemble(batch, keep_rows(batch, names, _split), names)


FORMATS.register(
    FormatSpec(
        name="trl_explicit",
        title="TRL standard, prompt beside the responses",
        family="flat",
        columns="prompt, chosen, rejected: text",
        label_meaning="chosen won",
        example={"prompt": "2+2=", "chosen": " 4", "rejected": " 5"},
        recognise=_explicit,
        to_pairs=_explicit_pairs,
    )
)
FORMATS.register(
    FormatSpec(
        name="trl_implicit",
        title="TRL standard, prompt inside the responses",
        family="nested",
        columns="chosen, rejected: text that begins with the same prompt",
        label_meaning="chosen won",
        example={"chosen": "2+2= 4", "rejected": "2+2= 5"},
        recognise=_implicit,
        to_pairs=_implicit_pairs,
    )
)
