"""Numbers and times in templates: the strings of services/figures.py, grouped for the eye only."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from babel.dates import format_timedelta
from flask import Flask
from flask_babel import gettext as _
from markupsafe import Markup, escape

from nof1web.errors import Text
from nof1web.services import figures
from nof1web.services.rows import Line
from nof1web.web.spoken import locale, plain
from nof1web.web.words import CHOICES, ORDER_SIDES, SIDES, STATES

_WORDS: Mapping[str, Mapping[str, str]] = {
    "side": {
        value: chip.label for value, chip in (*ORDER_SIDES.items(), ("long", SIDES[True]), ("short", SIDES[False]))
    },
    "state": {value: chip.label for value, chip in STATES.items()},
    "sides": CHOICES,
}
_TOUCHING = re.compile(r"(\d)(?=[\u4e00-\u9fff])")
"""a digit that a Chinese character follows without the space that the pages' own words have"""
_UNITS = (365 * 86400, 30 * 86400, 7 * 86400, 86400, 3600, 60, 1)
_DASH = Markup('<span class="none">–</span>')


# Most of a page's numbers were on it the last time it was drawn, too.
_remembered = lru_cache(maxsize=8192)


@_remembered
def grouped(text: str) -> Markup:
    """Return a number whose thousands stand apart by a margin; its value is the string that programs get, too."""
    sign, digits = (text[0], text[1:]) if text[:1] in "+-" else ("", text)
    whole, dot, rest = digits.partition(".")
    first = len(whole) % 3 or 3
    parts = "".join(f"<i>{whole[at : at + 3]}</i>" for at in range(first, len(whole), 3))
    # Nothing but digits, a sign and a dot: there is nothing to escape, and a page has thousands of these.
    plain = text.removeprefix("+")
    return Markup(f'<data value="{plain}" class="num">{sign}{whole[:first]}{parts}{dot}{rest}</data>')


def money(value: Decimal | None) -> Markup:
    """Return an amount in USDT, a dash when unknown."""
    return _DASH if value is None else _money(value)


@_remembered
def _money(value: Decimal) -> Markup:
    return grouped(figures.money(value))


def price(value: Decimal | None) -> Markup:
    """Return a price, a dash when there is none."""
    return _DASH if value is None else _price(value)


@_remembered
def _price(value: Decimal) -> Markup:
    return grouped(figures.price(value))


def quantity(value: Decimal | None) -> Markup:
    """Return a quantity, a dash when there is none."""
    return _DASH if value is None else _quantity(value)


@_remembered
def _quantity(value: Decimal) -> Markup:
    return grouped(figures.quantity(value))


@_remembered
def symbol(value: str) -> Markup:
    """Return a symbol whose quote asset steps back; what is copied stays the exchange's name."""
    base, quote = (value[:-4], value[-4:]) if value.endswith(("USDT", "USDC")) else (value, "")
    return Markup(f'<data value="{escape(value)}" class="symbol">{escape(base)}<i>{quote}</i></data>')


def plain_money(value: Decimal | None) -> str:
    """Return an amount in USDT as plain text, for labels that hold no markup; a dash when unknown."""
    return "–" if value is None else figures.money(value)


def points(line: Line) -> str:
    """Return an amount over time as JSON for static/js/chart.js: [seconds since 1970, amount as text], one a second."""
    by_second = {int(at.timestamp()): figures.money(amount) for at, amount in line}
    return json.dumps(list(by_second.items()), separators=(",", ":"))


def twice(value: str) -> tuple[str, str]:
    """Return a filter's choice whose value is what people read."""
    return value, value


def figure(value: Decimal | None) -> str:
    """Return a number as plain text, empty when there is none."""
    return "" if value is None else figures.quantity(value)


@_remembered
def _change(value: Decimal, unit: str) -> Markup:
    text = figures.signed(value)
    if text[0] not in "+-":
        return Markup(f'<span class="pnl flat">{grouped(text)}{unit}</span>')
    way, arrow = ("up", "▲") if text[0] == "+" else ("down", "▼")
    return Markup(f'<span class="pnl {way}"><b aria-hidden="true">{arrow}</b>{grouped(text)}{unit}</span>')


def change(value: Decimal | None) -> Markup:
    """Return a gain or loss in USDT: sign, arrow and colour together."""
    return _DASH if value is None else _change(value, "")


def share(value: Decimal | None) -> Markup:
    """Return a gain or loss in %: sign, arrow and colour together."""
    return _DASH if value is None else _change(value, "%")


def ago(at: datetime | None) -> Markup:
    """Return how long ago something was; static/js/app.js keeps it current."""
    if at is None:
        return Markup('<span class="none">{}</span>').format(_("never"))
    seconds = max(1, (datetime.now(UTC) - at).total_seconds())
    unit = next(unit for unit in _UNITS if seconds >= unit)
    text = _past(round(seconds / unit) * unit, locale())
    return Markup(f'<time datetime="{at.isoformat()}" title="{utc(at)}" data-ago>{escape(text)}</time>')


@lru_cache(maxsize=4096)
def _past(seconds: int, locale: str) -> str:
    since = timedelta(seconds=-seconds)
    return _spaced(format_timedelta(since, add_direction=True, format="short", threshold=1, locale=locale))


def age(at: datetime) -> Markup:
    """Return how long something has lasted, without direction; static/js/app.js keeps it current."""
    return aged(at, datetime.now(UTC), locale())


def aged(at: datetime, now: datetime, locale: str) -> Markup:
    """Return how long something had lasted at a time, in a language: for tables, which ask for both once."""
    return _aged(at, _rounded(now - at), locale)


@_remembered
def _aged(at: datetime, seconds: int, locale: str) -> Markup:
    text = escape(_lasting(seconds, locale))
    return Markup(f'<time datetime="{at.isoformat()}" title="{utc(at)}" data-age>{text}</time>')


def lasting(time: timedelta) -> str:
    """Return how long something lasted, in its largest fitting unit."""
    return _lasting(_rounded(time), locale())


def _rounded(time: timedelta) -> int:
    seconds = max(1, round(time.total_seconds()))
    if seconds < 90:
        return seconds
    unit = 60 if seconds < 90 * 60 else 3600 if seconds < 36 * 3600 else 86400
    return round(seconds / unit) * unit


@lru_cache(maxsize=4096)
def _lasting(seconds: int, locale: str) -> str:
    # A page has hundreds of them, of a few different lengths.
    return _spaced(format_timedelta(timedelta(seconds=seconds), format="short", threshold=1.5, locale=locale))


def _spaced(text: str) -> str:
    return _TOUCHING.sub(r"\1 ", text)


@_remembered
def utc(at: datetime) -> str:
    """Return a time in UTC to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def clock(at: datetime | None) -> Markup:
    """Return a time of day; static/js/app.js shows it in the reader's zone."""
    if at is None:
        return _DASH
    # A time has nothing to escape, and a page has hundreds.
    return _clock(at)


@_remembered
def _clock(at: datetime) -> Markup:
    text = at.astimezone(UTC).strftime("%m-%d %H:%M:%S")
    return Markup(f'<time datetime="{at.isoformat()}" title="{utc(at)}" data-clock>{text}</time>')


def sentence(text: Text | str | None) -> str:
    """Return a sentence in the reader's language with its numbers in place."""
    if text is None:
        return ""
    if isinstance(text, str):
        return plain(text) if text else ""
    template = plain(text.template)
    if not text.numbers:
        return template
    return template % {name: _spoken(name, value) for name, value in text.numbers.items()}


def _spoken(name: str, value: object) -> object:
    """Return what stands inside a sentence in its own language: labels, sides, states; numbers as they are."""
    if name == "label":
        return plain(str(value))
    english = _WORDS.get(name, {}).get(str(value), "")
    translated = plain(english) if english else ""
    return value if translated == english else translated


def install(app: Flask) -> None:
    """Give templates the filters above."""
    words = (figure, lasting, plain_money, points, sentence, twice)
    for each in (money, price, quantity, symbol, change, share, age, ago, clock, *words):
        app.jinja_env.filters[each.__name__] = each  # type: ignore[assignment]
