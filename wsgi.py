"""Where servers and the command line begin: the application with its `flask nof1` commands."""

from __future__ import annotations

import json
import sys

from flask import Flask

from nof1web import config
from nof1web.cli import nof1
from nof1web.errors import ConfigError


def _application() -> Flask:
    """Return the application; a wrong environment is one sentence and exit code 1, never a stack trace."""
    try:
        built = _made(config.load())
    except ConfigError as error:
        if "--json" in sys.argv:
            print(json.dumps({"error": {"code": error.code, "message": str(error.text), "fields": {}}}))
        else:
            print(error.text, file=sys.stderr)
        sys.exit(1)
    built.cli.add_command(nof1)
    return built


def _made(settings: config.Config) -> Flask:
    """Return the whole application, or for `flask nof1 …`, which serves no pages, one that weighs much less."""
    if nof1.name in sys.argv[1:]:
        return Flask("nof1web", static_folder=None)
    from nof1web.web.app import create_app

    return create_app(settings)


app = _application()
