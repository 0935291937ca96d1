"""`verify`: re-execute a manifest's recipe and compare everything that came out."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from contextlib import closing
from pathlib import Path

from core.commands.asof import given_at
from core.commands.command import Command, Outcome
from core.commands.given import evaluation_of
from core.commands.relabelling import log_argument
from core.curate.export import write
from core.curate.manifests.manifest import NAME, Manifest
from core.curate.manifests.reading import read_manifest
from core.curate.manifests.verify import Report, folder_differences, report, verify
from core.errors import ExportError, LogError
from core.settings import Settings
from core.store.instance import open_store


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="DIR", help="folder of an export")
    parser.add_argument(
        "--evaluation",
        action="append",
        default=[],
        metavar="FILE",
        type=Path,
        help="a file of evaluation prompts that the export left out; repeats",
    )
    log_argument(parser)


def _run(args: Namespace, settings: Settings) -> Outcome:
    named: Path = args.folder
    folder = named.parent if named.name == NAME and named.is_file() else named
    try:
        stated = read_manifest(folder)
    except ExportError as error:
        return _told(folder, Report((error.message,)), error.hint)
    found = folder_differences(folder, stated)
    found += _executed(args, settings, stated)
    return _told(folder, report(stated, found))


def _executed(args: Namespace, settings: Settings, stated: Manifest) -> list[str]:
    """Return what comes out otherwise; what the recipe lacks is told in place of it."""
    with closing(open_store(settings.store, settings.memory, settings.threads)) as store:
        try:
            given = given_at(store, settings, stated, evaluation_of(args.evaluation))
        except (ExportError, LogError) as error:
            return [f"{error} The recipe was not executed."]
        return verify(stated, store, lambda out: write(store, stated.recipe, out, given=given))


def _told(folder: Path, found: Report, hint: str = "") -> Outcome:
    data = {
        "ok": found.ok,
        "differences": list(found.differences),
        "causes": list(found.causes),
    }
    if found.ok:
        lines = [f"{folder} is what its manifest says: its recipe makes the same bytes again."]
    else:
        lines = [f"{folder} is not what its manifest says:"]
        lines += [f"  {sentence}" for sentence in found.differences]
        lines += [f"Likely cause: {cause}" for cause in found.causes]
        lines += [hint] if hint else []
    return Outcome(data, tuple(lines), code=0 if found.ok else 1)


COMMAND = Command(
    "verify", "make an export anew and say whether it is what it says", _arguments, _run
)
