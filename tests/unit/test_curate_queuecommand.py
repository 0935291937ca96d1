"""The command line that Team shows makes the queue that Team makes."""

from __future__ import annotations

import shlex
from argparse import ArgumentParser
from pathlib import Path

import pytest

from core.commands.queue import COMMAND, _ask
from core.curate.queues.command import GUIDELINE, queue_command
from core.curate.queues.drafts import QueueAsk
from core.schema import Condition, PairFilter
from core.settings import Settings

ODD = "-odd 'name' $(id) `x`; rm"
ASKS = {
    "plain": QueueAsk("First"),
    "odd name": QueueAsk(ODD),
    "all": QueueAsk(
        "All of it",
        kind="random",
        filter=PairFilter(
            sources=("a b", "-c"),
            splits=("train",),
            search='"two words" -x',
            conditions=(Condition("suspicion", ">=", 0.5), Condition("tie", "=", False)),
        ),
        preset="everything",
        size=70,
        audit_share=0.2,
        gold=0,
        practice=3,
        overlap=3,
        warning="Mind & read",
        warn=("a b",),
        order="random",
        seed=7,
        chars_per_second=31.5,
    ),
}


@pytest.mark.parametrize("name", ASKS)
def test_the_command_asks_for_the_same(name: str) -> None:
    parser = ArgumentParser()
    COMMAND.arguments(parser)
    words = shlex.split(queue_command(ASKS[name]))
    assert words[:4] == ["python", "-m", "core", "queue"]
    args = parser.parse_args(words[4:])
    assert _ask(args, Settings(seed=args.seed or 42)) == ASKS[name]


def test_a_guideline_is_named_and_people_and_store_are_said() -> None:
    ask = QueueAsk("Q", guideline="# Read\n$(id)", people=("Ann Lee", "bo"))
    command = queue_command(ask, "my store")
    assert f"--guideline={GUIDELINE}" in command
    assert "id" not in shlex.split(command.replace(GUIDELINE, ""))
    assert "--assign 'Ann Lee' bo -- Q" in command
    assert shlex.split(command)[6] == "--guideline=guideline.md"
    assert "'--store=my store'" in command
    assert not Path(GUIDELINE).exists()
