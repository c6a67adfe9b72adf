"""What a person sees while something takes long, and that nobody else does."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from nof1web.cli import progress


@pytest.fixture
def screen(monkeypatch) -> io.StringIO:
    """A terminal on stderr."""
    shown = io.StringIO()
    monkeypatch.setattr(progress, "Console", lambda **_: Console(file=shown, force_terminal=True, width=80))
    return shown


def test_a_bar_says_how_many_are_done(screen):
    assert list(progress.track([1, 2, 3], "Databases")) == [1, 2, 3]
    assert "Databases" in screen.getvalue() and "100%" in screen.getvalue()


def test_a_wait_says_what_for(screen, monkeypatch):
    monkeypatch.setattr(progress.wait, "wait_for", lambda *_: {"ok": True})
    assert progress.wait_for("job", 1) == {"ok": True} and "A worker does it" in screen.getvalue()


def test_where_nobody_looks_nothing_is_shown(capsys):
    assert list(progress.track([1, 2], "Databases")) == [1, 2]
    with progress.turning("The exchange is asked …"):
        pass
    assert capsys.readouterr() == ("", "")
