"""The command line that makes a queue as a person asked for it on Team."""

from __future__ import annotations

import shlex

from core.curate.commandline import filter_words
from core.curate.queues.drafts import QueueAsk

GUIDELINE = "guideline.md"
"""File that the command reads the guideline from."""


def queue_command(ask: QueueAsk, store: str = "") -> str:
    """Return the command that makes the same queue, quoted for a shell.

    A guideline is a file on the command line: it is named, not written.
    """
    usual = QueueAsk(ask.name)
    words = ["python", "-m", "core", "queue", "make", *filter_words(ask.filter)]
    for flag, value, default in (
        ("store", store, ""),
        ("kind", ask.kind, usual.kind),
        ("preset", ask.preset, usual.preset),
        ("size", ask.size, usual.size),
        ("overlap", ask.overlap, usual.overlap),
        ("audit", f"{ask.audit_share:g}", f"{usual.audit_share:g}"),
        ("gold", ask.gold, usual.gold),
        ("practice", ask.practice, usual.practice),
        ("guideline", GUIDELINE if ask.guideline else "", ""),
        ("warning", ask.warning, usual.warning),
        ("order", ask.order, usual.order),
        ("speed", f"{ask.chars_per_second:.4g}", f"{usual.chars_per_second:.4g}"),
        ("seed", ask.seed, usual.seed),
    ):
        words += [f"--{flag}={value}"] if value != default else []
    words += [f"--warn={source}" for source in ask.warn]
    # Last, behind "--": a queue's name may begin with a dash.
    words += ["--assign", *ask.people] if ask.people else []
    return shlex.join([*words, "--", ask.name])
