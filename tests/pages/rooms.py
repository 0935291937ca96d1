"""Relabel opened on a small store of its own: `room.open()`, and what is on the page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block, Button

from core.relabel.desk import Desk
from core.schema.relabel import CastVote, QueueItem
from core.store.instance import Store
from tests.queues import items_of, open_desk


class Room:
    """A store with a desk, and the page opened on it."""

    def __init__(self, root: Path, store: Store, open_app: Callable[..., AppTest]) -> None:
        self.root, self.store = root, store
        self.desk: Desk = open_desk(root)
        self._open = open_app

    def items(self, n: int, start: int = 0) -> tuple[QueueItem, ...]:
        return items_of(self.store, n, start)

    def open(self, **link: str) -> AppTest:
        """Open the page; leave its start behind."""
        app = self._open(self.root, "relabel", **link)
        return click(app, "Start") if has(app, "Start") else app

    def votes(self) -> list[CastVote]:
        self.desk.refresh(0)
        return self.desk.ask(lambda state: list(state.votes.values()))


def button(app: AppTest, label: str) -> Button:
    return next(b for b in app.button if b.label == label)


def has(app: AppTest, label: str) -> bool:
    return any(b.label == label for b in app.button)


def click(app: AppTest, label: str) -> AppTest:
    return button(app, label).click().run()


def texts(app: AppTest) -> list[str]:
    """Return the prompt, A and B."""
    html = "".join(str(element.value) for element in app.get("html"))
    return re.findall(r'class="as-text" dir="auto">(.*?)</div>', html, re.DOTALL)


def strings(found: Block | Any) -> Iterator[str]:
    """Yield every string of every element of a page, keys included."""
    for child in found.children.values():
        if isinstance(child, Block):
            yield from strings(child)
        yield from _strings(child.proto) if child.proto is not None else ()
        yield str(getattr(child, "key", "") or "")


def _strings(message: Message) -> Iterator[str]:
    for _, value in message.ListFields():
        for one in value if isinstance(value, list | tuple) or hasattr(value, "add") else [value]:
            if isinstance(one, Message):
                yield from _strings(one)
            elif isinstance(one, str):
                yield one
