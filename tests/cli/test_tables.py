"""Tables at a terminal: what doesn't fit is broken between words or put below, figures never."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime

import pytest

from nof1web.cli.tables import Figure, Table

AT = datetime(2026, 11, 23, 21, 4, 26, tzinfo=UTC)
WHY = "The order would be 36.46 USDT, the minimum is 54.68. A total margin of 131 USDT would do."
TABLE = Table(
    ("At", "Symbol", "Quantity", "Price", "Why", "Note"),
    [
        (AT, "BTCUSDT", Figure("-0.03100"), Figure("66210.50"), WHY, ""),
        (AT, "XRPUSDT", Figure("12"), None, "Held.", ""),
    ],
    "Nothing.",
)


@pytest.fixture
def at_width(monkeypatch: pytest.MonkeyPatch):
    """Return what the table is on a terminal this wide, without colours."""

    def shown(width: int) -> str:
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
        monkeypatch.setenv("COLUMNS", str(width))
        return re.sub(r"\x1b\[[0-9;]*m", "", TABLE.text())

    return shown


def test_no_figure_and_no_word_is_ever_broken(at_width):
    for width in range(40, 220, 5):
        words = at_width(width).split()
        assert {"-0.03100", "66210.50", "BTCUSDT", "2026-11-23", "21:04:26", *WHY.split()} <= set(words), width


def test_no_line_is_wider_than_the_terminal(at_width):
    for width in range(40, 220, 5):
        assert max(map(len, at_width(width).splitlines())) <= width


def test_where_there_is_room_every_row_is_a_line(at_width):
    assert len(at_width(200).splitlines()) == 4


def test_where_there_is_too_little_rows_stand_below_each_other_with_their_headings(at_width):
    first, second = at_width(40).split("\n\n")
    assert first.splitlines()[:2] == ["At (UTC): 2026-11-23 21:04:26", "Symbol: BTCUSDT   Quantity: -0.03100"]
    assert "Price: –" in second and "Note" not in first + second


def test_away_from_a_terminal_nothing_is_broken():
    assert WHY in TABLE.text()
