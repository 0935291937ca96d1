"""Many people at once: `python -m tests.benchmarks.people_speed STORE --people 20 --seconds 120`.

Everyone speaks the app's own protocol over a socket of their own, as a browser does: half read pair
after pair, half filter the linked panels, each with a pause to think after every answer. An
answer's time is from the press to the end of what the server draws; browsers draw on machines of
their own. One person alone comes first, then all; the slowest twentieth of both are compared.
`--minutes` then goes on with one restless person and follows the server's memory.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

from tests.benchmarks.browser_speed import Served, serving, summary

LARGEST = 1 << 26
PATIENCE = 60.0
PAGES = ("", "browse", "margins", "slices", "flips", "scorers", "export", "methods")


class Person:
    """Someone with the app open."""

    def __init__(self, socket: ClientConnection, page: str, link: str) -> None:
        """Take an open connection; `link` is the page's query."""
        self.socket, self.page, self.link = socket, page, link
        self.hash = ""
        self.widgets: dict[str, str] = {}

    async def ask(self, *pressed: WidgetState) -> float:
        """Send what was pressed, take the whole answer; return milliseconds, raise on an error."""
        message = BackMsg()
        run = message.rerun_script
        run.query_string, run.page_name, run.page_script_hash = self.link, self.page, self.hash
        run.widget_states.widgets.extend(pressed)
        started = time.perf_counter()
        await self.socket.send(message.SerializeToString())
        while not self._hear(await asyncio.wait_for(self.socket.recv(), PATIENCE)):
            pass
        return (time.perf_counter() - started) * 1000

    def _hear(self, data: str | bytes) -> bool:
        """Note where widgets are; return whether this answer is complete."""
        said = ForwardMsg()
        said.ParseFromString(data if isinstance(data, bytes) else data.encode())
        kind = said.WhichOneof("type")
        if kind == "navigation":
            self.page, self.hash = "", said.navigation.page_script_hash
        if kind == "page_info_changed":
            self.link = said.page_info_changed.query_string
        if kind == "delta":
            self._note(said)
        return kind == "script_finished" and said.script_finished == said.FINISHED_SUCCESSFULLY

    def _note(self, said: ForwardMsg) -> None:
        element = said.delta.new_element
        shown = element.WhichOneof("type")
        if shown == "exception":
            raise RuntimeError(element.exception.message)
        if shown in ("button", "text_input"):
            widget = getattr(element, shown)
            self.widgets[widget.label] = widget.id

    def press(self, label: str) -> WidgetState:
        """Return the press of a button."""
        return WidgetState(id=self.widgets[label], trigger_value=True)

    def type(self, label: str, text: str) -> WidgetState:
        """Return a text put into a box."""
        return WidgetState(id=self.widgets[label], string_value=text)


async def live(url: str, reads: bool, until: float, seed: int) -> list[float]:
    """Open the app, act and think until the time is over; return ms of every answer but the first.

    Thinking takes 3 to 9 seconds.
    """
    draw = random.Random(seed)
    page, link = ("browse", f"pair={draw.randrange(1000)}") if reads else ("margins", "view=linked")
    taken = []
    async with connect(socket_of(url), subprotocols=["streamlit"], max_size=LARGEST) as socket:
        person = Person(socket, page, link)
        await person.ask()
        while time.monotonic() < until:
            await asyncio.sleep(draw.uniform(3, 9))
            act = person.press("Next") if reads else _narrowed(person, draw)
            taken.append(await person.ask(act))
    return taken


def _narrowed(person: Person, draw: random.Random) -> WidgetState:
    return person.type("Conditions", f"suspicion >= {draw.uniform(0, 0.9):.4f}")


def socket_of(url: str) -> str:
    """Return the address of the app's socket."""
    return url.replace("http", "ws", 1) + "/_stcore/stream"


async def together(url: str, people: int, seconds: float) -> list[float]:
    """Let people live side by side; return all of their answers' ms."""
    until = time.monotonic() + seconds
    lives = [live(url, bool(number % 2), until, number) for number in range(people)]
    return [ms for taken in await asyncio.gather(*lives) for ms in taken]


async def restless(url: str, app: Served, minutes: float) -> list[dict[str, float]]:
    """Browse without a pause, each page in turn with ever new filters; return memory by minute."""
    draw, seen, started = random.Random(7), [], time.monotonic()
    while (passed := (time.monotonic() - started) / 60) < minutes:
        async with connect(socket_of(url), subprotocols=["streamlit"], max_size=LARGEST) as socket:
            for page in PAGES:
                person = Person(socket, page, "")
                await person.ask()
                for _ in range(6):
                    await person.ask(_narrowed(person, draw))
        if passed >= len(seen):
            seen.append({"minute": round(passed, 1), **app.megabytes()})
    return seen


async def measure(app: Served, args: argparse.Namespace) -> dict[str, object]:
    """Measure one, all, and memory."""
    alone = await together(app.url, 2, args.seconds)
    crowd = await together(app.url, args.people, args.seconds)
    one, all_ = summary(alone), summary(crowd)
    found: dict[str, object] = {
        "a reader and a filterer": {**one, "answers": len(alone)},
        f"{args.people} people": {**all_, "answers": len(crowd)},
        "ratio of p95": round(all_["p95_ms"] / one["p95_ms"], 2),
        "memory": app.megabytes(),
    }
    if args.minutes:
        found["memory by minute"] = await restless(app.url, app, args.minutes)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--minutes", type=float, default=0, help="then browse on for so long")
    args = parser.parse_args()
    with serving("core", "serve", "--store", str(args.store), "--port", "PORT") as app:
        result = asyncio.run(measure(app, args))
    for name, value in result.items():
        print(f"{name:>32}  {value}")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
