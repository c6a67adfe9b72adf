"""Whatever is typed: a person reads an answer or a sentence, never a stack trace; a program reads one document."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import click
import pytest

from tests.cli.conftest import Console
from tests.cli.test_help import COMMANDS

LONG_RUNNING = {"up", "worker", "scheduler", "sim"}
ODD = ("", " ", "é\u202e\x1b[31m", "9" * 400, "-1", "../../etc/passwd", "[bold]%s{0}", "a=b=c", "NaN", "\udcff")
FEW = (ODD[2], ODD[-1])
REAL = {"user": "anna@example.org", "credential": "Main", "tracker": "grok-4"}


def example_of(path: tuple[str, ...]) -> list[str]:
    """Return what the help of a command shows, after `flask nof1`; it had its line of stdin from a file."""
    return shlex.split(COMMANDS[path].example.partition("<")[0])  # type: ignore[attr-defined]


def spoilt(path: tuple[str, ...], value: str, real: dict[str, str]) -> list[str]:
    """Return the command with this value for every option and argument that takes one, but for those that are real."""
    words = list(path)
    for param in COMMANDS[path].params:
        if isinstance(param, click.Argument):
            words.append(value)
        elif isinstance(param, click.Option) and not param.is_flag and param.name != "profile":
            words += [param.opts[0], real.get(param.name or "", value)]
    return words


def require_told(console: Console, words: list[str]) -> None:
    """Assert that a command ends with an answer or a sentence, and with one document for a program."""
    typed = "a line that might be a secret\n"
    for more in ((), ("--json",)):
        done = console(*words, *more, typed=typed)
        assert done.exit_code in (0, 1, 2) and isinstance(done.exception, (SystemExit, type(None))), words
        assert "Traceback" not in done.output and "unexpected went wrong" not in done.output, (words, done.output)
    document = json.loads(done.stdout)
    assert (done.exit_code == 0) or {"error", "refused", "residual", "checks"} & document.keys(), words


@pytest.fixture
def settled(console: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Console:
    """Anna, her credential Main and a tracker of the name that examples use, in a folder to write to."""
    monkeypatch.chdir(tmp_path)
    console.add_credential()
    console.add_tracker("--name", "grok-4")
    return console


def test_every_example_of_the_help_is_answered_in_words(settled: Console):
    for path in COMMANDS:
        if path[0] not in LONG_RUNNING and path != ("user", "remove"):
            require_told(settled, example_of(path))


@pytest.mark.parametrize(
    ("values", "real"),
    [(FEW, REAL), pytest.param(ODD, REAL, marks=pytest.mark.long), pytest.param(ODD, {}, marks=pytest.mark.long)],
    ids=["a few", "of Anna's", "nobody's"],
)
def test_odd_values_are_answered_in_words(settled: Console, values: tuple[str, ...], real: dict[str, str]):
    for value in values:
        for path in COMMANDS:
            if path[0] not in LONG_RUNNING:
                require_told(settled, spoilt(path, value, real))
