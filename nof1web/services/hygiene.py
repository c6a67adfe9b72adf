"""How well a key is kept: its age, its list of addresses, what it may do; each with a sentence that says what to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from nof1web.core.trading import Environment
from nof1web.errors import N_, Text
from nof1web.services.key_stores import KeyFacts
from nof1web.services.warnings import MOVES_MONEY
from nof1web.services.warnings import words as words_of

OLD = timedelta(days=90)
_NEARLY = timedelta(days=76)


@dataclass(frozen=True, slots=True)
class Point:
    """One thing looked at: `good` True, False, or None where it can't be told."""

    name: str
    good: bool | None
    text: Text


@dataclass(frozen=True, slots=True)
class Hygiene:
    """A key's points; `score` is how many are good of those that can be told, `of` how many that are."""

    points: tuple[Point, ...]
    score: int
    of: int


def of(facts: KeyFacts, environment: Environment, now: datetime) -> Hygiene | None:
    """Return how well a key is kept; None for a paper account, which has none."""
    if environment is Environment.PAPER:
        return None
    points = (_age(facts, now), *_permissions(facts))
    told = [point for point in points if point.good is not None]
    return Hygiene(points, sum(1 for point in told if point.good), len(told))


def _age(facts: KeyFacts, now: datetime) -> Point:
    days = (now - facts.added_at).days
    numbers = {"days": days, "left": (facts.added_at + OLD - now).days}
    if now - facts.added_at >= OLD:
        words = N_("The key is %(days)s days old: create a new one at the exchange and replace it here.")
        return Point("age", False, Text(words, numbers))
    if now - facts.added_at >= _NEARLY:
        return Point("age", True, Text(N_("The key is %(days)s days old: replace it within %(left)s days."), numbers))
    return Point("age", True, Text(N_("The key is %(days)s days old; it is fresh for 90."), numbers))


def _permissions(facts: KeyFacts) -> tuple[Point, ...]:
    if "permissions_unverified" in facts.warnings:
        return (
            Point("addresses", None, Text(N_("Whether the key works from this server only can't be read here."))),
            Point("permissions", None, Text(N_("Whether the key can withdraw can't be read here: look it up there."))),
        )
    moves = MOVES_MONEY in facts.warnings
    may = words_of(MOVES_MONEY)
    if not moves:
        may = Text(N_("The key can trade futures, and can neither withdraw nor transfer."))
    locked = "no_address_restriction" not in facts.warnings
    words = N_("The key works from listed addresses only.")
    if not locked:
        words = N_("The key works from every address: restrict it to this server's address at the exchange.")
    return (
        Point("addresses", locked, Text(words)),
        Point("permissions", not moves, may),
    )
