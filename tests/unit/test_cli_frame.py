"""The frame of the command line: help, exit codes, where things are printed."""

import json
import os
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

import pytest

from core.commands import cli
from core.commands.command import Command, Outcome
from core.errors import SourceError, UsageError
from core.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
NAMES = [entry.name for entry in cli.COMMANDS]


def fail(error: BaseException):
    def run(args: Namespace, settings: Settings) -> Outcome:
        raise error

    return run


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch):
    """Put one command in the place of all of them; it is called `stats`."""

    def put(run) -> None:
        def arguments(parser: ArgumentParser) -> None:
            parser.add_argument("--count", type=int)

        monkeypatch.setattr(cli, "load", lambda name: Command(name, "try it", arguments, run))

    return put


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    printed = capsys.readouterr()
    golden = ROOT / "tests" / "golden" / "cli" / "help.txt"
    assert printed.out == golden.read_text("utf-8")
    assert printed.err == ""


def test_no_command_is_a_usage_error_that_shows_the_help(capsys) -> None:
    assert cli.main([]) == 2
    assert "commands:" in capsys.readouterr().out


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_help(name: str, capsys) -> None:
    assert cli.main([name, "--help"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"usage: python -m core {name}")
    for option in ("--store DIR", "--json", "--debug"):
        assert option in out


@pytest.mark.parametrize("name", NAMES)
def test_listed_summary_is_the_commands_own(name: str) -> None:
    """The list is kept apart so that help imports nothing; it must not drift."""
    listed = next(entry for entry in cli.COMMANDS if entry.name == name)
    assert (cli.load(name).name, cli.load(name).summary) == (listed.name, listed.summary)


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["exprot"], "Did you mean 'export'?"),
        (["nothing-like-it"], "Known: backup, check, demo"),
        (["--json", "stats"], "The command comes first"),
        (["stats", "--no-such-option"], "Unrecognized arguments: --no-such-option."),
        (["demo", "--port", "many"], "invalid int value: 'many'"),
        (["demo", "--stor", "x"], "Unrecognized arguments"),
    ],
)
def test_usage_errors_exit_2(argv: list[str], says: str, capsys) -> None:
    assert cli.main(argv) == 2
    printed = capsys.readouterr()
    assert ("error" in printed.out) == ("--json" in argv)
    assert printed.err.startswith("error: ")
    assert says in printed.err
    assert "\nhint: " in printed.err


def test_lines_or_one_json_object(command, capsys) -> None:
    command(lambda args, settings: Outcome({"n": args.count}, ("one", "two")))
    assert cli.main(["stats", "--count", "3"]) == 0
    assert capsys.readouterr().out == "one\ntwo\n"
    assert cli.main(["stats", "--count", "3", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"n": 3}


@pytest.mark.parametrize(
    ("error", "code", "err"),
    [
        (SourceError("x.csv is empty.", "Try another."), 1, "error: x.csv is empty.\nhint: Try"),
        (SourceError("x.csv is empty."), 1, "error: x.csv is empty.\n"),
        (UsageError("Not both.", "One."), 2, "error: Not both.\nhint: One.\n"),
        (KeyboardInterrupt(), 130, "Stopped. The store is"),
        (PermissionError(13, "Permission denied", "a/b"), 1, "error: The system refused: Permiss"),
        (ValueError("odd"), 1, "error: This is a fault in Assay: ValueError: odd.\nhint: "),
    ],
)
def test_errors_are_sentences_on_stderr(error, code: int, err: str, command, capsys) -> None:
    command(fail(error))
    assert cli.main(["stats", "--json"]) == code
    printed = capsys.readouterr()
    assert printed.out == "" if code == 130 else json.loads(printed.out)["error"] in printed.err
    assert printed.err.startswith(err)
    assert "Traceback" not in printed.err


def test_debug_adds_the_traceback_and_keeps_the_exit_code(command, capsys) -> None:
    command(fail(SourceError("x.csv is empty.")))
    assert cli.main(["stats", "--debug"]) == 1
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert err.endswith("error: x.csv is empty.\n")


def test_an_outcome_can_fail_and_can_go_on(command, capsys) -> None:
    command(lambda args, settings: Outcome({"ok": False}, ("differs",), code=1))
    assert cli.main(["stats"]) == 1
    command(lambda args, settings: Outcome({}, ("begun",), then=lambda: 0))
    assert cli.main(["stats"]) == 0
    assert capsys.readouterr().out == "differs\nbegun\n"


def test_flags_go_before_the_environment(command, monkeypatch, tmp_path, capsys) -> None:
    monkeypatch.setenv("ASSAY_STORE", str(tmp_path / "env"))
    command(lambda args, settings: Outcome({"store": settings.store}))
    cli.main(["stats", "--json"])
    assert json.loads(capsys.readouterr().out)["store"].endswith("env")
    cli.main(["stats", "--json", "--store", str(tmp_path / "flag")])
    assert json.loads(capsys.readouterr().out)["store"].endswith("flag")


def test_a_reader_that_closes_early_is_no_error() -> None:
    line = f"{sys.executable} -m core --help | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", line], cwd=ROOT, capture_output=True, text=True, env=dict(os.environ)
    )
    assert done.stdout.split() == ["0"]
    assert done.stderr == ""


def test_the_hubs_client_reports_nothing(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.delenv("HF_HUB_DISABLE_TELEMETRY", raising=False)
    assert cli.main(["formats"]) == 0
    seen = "import huggingface_hub.constants as c; print(c.HF_HUB_DISABLE_TELEMETRY)"
    run = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "True"
