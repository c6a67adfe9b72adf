"""`flask nof1 doctor` and `completion`: what is wrong with this installation, and a shell that completes commands."""

from __future__ import annotations

from typing import Any

import click
from click.shell_completion import get_completion_class

from nof1web import wiring
from nof1web.cli import checked_files, checks
from nof1web.cli.output import Answer, command, emit
from nof1web.cli.tables import Table

_WORDS = {True: "good", None: "look", False: "BAD"}


@command("doctor", example="doctor --json")
def doctor() -> None:
    """Look at clock, disk, Redis, keys, hosts, workers and databases; every finding says what to do."""
    p = wiring.ports()
    found = (*checks.all_of(p), *checked_files.all_of(p))
    rows = [(_WORDS[each.good], each.name, each.found, each.todo) for each in found]
    bad = sum(1 for each in found if each.good is False)
    document: dict[str, Any] = {
        "ok": not bad,
        "checks": [
            {"name": each.name, "good": each.good, "found": each.found, "todo": each.todo or None} for each in found
        ],
    }
    worth = sum(1 for each in found if each.good is None)
    told = f"{bad} of {len(found)} need something done" if bad else "Nothing needs to be done"
    told += f"; {worth} {'is' if worth == 1 else 'are'} worth a look." if worth else "."
    emit(Answer(document, (Table(("", "What", "Found", "What to do"), rows, ""), told)))
    if bad:
        raise click.exceptions.Exit(1)


@command("completion", example="completion bash")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> Answer:
    """Print what makes a shell complete `flask nof1` commands, options and names."""
    kind = get_completion_class(shell)
    root = click.get_current_context().find_root().command
    script = kind(root, {}, "flask", "_FLASK_COMPLETE").source() if kind else ""
    return Answer({"shell": shell, "script": script}, (script,))
