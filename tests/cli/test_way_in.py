"""The way in: help and completion need no environment, commands say what theirs lacks."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location

import pytest
from click.testing import CliRunner
from flask import Flask

from nof1web.cli import nof1
from nof1web.config import ROOT
from tests.cli.test_help import COMMANDS


@pytest.fixture(autouse=True)
def bare(monkeypatch, quiet):
    """An environment in which nothing is set."""
    for name in ("NOF1_MODE", "SECRET_KEY", "NOF1_MASTER_KEY", "NOF1_TENANTS_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("nof1web.wiring._built", {})


def entered(monkeypatch, *words: str) -> Flask:
    monkeypatch.setattr(sys, "argv", list(words))
    spec = spec_from_file_location("way_in", ROOT / "wsgi.py")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    made: Flask = module.app
    return made


@pytest.mark.parametrize("words", [("flask", "nof1", "--help"), ("flask", "nof1", "status", "--help"), ("flask",)])
def test_help_and_completion_need_no_environment(monkeypatch, words):
    assert "nof1" in entered(monkeypatch, *words).cli.commands


def test_what_serves_pages_says_what_is_missing(monkeypatch, capsys):
    with pytest.raises(SystemExit) as ended:
        entered(monkeypatch, "gunicorn", "wsgi:app")
    assert ended.value.code == 1 and capsys.readouterr().err.startswith("Production needs SECRET_KEY")


def test_every_help_is_there_without_an_environment():
    helps = (CliRunner().invoke(nof1, [*path, "--help"]) for path in COMMANDS)
    assert {each.exit_code for each in helps} == {0}


def test_a_command_says_what_is_missing_before_it_asks_for_a_password():
    done = CliRunner().invoke(nof1, ["user", "add", "a@example.org", "--password-stdin"], input="correct horse\n")
    assert (done.exit_code, done.stderr) == (1, "Error: Production needs SECRET_KEY: at least 16 random characters.\n")
