"""Every command that is promised is there and takes what was promised; groups show an example, too."""

from __future__ import annotations

import shlex
from itertools import product

import click
import pytest
from click.testing import CliRunner

from nof1web.cli import nof1
from tests.cli.test_help import COMMANDS

WHO, OF = "--user anna@example.org", "--user anna@example.org --credential Main"
TRACKER = "--user anna@example.org --tracker T"
ADD = "tracker add --user anna@example.org --credential Main --source nof1 --agent grok-4"
KEY = "credential add --user anna@example.org --name Main --api-key KEY --api-secret-stdin --env"
PROMISED = (
    *("up", "worker", "scheduler"),
    *("user add a@b.cd", "user add a@b.cd --admin --password-stdin", "user list"),
    *(f"user {verb} a@b.cd" for verb in ("disable", "enable", "remove")),
    *(f"{KEY} {environment}" for environment in ("paper", "testnet", "live")),
    *(f"credential {verb} {OF}" for verb in ("list", "test", "enable", "disable", "remove", "arm")),
    f"credential list {WHO}",
    f"credential rotate {OF} --api-key KEY",
    *(ADD, f"{ADD} --name N --mode shadow", f"{ADD} --mode trade --set max_leverage=3 --set sides=long"),
    *(f"tracker {verb} {TRACKER}" for verb in ("list", "start", "stop", "preview", "remove")),
    *(f"tracker set max_leverage=3 sides=long {TRACKER}", f"tracker set T max_leverage=3 {WHO}"),
    *(f"{verb} {OF}" for verb in ("start", "stop", "pause", "resume")),
    *(f"poll {OF}", f"poll {OF} --dry-run"),
    *(f"flatten {OF}", f"flatten {OF} --symbol BTCUSDT"),
    *(f"{verb} {scope}" for verb, scope in product(("halt", "unhalt"), ("--site", WHO, OF))),
    *(f"reconcile {OF}", "status", "agents", f"positions {WHO}", f"orders {WHO}", f"verdicts {WHO}"),
    *("migrate", "rotate-key", "doctor"),
)


def parted(words: list[str]) -> tuple[click.Command, list[str]]:
    """Return the command that words begin with, and its arguments."""
    for length in (2, 1):
        if (found := COMMANDS.get(tuple(words[:length]))) is not None:
            return found, words[length:]
    raise AssertionError(f"no such command: {words}")


@pytest.mark.parametrize("line", PROMISED)
def test_what_is_promised_is_understood(line):
    command, arguments = parted(shlex.split(line))
    for more in ((), ("--json",)):
        command.make_context(command.name, [*arguments, *more])


def groups(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    inner = [(name, each) for name, each in group.commands.items() if isinstance(each, click.Group)]
    return [path, *(found for name, each in inner for found in groups(each, (*path, name)))]


@pytest.mark.parametrize("path", groups(nof1), ids=" ".join)
def test_a_group_shows_an_example_that_one_of_its_commands_understands(path):
    shown = CliRunner().invoke(nof1, [*path, "--help"]).output
    (example,) = [line.strip() for line in shown.splitlines() if line.strip().startswith("flask nof1 ")]
    words = shlex.split(example)[2:]
    assert tuple(words[: len(path)]) == path
    command, arguments = parted(words)
    command.make_context(command.name, arguments)
