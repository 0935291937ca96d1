"""The options of `export`, and the recipe that they make."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from pathlib import Path

from core.commands.relabelling import log_argument
from core.curate.commandline import cap_of
from core.curate.presets import PRESETS
from core.curate.recipe import AUTO, EvaluationFile, Labels, Recipe
from core.curate.splits.asked import plan_splits
from core.curate.written.knobs import KNOBS
from core.curate.written.writers import FILES, FORMATS
from core.errors import UsageError
from core.relabel.verdicts import RULES
from core.schema import PairFilter
from core.settings import Settings
from core.store.filters import parse_where

_SEARCH = (
    'only pairs with these words; also "a phrase", fu*, prompt: chosen: rejected:, AND OR NOT, '
    "and exact:TEXT or re:PATTERN, as docs/search.md tells"
)


def where_argument(parser: ArgumentParser) -> None:
    """Add conditions on rows."""
    parser.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="'NAME OP VALUE'",
        help="a signal, split, language etc.; = != < <= > >=, is null, is not null; repeats (AND)",
    )


def filter_arguments(parser: ArgumentParser) -> None:
    """Add a filter."""
    where_argument(parser)
    parser.add_argument(
        "--source", action="append", default=[], metavar="NAME", help="only this source; repeats"
    )
    parser.add_argument(
        "--source-split",
        action="append",
        default=[],
        metavar="NAME",
        help="only this split of the sources; repeats",
    )
    parser.add_argument("--search", default="", metavar="TEXT", help=_SEARCH)


def preset_argument(parser: ArgumentParser) -> None:
    """Add a preset."""
    parser.add_argument(
        "--preset", default="everything", help=f"which rows to keep: {', '.join(PRESETS.names())}"
    )


def filter_of(args: Namespace) -> PairFilter:
    """Return the filter that the command line asks for."""
    conditions = [condition for text in args.where for condition in parse_where(text)]
    return PairFilter(
        sources=tuple(args.source),
        splits=tuple(args.source_split),
        search=args.search,
        conditions=tuple(conditions),
    )


def recipe_arguments(parser: ArgumentParser) -> None:
    """Add what an export is made by."""
    filter_arguments(parser)
    preset_argument(parser)
    add = parser.add_argument
    add("--param", action="append", default=[], metavar="NAME=NUMBER",
        help="a parameter of the preset; repeats")  # fmt: skip
    add("--use", action="append", default=[], metavar="ROLE=COLUMN",
        help="which column the preset reads, or a text it asks for; repeats")  # fmt: skip
    label_arguments(parser)
    add("--evaluation", action="append", default=[], metavar="FILE", type=Path,
        help="evaluation prompts: pairs about them are left out; repeats")  # fmt: skip
    add("--cap", action="append", default=[], metavar="KEY[:VALUE]=N",
        help="at most N pairs of each value of a key, or of one; repeats")  # fmt: skip
    add("--balance", default="", metavar="KEY", help="as many pairs of each value of a key")
    add("--format", choices=(AUTO, *FORMATS.names()), default=AUTO,
        help="what a row looks like; auto takes trl where every row fits it")  # fmt: skip
    add("--file", choices=FILES.names(), help="kind of file (jsonl, or the only one of the format)")
    add("--columns", default="", metavar="NAMES",
        help=f"weights and numbers for a trainer: {', '.join(KNOBS.names())}")  # fmt: skip
    add("--splits", default="1", metavar="RATIOS", help="such as 0.9,0.05,0.05; or keep")
    add("--names", default="", help="names of the splits, such as train,validation,test")
    add("--links", default="", metavar="KINDS",
        help="what links prompts besides being the same: normalised,near,response,"
        "conversation (all of them), or none")  # fmt: skip
    add("--seed", type=int, help="seed of the splits and of presets that draw")
    add("--real-names", action="store_true", help="name annotators; otherwise by pseudonyms")
    log_argument(parser)


def label_arguments(parser: ArgumentParser) -> None:
    """Add what people's verdicts do."""
    add = parser.add_argument
    add("--verdicts", default="", choices=("", *RULES.names()), metavar="RULE",
        help=f"what people's votes do to labels: {', '.join(RULES.names())}")  # fmt: skip
    add("--verdict-param", action="append", default=[], metavar="NAME=NUMBER",
        help="a parameter of the rule; repeats")  # fmt: skip
    add("--on-reversed", choices=("remove", "flip"), default="remove",
        help="what becomes of a label that people say is reversed (remove)")  # fmt: skip
    add("--on-contested", choices=("unresolved", "soft"), default="unresolved",
        help="what becomes of a label over which people differ (unresolved)")  # fmt: skip


def labels_of(args: Namespace) -> Labels:
    """Return what verdicts do."""
    params = numbers(args.verdict_param, "--verdict-param")
    if not args.verdicts:
        if params or args.on_reversed != "remove" or args.on_contested != "unresolved":
            raise UsageError("Without --verdicts no votes are asked.", "Add --verdicts majority.")
        return Labels()
    settled = RULES.get(args.verdicts).settled(params)
    return Labels(args.verdicts, settled, args.on_reversed, args.on_contested)


def recipe_of(
    args: Namespace, settings: Settings, evaluation: tuple[EvaluationFile, ...] = ()
) -> Recipe:
    """Return what the command line asks for."""
    columns = tuple(dict.fromkeys(name for name in map(str.strip, args.columns.split(",")) if name))
    for name in columns:
        KNOBS.get(name)
    return Recipe(
        filter=filter_of(args),
        labels=labels_of(args),
        evaluation=evaluation,
        preset=args.preset,
        params=numbers(args.param, "--param"),
        use=_named(args.use, "--use"),
        caps=tuple(cap_of(text) for text in args.cap),
        balance=args.balance,
        splits=plan_splits(args.splits, args.names, args.links),
        seed=settings.seed,
        format=args.format,
        file=args.file or _file_of(args.format),
        columns=columns,
        names=args.real_names,
    )


def numbers(texts: Iterable[str], flag: str) -> dict[str, float]:
    """Read `name=number` texts; raise UsageError for one that is none."""
    found: dict[str, float] = {}
    for name, value in _named(texts, flag).items():
        try:
            found[name] = float(value)
        except ValueError as error:
            raise UsageError(
                f"{flag} {f'{name}={value}'!r} is no number.", f"Write {flag} NAME=0.4."
            ) from error
    return found


def _named(texts: Iterable[str], flag: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        name, value = _parts(text, flag)
        if name in found:
            raise UsageError(f"{flag} {name} is given twice.", "Give it once.")
        found[name] = value
    return found


def _file_of(format: str) -> str:
    """Return the usual kind of file of a format."""
    return Recipe.file if format == AUTO else FORMATS.get(format).files[0]


def _parts(text: str, flag: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (equals and name and value):
        raise UsageError(f"{flag} {text!r} cannot be read.", f"Write {flag} NAME=VALUE.")
    return name, value
