"""`queue`: make queues of pairs to relabel, say who is asked, close them."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

from core.commands.command import Command, Outcome
from core.commands.export import check_names
from core.commands.exportargs import filter_arguments, filter_of, preset_argument
from core.commands.relabelling import WHO, desk_of, find_queue, tell_votes, verbs
from core.curate.queues.drafts import QueueAsk, draft
from core.curate.queues.kinds import QUEUE_KINDS, RANDOM
from core.errors import UnknownName, UsageError
from core.relabel.desk import Desk
from core.relabel.people import people, too_few
from core.relabel.queues import Queue, check_free
from core.relabel.state import State
from core.schema.relabel import QueueDraft
from core.settings import Settings
from core.store.instance import open_store

EVERYONE = "everyone"
GUIDELINE_CHARS = 100_000
_PLAIN = QueueAsk("")
_READ = ("suspects", "audit")
"""Strata of pairs that every person reads for their labels."""


def _arguments(parser: ArgumentParser) -> None:
    verb = verbs(parser)
    _make_arguments(verb("make", "make a queue from a filter"))
    verb("list", "list all queues")
    assign = verb("assign", "ask these people and nobody else, or everyone")
    overlap = verb("overlap", "want another number of answers per pair from now on")
    guideline = verb("guideline", "put another guideline beside the pairs")
    close = verb("close", "end a queue")
    reopen = verb("reopen", "open a closed queue again")
    for parser_of_one in (assign, overlap, guideline, close, reopen):
        parser_of_one.add_argument("queue", metavar="QUEUE", help="its name or id")
    assign.add_argument("who", nargs="+", metavar="WHO", help=f"names of people, or {EVERYONE}")
    overlap.add_argument("n", type=int, metavar="N", help="answers per pair")
    guideline.add_argument("file", type=Path, metavar="FILE", help="Markdown")


def _make_arguments(parser: ArgumentParser) -> None:
    add, kinds = parser.add_argument, ", ".join(QUEUE_KINDS.names())
    add("name", metavar="NAME", help="what people see")
    add("--kind", default=_PLAIN.kind, metavar="K", help=f"which pairs come first: {kinds}")
    filter_arguments(parser)
    preset_argument(parser)
    add("--size", type=int, default=_PLAIN.size, metavar="N", help="most ranked pairs (500)")
    add("--overlap", type=int, default=1, metavar="N", help="answers per pair (1)")
    add("--audit", type=float, default=_PLAIN.audit_share, metavar="SHARE",
        help="share drawn at random, from which noise is estimated: 0.1 to 0.2 (0.15)")  # fmt: skip
    add("--gold", type=int, default=_PLAIN.gold, metavar="N",
        help="most pairs with known answers that check people silently (50)")  # fmt: skip
    add("--practice", type=int, default=_PLAIN.practice, metavar="N",
        help="pairs with known answers to begin with: 3 to 10, or 0 (5)")  # fmt: skip
    add("--guideline", type=Path, metavar="FILE", help="Markdown that stands beside the pairs")
    add("--warning", default="", metavar="TEXT", help="what people read before they begin")
    add("--warn", action="append", default=[], metavar="SOURCE",
        help="a source whose texts are blurred at first; repeats")  # fmt: skip
    add("--assign", nargs="+", metavar="WHO", help=f"who is asked ({EVERYONE})")
    add("--order", choices=("benefit", "random"), default=_PLAIN.order,
        help="ranked pairs by noise removed per minute of reading, or at random")  # fmt: skip
    add("--speed", type=float, default=_PLAIN.chars_per_second, metavar="CHARS",
        help="characters that people read here in a second (25)")  # fmt: skip
    add("--seed", type=int, help="seed of everything drawn")
    add("--dry-run", action="store_true", help="say what it would hold, and make nothing")


def _run(args: Namespace, settings: Settings) -> Outcome:
    return _VERBS[args.action](args, settings)


def _make(args: Namespace, settings: Settings) -> Outcome:
    ask = _ask(args, settings)
    with closing(open_store(settings.store, settings.memory, settings.threads)) as store:
        check_names(store, ask.filter)
        tell_votes(store, settings, ask.filter)
        made = draft(store, ask)
    with desk_of(settings) as desk:
        if args.dry_run:
            desk.ask(lambda state: check_free(made.name, state.queues.values()))
        there = desk.ask(lambda state: _answered(made, state))
        queue_id = None if args.dry_run else desk.make_queue(made, WHO)
    return _made(made, queue_id, ask, settings, there)


def _answered(made: QueueDraft, state: State) -> int:
    """Return how many of the answers that a queue wants were given in other queues."""
    pairs = {item.pair_id for item in made.items if item.stratum in _READ}
    return sum(min(made.overlap, len(state.answers(pair))) for pair in pairs)


def _ask(args: Namespace, settings: Settings) -> QueueAsk:
    return QueueAsk(
        name=args.name,
        kind=args.kind,
        filter=filter_of(args),
        preset=args.preset,
        size=args.size,
        audit_share=args.audit,
        gold=args.gold,
        practice=args.practice,
        overlap=args.overlap,
        people=_people(args.assign, settings) if args.assign else None,
        guideline=_text(args.guideline) if args.guideline else "",
        warning=args.warning,
        warn=tuple(args.warn),
        order=args.order,
        seed=settings.seed,
        chars_per_second=args.speed,
    )


def _people(names: list[str], settings: Settings) -> tuple[str, ...] | None:
    if names == [EVERYONE]:
        return None
    if EVERYONE in names:
        raise UsageError(f"{EVERYONE} stands alone.", "Leave the other names out.")
    known = people(settings)
    for name in names:
        if name not in known:
            raise UnknownName("person", name, (*known, EVERYONE))
    return tuple(dict.fromkeys(names))


def _text(path: Path) -> str:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = "There is no such file." if not Path(path).exists() else "A guideline is Markdown."
        raise UsageError(f"{path} cannot be read as text.", why) from error
    if len(text) > GUIDELINE_CHARS:
        raise UsageError(
            f"{path} has {len(text):,} characters.", f"A guideline has {GUIDELINE_CHARS:,} at most."
        )
    return text


def _made(
    made: QueueDraft, queue_id: str | None, ask: QueueAsk, settings: Settings, there: int
) -> Outcome:
    few = too_few(made.overlap, made.people, settings)
    strata = Counter(item.stratum for item in made.items)
    audits = [item for item in made.items if item.stratum == "audit"]
    data = {
        "queue": queue_id,
        "name": made.name,
        "kind": made.kind,
        "items": len(made.items),
        "ranked": made.params["ranked"],
        "audits": len(audits),
        "ranked_audits": sum(item.probability == 1 for item in audits),
        "gold": strata["gold"],
        "practice": strata["practice"],
        "pairs": made.params["pairs"],
        "ties": made.params["ties"],
        "overlap": made.overlap,
        "answered": there,
        "people": made.people,
        "sentence": made.sentence,
        "note": few or None,
    }
    ending = f"Its id is {queue_id}." if queue_id else "Nothing was made."
    return Outcome(data, (*_said(made, data, ask), *filter(None, (few,)), ending))


def _said(made: QueueDraft, data: Mapping[str, object], ask: QueueAsk) -> tuple[str, ...]:
    chars = sum(item.n_chars for item in made.items if item.stratum in _READ)
    hours = chars * made.overlap / ask.chars_per_second / 3600
    long = f"{hours:,.0f} hours" if hours >= 2 else f"{60 * hours:,.0f} minutes"
    ranked = f"{data['ranked']:,} ranked ({made.kind}), " if made.kind != RANDOM.name else ""
    both = f" ({data['ranked_audits']:,} of them ranked too)" if data["ranked_audits"] else ""
    checks = f"{data['gold']:,} gold and {data['practice']:,} practice pairs"
    if not (data["gold"] or data["practice"]):
        checks = "no gold pairs, so nobody is checked silently and nobody practises"
    wanted = made.overlap * sum(item.stratum in _READ for item in made.items)
    there = f"{data['answered']:,} of {wanted:,} answers are there already, from other queues."
    return (
        f"{data['pairs']:,} pairs ({made.sentence}); rows left out as ties: {data['ties']:,}.",
        f"{made.name}: {ranked}{data['audits']:,} drawn at random{both}; {checks}.",
        f"Asked: {_asked(made.people)}, {made.overlap} per pair: about {long} of reading.",
        *([there] if data["answered"] else []),
    )


def _list(args: Namespace, settings: Settings) -> Outcome:
    with desk_of(settings) as desk:
        rows = [_row(desk, queue) for queue in desk.state.queues.values()]
    lines = tuple(map(_line, rows)) or ("There is no queue; queue make NAME makes one.",)
    return Outcome({"queues": rows}, lines)


def _row(desk: Desk, queue: Queue) -> dict[str, object]:
    answers = [len(desk.state.answers(pair)) for pair in queue.pairs()]
    return {
        "queue": queue.id,
        "name": queue.name,
        "kind": queue.kind,
        "items": len(queue.items),
        "asked": len(answers),
        "overlap": queue.overlap,
        "wanted": queue.overlap * len(answers),
        "answers": sum(min(n, queue.overlap) for n in answers),
        "people": queue.people,
        "closed": queue.closed,
        "made_by": queue.made_by,
        "sentence": queue.sentence,
        "guideline": queue.guideline_hash or None,
    }


def _line(row: Mapping[str, object]) -> str:
    state = "closed" if row["closed"] else f"asked: {_asked(row['people'])}"
    return (
        f"{row['name']} ({row['queue']}): {row['kind']}, {row['asked']:,} pairs, "
        f"{row['answers']:,} of {row['wanted']:,} answers; {state}"
    )


def _asked(names: object) -> str:
    return ", ".join(map(str, names)) if isinstance(names, list | tuple) else EVERYONE


def _assign(args: Namespace, settings: Settings) -> Outcome:
    names = _people(args.who, settings)
    return _changed(args, settings, lambda desk, queue: desk.assign(queue, names, WHO))


def _overlap(args: Namespace, settings: Settings) -> Outcome:
    if args.n < 1:
        raise UsageError(f"The overlap cannot be {args.n}.", "It is 1 or more.")
    return _changed(args, settings, lambda desk, queue: desk.set_overlap(queue, args.n, WHO))


def _guideline(args: Namespace, settings: Settings) -> Outcome:
    text = _text(args.file)
    return _changed(args, settings, lambda desk, queue: desk.set_guideline(queue, text, WHO))


def _close(args: Namespace, settings: Settings) -> Outcome:
    return _changed(args, settings, lambda desk, queue: desk.close(queue, WHO))


def _reopen(args: Namespace, settings: Settings) -> Outcome:
    return _changed(args, settings, lambda desk, queue: desk.close(queue, WHO, closed=False), True)


def _changed(
    args: Namespace,
    settings: Settings,
    change: Callable[[Desk, str], object],
    closed: bool = False,
) -> Outcome:
    with desk_of(settings) as desk:
        found = find_queue(desk, args.queue, closed)
        change(desk, found.id)
        queue = desk.state.queues[found.id]
        row = _row(desk, queue)
    few = "" if queue.closed else too_few(queue.overlap, queue.people, settings)
    return Outcome({**row, "note": few or None}, (_line(row), *filter(None, (few,))))


_VERBS: Mapping[str, Callable[[Namespace, Settings], Outcome]] = {
    "make": _make,
    "list": _list,
    "assign": _assign,
    "overlap": _overlap,
    "guideline": _guideline,
    "close": _close,
    "reopen": _reopen,
}
COMMAND = Command(
    "queue", "make queues of pairs to relabel, and say who is asked", _arguments, _run
)
