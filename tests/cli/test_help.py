"""Help: every command shows an example, and the example is one the command understands."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from nof1web.cli import nof1
from nof1web.cli.output import Command


def leaves(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        here = (*path, name)
        yield from leaves(command, here) if isinstance(command, click.Group) else [(here, command)]


COMMANDS = dict(leaves(nof1))
EVERY = pytest.mark.parametrize("path", COMMANDS, ids=" ".join)


@EVERY
def test_help_shows_an_example(path):
    shown = CliRunner().invoke(nof1, [*path, "--help"]).output
    assert f"Example:\n    flask nof1 {' '.join(path)}" in shown


@EVERY
def test_the_example_is_understood(path):
    command = COMMANDS[path]
    assert isinstance(command, Command)
    words = shlex.split(command.example.partition("<")[0])
    assert tuple(words[: len(path)]) == path
    command.make_context(path[-1], words[len(path) :])


@EVERY
def test_every_command_has_json(path):
    assert "--json" in CliRunner().invoke(nof1, [*path, "--help"]).output


@EVERY
def test_every_command_says_what_it_does(path):
    assert COMMANDS[path].help


def test_the_commands_are_those_of_the_design():
    assert {path[0] for path in COMMANDS} == {
        *("up", "worker", "scheduler", "sim", "migrate", "rotate-key", "user", "credential", "tracker"),
        *("start", "stop", "pause", "resume", "poll", "status", "agents", "positions", "orders", "verdicts"),
            *("close-only", "halt", "unhalt", "flatten", "replay", "reconcile", "token", "doctor", "completion"),
    }
