"""Draws a plan from a seed: prices, agents' books, what persons do by hand, faults, deaths, pauses and restores."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from random import Random
from typing import Any

from tests.chaos.plan import Account, Book, Event, Held, Plan

PRICES = {"BTCUSDT": Decimal(60000), "ETHUSDT": Decimal(3000), "SOLUSDT": Decimal(150)}
TICKS = {"BTCUSDT": Decimal("0.1"), "ETHUSDT": Decimal("0.01"), "SOLUSDT": Decimal("0.01")}
UNITS = {"BTCUSDT": Decimal("0.1"), "ETHUSDT": Decimal(2), "SOLUSDT": Decimal(40)}
AGENTS = ("alpha", "beta")
ORDER, ALGO = "/fapi/v1/order", "/fapi/v1/algoOrder"
UNKNOWN = ("lose_answer", "http_503_unknown", "timeout_1007", "garbage", "truncated", "html")
REFUSED = ("reset_before", "http_503_unavailable", "internal_error", "throttled_1008")
READS = ("v3/account", "v3/positionRisk", "v1/userTrades", "v1/symbolConfig", "v1/openAlgoOrders", "v1/allOrders")
HOUR_MS = 3_600_000
START_MS = 1_795_392_000_000
SETTLES = 120
"""s without trouble after which everything has to be right: six syncs, and the longest wait for anything"""
APART = 20
"""s between what persons do in one symbol: nobody can tell apart what happens between two looks at an account"""


class Drawn:
    """One seed's chances, its agents' books and its prices on the way."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(f"chaos:{seed}")
        self.books: dict[str, dict[str, Held]] = {agent: {} for agent in AGENTS}
        self.prices = dict(PRICES)
        self.oid = seed * 1000
        self.meddled: dict[tuple[int, str], int] = {}

    def size(self, symbol: str, *, most: int = 9) -> Decimal:
        """A quantity an agent or a person may trade."""
        return UNITS[symbol] * self.chance.randint(1, most) / 2

    def book(self, agent: str) -> Book:
        """What an agent holds now."""
        return tuple(self.books[agent].values())


def plan_of(seed: int, *, lasts: int = 0) -> Plan:
    """Return the plan of a seed, whose events fill so many seconds (0: the seed's own choice)."""
    drawn = Drawn(seed)
    chance = drawn.chance
    lasts = lasts or chance.choice((40, 60, 90, 150))
    accounts = tuple(_accounts(drawn))
    times = sorted(chance.randint(1, lasts - 1) for _ in range(lasts // 6))
    events = [Event(0, "book", {"agent": agent, "book": ()}) for agent in AGENTS]
    if chance.random() < 0.4:
        # This machine's clock is wrong all the time.
        events.append(Event(0, "skew_host", {"seconds": chance.randint(-90, 90)}))
    for at in times:
        events += _happens(drawn, at, len(accounts))
    events += _ending(drawn, lasts)
    # Some runs pass a funding hour.
    start_ms = START_MS + (8 * HOUR_MS - 30_000 if chance.random() < 0.2 else chance.randint(0, 7 * HOUR_MS))
    return Plan(seed, accounts, tuple(sorted(events, key=lambda each: each.at)), lasts, SETTLES, start_ms)


def _accounts(drawn: Drawn) -> Iterator[Account]:
    chance = drawn.chance
    for user in (0, 0, 1):
        agents = chance.sample(AGENTS, k=chance.choice((1, 1, 2)))
        yield Account(user, chance.random() < 0.4, tuple((agent, _settings(chance)) for agent in agents))


def _settings(chance: Random) -> dict[str, str]:
    return {
        "mode": "trade",
        "total_margin": str(chance.choice((1000, 2000))),
        "price_tolerance": "20",
        "max_signal_age": str(chance.choice((60, 300))),
        "interval": str(chance.choice((1, 5))),
        "on_new_entry": chance.choice(("rebalance", "reopen")),
        "min_change": chance.choice(("0", "5")),
        "close_confirmations": chance.choice(("1", "2", "3")),
        "unprotected": chance.choice(("alarm", "alarm", "close")),
        "margin_mode": chance.choice(("", "", "ISOLATED")),
        "sizing": chance.choice(("equity_share", "equity_share", "fixed_margin")),
        "fixed_margin": "100",
    }


def _happens(drawn: Drawn, at: int, accounts: int) -> list[Event]:
    """What happens at one time: mostly an agent moves, and something goes wrong just then."""
    found = [_moves(drawn, at)] if drawn.chance.random() < 0.6 else []
    kinds: tuple[tuple[Callable[[Drawn, int, int], list[Event]], int], ...] = (
        (_prices, 3),
        (_by_hand, 4),
        (_fault, 6),
        (_limits, 1),
        (_lagging, 2),
        (_clocks, 2),
        (_stopping, 6),
        (_redis, 1),
        (_feed, 1),
        (_person, 1),
        (_restored, 1),
    )
    draws, weights = [each for each, _ in kinds], [weight for _, weight in kinds]
    for draw in drawn.chance.choices(draws, weights, k=drawn.chance.choice((1, 1, 2))):
        found += draw(drawn, at, accounts)
    return found


def _moves(drawn: Drawn, at: int) -> Event:
    """An agent opens, resizes, flips, renews, or closes something; or changes its stop."""
    chance = drawn.chance
    agent, symbol = chance.choice(AGENTS), chance.choice(tuple(PRICES))
    book, luck = drawn.books[agent], chance.random()
    old = book.get(symbol)
    drawn.oid += 1
    if old is None or luck < 0.1:
        book[symbol] = _position(drawn, symbol, drawn.size(symbol) * chance.choice((1, -1)))
    elif luck < 0.35:
        del book[symbol]
    elif luck < 0.65:
        size = max(UNITS[symbol] / 4, abs(old.quantity) * chance.choice((1, 2, 4)) / 2).copy_sign(old.quantity)
        book[symbol] = Held(symbol, size, old.entry, old.oid, old.stop, old.target, old.leverage)
    elif luck < 0.8:
        book[symbol] = _position(drawn, symbol, -old.quantity)
    else:
        fresh = _position(drawn, symbol, old.quantity)
        book[symbol] = Held(symbol, old.quantity, old.entry, old.oid, fresh.stop, fresh.target, old.leverage)
    return Event(at, "book", {"agent": agent, "book": drawn.book(agent)})


def _position(drawn: Drawn, symbol: str, quantity: Decimal) -> Held:
    price, sign = drawn.prices[symbol], 1 if quantity > 0 else -1
    ways = (drawn.chance.randint(20, 60), drawn.chance.randint(20, 90))
    stop, target = ((price * (1000 + sign * way) / 1000).quantize(TICKS[symbol]) for way in (-ways[0], ways[1]))
    return Held(symbol, quantity, price, str(drawn.oid), stop, target if drawn.chance.random() < 0.7 else None)


def _prices(drawn: Drawn, at: int, accounts: int) -> list[Event]:
    for symbol, price in PRICES.items():
        share = Decimal(drawn.chance.randint(-25, 25)) / 1000
        drawn.prices[symbol] = (price * (1 + share)).quantize(TICKS[symbol])
    return [Event(at, "prices", dict(drawn.prices))]


def _by_hand(drawn: Drawn, at: int, accounts: int) -> list[Event]:
    """A person trades on the exchange itself."""
    chance = drawn.chance
    where, symbol = chance.randrange(accounts), chance.choice(tuple(PRICES))
    what: dict[str, Any] = {"account": where, "symbol": symbol}
    kind = chance.choice(("position", "position", "part", "close", "limit", "stop", "cancel_stops", "leverage"))
    if kind in ("position", "part", "close"):
        if at - drawn.meddled.get((where, symbol), -APART) < APART:
            return []
        drawn.meddled[where, symbol] = at
    if kind in ("position", "limit", "stop"):
        what |= {"quantity": drawn.size(symbol, most=3) / 4, "buys": chance.random() < 0.5}
    if kind == "part":
        what["share"] = Decimal(chance.randint(1, 9)) / 10
    return [Event(at, f"hand_{kind}", what)]


def _fault(drawn: Drawn, at: int, accounts: int) -> list[Event]:
    """Requests of one account, or of anybody, go wrong."""
    chance = drawn.chance
    path, method = chance.choice(((ORDER, "POST"), (ORDER, "POST"), (ORDER, "GET"), (ALGO, "POST"), (ALGO, "DELETE")))
    if chance.random() < 0.3:
        path, method = f"/fapi/{chance.choice(READS)}", "GET"
    what: dict[str, Any] = {"path": path, "method": method, "count": chance.choice((1, 1, 1, 2, 4))}
    what |= {"kind": chance.choice((*UNKNOWN, *UNKNOWN, *REFUSED, "reject", "slow", "slow_answer", "partial"))}
    what |= {"executed": what["kind"] == "lose_answer" or chance.random() < 0.5}
    what |= {"code": chance.choice((-1001, -1007, -1021, -2019, -4131, -2015, -1111)), "status": 502}
    what |= {"seconds": Decimal(chance.choice((2, 4, 7, 12))), "share": Decimal(chance.randint(1, 9)) / 10}
    if what["kind"] == "partial":
        what |= {"path": ORDER, "method": "POST"}
    return [Event(at, "fault", {"account": chance.choice((*range(accounts), None)), **what})]


def _limits(drawn: Drawn, at: int, accounts: int) -> list[Event]:
    kind = drawn.chance.choice(("http_429", "http_418", "unreachable"))
    return [Event(at, "ban", {"kind": kind, "seconds": drawn.chance.choice((3, 8, 20))})]


def _lagging(drawn: Drawn, at: int, accounts: int) -> list[Event]:
    what = {"kind": drawn.chance.choice(("hide_orders", "stale_positions")), "seconds": drawn.chance.randint(5, 25)}
    return [Event(at, "lag", {**what, "lag_seconds": drawn.chance.randint(1, 6)})]


def _clocks(drawn: Drawn, at: int, accounts: int) -> list[Event]:
    """This machine's clock jumps, or the exchange's door and its engine differ, so that timestamps are refused."""
    kind, most = drawn.chance.choice(("skew_host", "skew_exchange")), drawn.chance.choice((3, 90))
    return [Event(at, kind, {"seconds": drawn.chance.randint(-most, most)})]


def _stopping(drawn: Drawn, at: int, accounts: int) -> list[Event]:
    """A worker dies, or stands still for a while, at the nth point it reaches from now on."""
    chance = drawn.chance
    what = {"account": chance.randrange(accounts), "nth": chance.choice((0, 1, 2, 3, 4, 5, 6, 8, 11))}
    if chance.random() < 0.6:
        return [Event(at, "kill", what)]
    return [Event(at, "pause", {**what, "seconds": chance.choice((3, 6, 17, 25, 40))})]


def _redis(drawn: Drawn, at: int, accounts: int) -> list[Event]:
    seconds, emptied = drawn.chance.choice((0, 4, 18)), drawn.chance.random() < 0.8
    return [Event(at, "redis_lost", {"seconds": seconds, "emptied": emptied})]


def _feed(drawn: Drawn, at: int, accounts: int) -> list[Event]:
    what = {"kind": drawn.chance.choice(("down", "missing", "glitch", "old")), "agent": drawn.chance.choice(AGENTS)}
    return [Event(at, "feed", {**what, "seconds": drawn.chance.choice((6, 15, 30))})]


def _person(drawn: Drawn, at: int, accounts: int) -> list[Event]:
    state = drawn.chance.choice(("paused", "running", "running"))
    return [Event(at, "person", {"account": drawn.chance.randrange(accounts), "state": state})]


def _restored(drawn: Drawn, at: int, accounts: int) -> list[Event]:
    """A tenant's database is as it was some time ago."""
    if drawn.chance.random() < 0.5:
        return []
    what = {"user": drawn.chance.randrange(2), "name": str(at), "seconds": drawn.chance.choice((1, 5, 15))}
    return [Event(max(0, at - drawn.chance.choice((5, 15, 30))), "backup", what), Event(at, "restore", what)]


def _ending(drawn: Drawn, lasts: int) -> list[Event]:
    """In half of the runs the agents are flat in the end."""
    if drawn.chance.random() < 0.5:
        return []
    return [Event(lasts - 1, "book", {"agent": agent, "book": ()}) for agent in AGENTS]
