"""Where servers and the command line begin: the application with its `flask nof1` commands."""

from __future__ import annotations

import sys
from pathlib import Path

from flask import Flask

from nof1web.cli import nof1
from nof1web.errors import ConfigError


def _application() -> Flask:
    """Return the application; a wrong environment is one sentence and exit code 1, never a stack trace."""
    if _serves_no_pages(sys.argv):
        # Each command reads its configuration itself; help and a shell's completion need none.
        built = Flask("nof1web", static_folder=None)
    else:
        built = _whole()
    built.cli.add_command(nof1)
    return built


def _serves_no_pages(words: list[str]) -> bool:
    """Whether this is `flask nof1 …`, or `flask` alone, which shows its help or completes what a shell is typing."""
    alone = Path(words[0]).name in ("flask", "__main__.py") and set(words[1:]) <= {"--help"}
    return alone or nof1.name in words[1:]


def _whole() -> Flask:
    from nof1web import config
    from nof1web.web.app import create_app

    try:
        return create_app(config.load())
    except ConfigError as error:
        print(error.text, file=sys.stderr)
        sys.exit(1)


app = _application()
