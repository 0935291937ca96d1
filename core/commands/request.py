"""What `score` was asked for: its arguments, and the options that a stopped run was begun with."""

from __future__ import annotations

import re
import shlex
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.errors import ScoreError, UnknownName, UsageError
from core.schema import RunInfo
from core.scorers.spec import OPTIONS, SCORERS, ScorerOptions, ScorerSpec, flag
from core.settings import Settings
from core.store.begin import TEMPLATE, read_places
from core.store.layout import RUNS
from core.store.parts import GIVEN
from core.store.runs import check_run_id, read_run

ENGINES: Mapping[str, str] = {"local": "core.scorers.local", "ray": "core.scorers.ray_data"}
"""Engine → module with `open_session(spec, options, plan)`, imported when it is asked for."""
AGAIN = {"device", "endpoint"}
"""Options that may be others when a run goes on."""
NEVER = {"trust_remote_code_at", "template"}
"""Options that are not taken from a file as they are: a person types the first each time."""


@dataclass(frozen=True)
class Request:
    """A run to make."""

    scorer: str
    options: ScorerOptions = field(default_factory=ScorerOptions)
    name: str | None = None
    engine: str = "local"
    limit: int | None = None
    shards: str | None = None
    """URI of a folder that gets a copy of each part as it is written."""

    @property
    def run_id(self) -> str:
        """Return the run's name: given, or the scorer's with that of its model."""
        return check_run_id(self.name or default_name(self.scorer, self.options.model))

    def settled(self) -> tuple[ScorerSpec, Request]:
        """Return the scorer and the request with all its parameters; raise UsageError."""
        spec = SCORERS.get(self.scorer)
        options = replace(self.options, parameters=spec.settled(self.options.parameters))
        spec.check(options)
        return spec, replace(self, options=options)


def default_name(scorer: str, model: str | None) -> str:
    """Return `reward_model_skywork_8b` for a reward model in `org/Skywork-8B`."""
    base = Path(model).name if model else ""
    return "_".join(re.findall(r"[a-z0-9]+", f"{scorer} {base}".lower()))[:48].rstrip("_")


def given(options: ScorerOptions) -> dict[str, object]:
    """Return the options as `run.json` keeps them for --resume; of a folder only the name."""
    said = {name: getattr(options, name) for name in OPTIONS if name not in NEVER}
    kept = {name: value for name, value in said.items() if value}
    kept |= {name: Path(folder).name for name, folder in places(options).items()}
    template = {"template": TEMPLATE} if options.template else {}
    return {**kept, **template, "parameters": dict(options.parameters), "seed": options.seed}


def places(options: ScorerOptions) -> dict[str, str]:
    """Return the options that are folders of this machine."""
    named = {name: getattr(options, name) for name in ("model", "reference")}
    return {name: value for name, value in named.items() if value and Path(value).is_absolute()}


def proceed(info: RunInfo, store: Path) -> str:
    """Return the command that goes on with a run."""
    return (
        f"python -m core score {info.scorer} --resume {info.run_id} --store "
        f"{shlex.quote(str(store))}"
    )


def arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `score`."""
    add = parser.add_argument
    add("scorer", nargs="?", help="a scorer's name; README.md lists them, crossfit is built in")
    add("--model", metavar="M", help="name on a hub, or a folder")
    add("--revision", metavar="R", help="the model's revision on the hub")
    add("--reference", metavar="M", help="the reference of a policy: name on a hub, or a folder")
    add("--device", metavar="D", help="cpu or cuda (cuda where there is one)")
    add("--dtype", metavar="T", help="float32 or bfloat16 (by the device)")
    add("--engine", choices=tuple(ENGINES), default="local", help="this machine, or Ray Data")
    add(
        "--shards", metavar="URI",
        help="copy each part to a shared folder or object store: s3://bucket/folder",
    )  # fmt: skip
    add("--limit", type=int, metavar="N", help="score what the first N rows need")
    add("--resume", metavar="RUN", help="go on with a run, with the options it was begun with")
    add("--kl", action="store_true", help="also the divergence from the reference")
    add("--tokens", action="store_true", help="also a value per token")
    add("--template", type=Path, metavar="FILE", help="a chat template in place of the model's")
    add("--endpoint", metavar="URL", help="where a judge answers")
    add("--head", metavar="NAME", help="which of the model's heads gives the reward")
    add("--pooling", choices=("mean", "last", "cls"), help="how token states make an embedding")
    add("--name", metavar="RUN", help="the run's name (the scorer's and the model's)")
    add(
        "--trust-remote-code-at", metavar="HASH",
        help="let code of the model's repository at this commit run",
    )  # fmt: skip
    add(
        "--set", action="append", default=[], metavar="NAME=VALUE",
        help="a number of the scorer; repeat it for more",
    )  # fmt: skip


def request_of(args: Namespace, settings: Settings) -> Request:
    """Return what the command line asks for; raise UsageError where it contradicts itself."""
    if args.limit is not None and args.limit < 1:
        raise UsageError(f"--limit {args.limit} leaves nothing to score.", "Give 1 or more.")
    typed = _typed(args, settings)
    if args.resume:
        return _resumed(args, settings, typed)
    if not args.scorer:
        raise UsageError("score needs a scorer.", f"Known: {', '.join(SCORERS.names())}.")
    return Request(args.scorer, typed, args.name, args.engine, args.limit, args.shards)


def _typed(args: Namespace, settings: Settings) -> ScorerOptions:
    if args.template and not args.template.is_file():
        raise UsageError(f"There is no file {str(args.template)!r}.", "--template takes a file.")
    options = {name: getattr(args, name) for name in OPTIONS}
    for name in ("model", "reference"):
        options[name] = _place(options[name])
    threads = 0 if settings.threads == Settings.threads else settings.threads
    return ScorerOptions(
        **options, parameters=_numbers(args.set), seed=settings.seed, threads=threads
    )


def _place(name: str | None) -> str | None:
    """Return a folder's whole path, so that the run can go on from anywhere."""
    return str(Path(name).resolve()) if name and Path(name).is_dir() else name


def _numbers(settings: list[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for text in settings:
        name, equals, value = text.partition("=")
        try:
            found[name] = int(value) if re.fullmatch(r"-?\d+", value) else float(value)
        except ValueError as error:
            raise UsageError(f"--set {text} sets no number.", "Write --set NAME=VALUE.") from error
        if not equals or not name:
            raise UsageError(f"--set {text} sets no number.", "Write --set NAME=VALUE.")
    return found


def _resumed(args: Namespace, settings: Settings, typed: ScorerOptions) -> Request:
    folder = settings.store / RUNS / args.resume
    known = [path.parent.name for path in (settings.store / RUNS).glob("*/run.json")]
    if args.resume not in known:
        raise UnknownName("run", args.resume, known)
    info = read_run(folder)
    _agree("the scorer", args.scorer, info.scorer, info)
    _agree("--name", args.name, info.run_id, info)
    if info.scorer == "imported":
        raise ScoreError(f"The run {info.run_id!r} was imported; no scorer can go on with it.")
    options = _options(folder, info, typed)
    return Request(info.scorer, options, info.run_id, args.engine, args.limit, args.shards)


def _options(folder: Path, info: RunInfo, typed: ScorerOptions) -> ScorerOptions:
    """Return the options of the run, with those typed that may be others now."""
    found = info.parameters.get(GIVEN)
    if not isinstance(found, dict):  # made elsewhere: the person says it all
        return typed
    kept = {**found, **read_places(folder)}
    for name in OPTIONS:
        if name not in AGAIN | NEVER:
            _agree(flag(name), getattr(typed, name), kept.get(name), info)
    parameters = {**kept.get("parameters", {})}
    for name, value in typed.parameters.items():
        _agree(f"--set {name}", value, parameters.get(name), info)
    template = folder / TEMPLATE if "template" in kept else None
    if typed.template and (not template or typed.template.read_bytes() != template.read_bytes()):
        raise _contradiction("--template", typed.template, template, info)
    known = {name: kept[name] for name in OPTIONS if name in kept and name not in NEVER}
    known |= {name: getattr(typed, name) for name in AGAIN if getattr(typed, name)}
    seed = kept.get("seed", typed.seed)
    return replace(typed, **known, template=template, parameters=parameters, seed=seed)


def _agree(what: str, said: object, was: object, info: RunInfo) -> None:
    if said and said != was:
        raise _contradiction(what, said, was, info)


def _contradiction(what: str, said: object, was: object, info: RunInfo) -> UsageError:
    return UsageError(
        f"{what} {said} contradicts the run {info.run_id!r}, which has {was or 'none'}.",
        "Leave it out, or make another run with --name and without --resume.",
    )
