"""A card that is there already, with ours in it: what people wrote stays as they wrote it.

Of the front matter only the keys that describe our files are changed, as text, so that comments,
order and numbers of the others stay; the body gets our text between two marks. The other card is a
stranger's: it is read as plain YAML and refused where it is more than that.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import yaml

from core.errors import ExportError

BEGIN, END = "<!-- assay:begin -->", "<!-- assay:end -->"
MAX_CHARS = 2_000_000
MAX_FRONT = 200_000
"""Of the front matter; PyYAML needs some seconds for that much."""
MAX_DEPTH = 40
_FRONT = re.compile(r"(\ufeff?---[ \t]*\r?\n)(.*?)^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_LONG = re.compile(r"[-+0-9_:.]{1000}")
"""PyYAML reads 1:1:1: … as a number to base 60, in a time that grows with its square."""
_OURS = ("size_categories", "tags", "configs", "dataset_info")
"""Keys that are changed where they are there; others of ours are only added."""
_HINT = "Nothing was changed; mend that card, or push to another repository."
_NO_LINES = "has a front matter that is no list of `key: value` lines"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Ten times as fast where PyYAML was built with libyaml."""
Values = dict[str, object]


@dataclass(frozen=True)
class _Front:
    """A front matter that was read."""

    lines: tuple[tuple[str, int], ...]
    """Each key and the line it begins in."""
    values: Values


def merge_card(existing: str, made: str) -> str:
    """Return the card `made` put into the `existing` one; merging again changes nothing.

    Raises:
        ExportError: the existing card's YAML is not plain, too large or broken, or its marks are.
    """
    if not existing.strip():
        return made
    if len(existing) > MAX_CHARS:
        raise _refused(f"has {len(existing):,} characters; {MAX_CHARS:,} are read")
    theirs, ours = _taken_apart(existing), _taken_apart(made)
    front = _merged_front(theirs, _read(ours.front).values)
    return f"{theirs.open}{front}{theirs.close}{_merged_body(theirs.body, ours.body)}"


@dataclass(frozen=True)
class _Card:
    """A card as text; the parts put together are the card."""

    open: str
    front: str
    close: str
    body: str

    @property
    def line_end(self) -> str:
        return "\r\n" if self.open.endswith("\r\n") else "\n"


def _taken_apart(text: str) -> _Card:
    found = _FRONT.match(text)
    if found is None:
        return _Card("---\n", "", "---\n\n", text)
    front = found[2]
    if len(front) > MAX_FRONT:
        raise _refused(f"has a front matter of {len(front):,} characters; {MAX_FRONT:,} are read")
    close = text[found.end(2) : found.end()]
    end = "" if close.endswith("\n") else "\n"
    return _Card(found[1], front, close + end, text[found.end() :])


def _read(front: str) -> _Front:
    """Return what stands in a front matter; only plain YAML passes."""
    try:
        _check_events(front)
        node = yaml.compose(front, Loader=_LOADER)
        if node is None:
            return _Front((), {})
        if not isinstance(node, yaml.MappingNode) or node.flow_style:
            raise _refused(_NO_LINES)
        _check_keys(node)
        return _Front(_lines(node), yaml.SafeLoader("").construct_document(node))
    except yaml.YAMLError as error:
        raise _refused(f"has no valid YAML: {_why(error)}") from error
    except (ValueError, RecursionError, OverflowError) as error:  # such as the day 2024-99-99
        raise _refused("holds a value that no YAML reader can read") from error


def _check_events(front: str) -> None:
    """Refuse what makes a small text large, deep or alive, before anything is built of it."""
    depth = documents = 0
    for event in yaml.parse(front, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if isinstance(event, yaml.AliasEvent):
            raise _refused("uses YAML aliases (*), which can make a small card huge")
        if isinstance(event, yaml.NodeEvent) and getattr(event, "tag", None):
            raise _refused("uses YAML tags (!), which can ask a reader to run code")
        if isinstance(event, yaml.ScalarEvent) and not event.style and _LONG.match(event.value):
            raise _refused("holds a number of a thousand digits")
        if depth > MAX_DEPTH:
            raise _refused(f"nests deeper than {MAX_DEPTH} levels")
        if documents > 1 or _directs(event):
            raise _refused("holds YAML directives, or more than one document")


def _directs(event: yaml.Event) -> bool:
    return isinstance(event, yaml.DocumentStartEvent) and (
        event.explicit or bool(event.version) or bool(event.tags)
    )


def _lines(node: yaml.MappingNode) -> tuple[tuple[str, int], ...]:
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode) or key.start_mark.column:
            raise _refused(_NO_LINES)
    return tuple((key.value, key.start_mark.line) for key, _ in node.value)


def _check_keys(node: yaml.Node) -> None:
    """Refuse a key that stands twice in one place: readers differ about which one counts."""
    if isinstance(node, yaml.MappingNode):
        names = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        twice = [name for name, n in Counter(names).items() if n > 1]
        if twice:
            raise _refused(f"holds the key {str(twice[0])[:60]!r} twice in one place")
        for _, value in node.value:
            _check_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _check_keys(value)


def _merged_front(theirs: _Card, ours: Values) -> str:
    read = _read(theirs.front)
    wanted = _united(read.values, ours)
    added = {key: value for key, value in ours.items() if key not in read.values}
    text = "".join(_segments(theirs, read.lines, wanted))
    if text and not text.endswith("\n"):
        text += theirs.line_end
    text += "".join(_dumped(key, value, theirs.line_end) for key, value in added.items())
    if _read(text).values != {**read.values, **added, **wanted}:
        raise _refused("has a front matter that cannot be changed in place")
    return text


def _segments(theirs: _Card, keys: Sequence[tuple[str, int]], wanted: Values) -> Iterator[str]:
    """Yield the text of each key, those in `wanted` made anew; comments behind them stay."""
    lines = theirs.front.splitlines(keepends=True)
    starts = [*(line for _, line in keys), len(lines)]
    yield "".join(lines[: starts[0]])
    for (name, start), end in zip(keys, starts[1:], strict=True):
        own = lines[start:end]
        if name in wanted:
            own = [_dumped(name, wanted[name], theirs.line_end), *_tail(own)]
        yield "".join(own)


def _tail(lines: list[str]) -> list[str]:
    """Return the blank and comment lines at the end."""
    kept = len(lines)
    while kept > 1 and (not lines[kept - 1].strip() or lines[kept - 1].startswith("#")):
        kept -= 1
    return lines[kept:]


def _dumped(key: str, value: object, line_end: str) -> str:
    text: str = yaml.safe_dump({key: value}, sort_keys=False, default_flow_style=False)
    return text.replace("\n", line_end)


def _united(held: Values, ours: Values) -> Values:
    """Return the new values of keys of ours that are there already and change."""
    configs = _by_config("configs", held.get("configs"))
    others = set(configs) - set(_by_config("configs", ours.get("configs")))
    found: Values = {}
    for key in (key for key in _OURS if key in held and key in ours):
        if key in ("configs", "dataset_info"):
            both = _by_config(key, held[key]) | _by_config(key, ours[key])
            found[key] = list(both.values())
        elif key == "tags" or others:
            found[key] = list(dict.fromkeys([*_texts(key, held[key]), *_texts(key, ours[key])]))
        else:  # all files are ours, so the size is theirs no more
            found[key] = ours[key]
    return {key: value for key, value in found.items() if value != held[key]}


def _by_config(key: str, value: object) -> dict[str, Mapping[str, object]]:
    entries = [value] if isinstance(value, Mapping) else value or []
    if not isinstance(entries, list) or not all(isinstance(e, Mapping) for e in entries):
        raise _refused(f"has {key} that are no list of configurations")
    return {str(entry.get("config_name", "default")): entry for entry in entries}


def _texts(key: str, value: object) -> list[str]:
    entries = [value] if isinstance(value, str) else value or []
    if not isinstance(entries, list) or not all(isinstance(e, str) for e in entries):
        raise _refused(f"has {key} that are no list of texts")
    return entries


def _merged_body(theirs: str, ours: str) -> str:
    begins, ends = _marks(theirs, BEGIN), _marks(theirs, END)
    block = _block(ours)
    if not begins and not ends:
        gap = "" if theirs.endswith("\n\n") or not theirs else "\n" * (1 + (theirs[-1] != "\n"))
        return f"{theirs}{gap}{block}\n"
    if len(begins) != 1 or len(ends) != 1 or begins[0].start() > ends[0].start():
        raise _refused(f"has not one {BEGIN} before one {END}")
    return f"{theirs[: begins[0].start()]}{block}{theirs[ends[0].end() :]}"


def _block(ours: str) -> str:
    return ours[_marks(ours, BEGIN)[0].start() : _marks(ours, END)[0].end()]


def _marks(text: str, mark: str) -> list[re.Match[str]]:
    """Find a mark that is a line of its own: names stand in code spans within a line."""
    return list(re.finditer(rf"^{re.escape(mark)}(?=\r?$)", text, re.MULTILINE))


def _why(error: yaml.YAMLError) -> str:
    """Return the parser's words without the text that it was reading."""
    problem = " ".join(str(getattr(error, "problem", None) or "it cannot be read").split())
    mark = getattr(error, "problem_mark", None)
    return f"{problem[:120]}" + (f" (line {mark.line + 2})" if mark else "")


def _refused(why: str) -> ExportError:
    return ExportError(f"The card that is there {why}.", _HINT)
