"""Chaos of real processes: round after round of trading while a part of the installation dies or stands still."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests

from nof1web import config
from nof1web.adapters import embedded_redis
from tests.chaos.table import row
from tests.e2e.deployment import Deployment, eventually, running

AGENTS = ("gpt-5", "gemini-2.5-pro", "qwen3-max")
COINS = {"BTC": ("BTCUSDT", Decimal("0.02")), "ETH": ("ETHUSDT", Decimal("0.5"))}
THEIRS = "SOLUSDT"
"""what a person trades on each account besides"""
SETTLES = 90
HELD = """
SELECT t.credential_id, e.symbol, e.quantity FROM epochs e JOIN trackers t ON t.id = e.tracker_id
WHERE NOT e.shadow AND CAST(e.quantity AS REAL) <> 0
"""
OPEN = "SELECT credential_id, kind FROM intents WHERE status IN ('written', 'unknown')"
STEPS = """
SELECT tracker_id, symbol, epoch, step, client_order_id, quantity FROM intents WHERE kind IN ('open', 'increase')
"""


class Follower:
    """One credential that follows one agent, with what a person has on the same account."""

    def __init__(self, deployment: Deployment, number: int, agent: str) -> None:
        self.deployment, self.agent, self.name = deployment, agent, f"chaos {number}"
        key = deployment.new_key("20000", hedge=number == 1)
        self.account: str = key["account_id"]
        self.credential_id = deployment.add_credential(self.name, key)
        side = {"positionSide": "LONG"} if number == 1 else {}
        self._place(symbol=THEIRS, side="BUY", type="MARKET", quantity="3", **side)
        self.order = self._place(
            symbol=THEIRS, side="BUY", type="LIMIT", timeInForce="GTC", quantity="2", price="80", **side
        )
        deployment.track(self.name, agent, total_margin="5000", existing="copy")

    def _place(self, **place: str) -> Any:
        return self.deployment.exchange.post("/sim/orders", account_id=self.account, place=place)


class Chaos:
    """Rounds of chaos on one installation; `wrong` says what wasn't right after which round."""

    def __init__(self, deployment: Deployment, followers: int = len(AGENTS)) -> None:
        self.deployment = deployment
        self.followers = [Follower(deployment, number, agent) for number, agent in enumerate(AGENTS[:followers])]
        self.wrong: list[str] = []
        self.counts: Counter[str] = Counter()
        # Others may have been made on the same installation.
        found = Path(deployment.env["NOF1_TENANTS_DIR"]).glob("u_*/tenant.db")
        self.database = next(path for path in found if _has(path, self.followers[0].credential_id))

    def round(self, seed: int) -> None:
        """Let agents trade while something happens, then look whether everything is right."""
        chance = random.Random(f"processes:{seed}")
        trouble = sorted(TROUBLES)[seed % len(TROUBLES)]
        books = {each.agent: _book(chance) for each in self.followers}
        with _told_later(self, chance, books):
            time.sleep(chance.random() * 1.5)
            TROUBLES[trouble](self.deployment, chance)
        self.counts.update({"runs": 1, trouble: 1})
        try:
            for each in self.followers:
                eventually(lambda it=each: not self._differs(it, books[it.agent]), seconds=SETTLES, of=each.name)
        except AssertionError:
            for each in self.followers:
                self.wrong.append(f"round {seed} ({trouble}): {each.name} {self._differs(each, books[each.agent])}")
        self.wrong += [f"round {seed} ({trouble}): {each}" for each in self._executed_wrongly()]

    def table(self) -> list[str]:
        """Return the table's lines."""
        kills = sum(self.counts[each] for each in TROUBLES if each.endswith("killed"))
        rows = [(each, self.counts[each]) for each in ("runs", *TROUBLES)]
        rows += [("kill -9 in all", kills), ("orders", self.counts["orders"]), ("violations", len(self.wrong))]
        return [row(*each) for each in rows]

    def _differs(self, it: Follower, book: dict[str, Any]) -> list[str]:
        """What of an account isn't as believed, or isn't as the agent has it."""
        try:
            account = self.deployment.exchange.account(it.account)
        except (requests.RequestException, ValueError):
            return ["the exchange doesn't answer"]
        rows = ((row["symbol"], Decimal(row["positionAmt"])) for row in account["positions"])
        live = {symbol: quantity for symbol, quantity in rows if quantity}
        theirs, held = live.pop(THEIRS, None), self._held(it.credential_id)
        stops = {row["symbol"] for row in account["algo_orders"] if row["algoStatus"] == "NEW"}
        limit = next(row for row in account["orders"] if row["orderId"] == it.order["orderId"])
        checks = {
            f"holds {held} of {live}": held == live,
            f"has {live}, the agent {book}": _signs(live) == _signs(
                {COINS[coin][0]: Decimal(row["quantity"]) for coin, row in book.items()}
            ),
            f"has stops in {stops}, holds {live}": stops == set(live),
            f"has {theirs} {THEIRS} of the person's": theirs == 3,
            f"has the person's order {limit['status']}": limit["status"] == "NEW",
            f"has unresolved orders: {self._rows(OPEN)}": not self._rows(OPEN),
        }
        return [what for what, fine in checks.items() if not fine]

    def _executed_wrongly(self) -> Iterator[str]:
        """Each id was executed once, each step at most as decided."""
        executed: dict[str, list[Decimal]] = defaultdict(list)
        for each in self.followers:
            for order in self.deployment.exchange.account(each.account)["orders"]:
                if Decimal(order["executedQty"]):
                    executed[order["clientOrderId"]].append(Decimal(order["executedQty"]))
        # The persons' own opening trades aside.
        self.counts["orders"] = sum(map(len, executed.values())) - len(self.followers)
        yield from (f"{name} was executed twice" for name, times in executed.items() if len(times) > 1)
        steps: dict[tuple[Any, ...], list[tuple[Decimal, Decimal]]] = defaultdict(list)
        for *step, name, quantity in self._rows(STEPS):
            steps[tuple(step)].append((Decimal(quantity), sum(executed.get(name, ()), Decimal(0))))
        for step, tries in steps.items():
            if sum(done for _, done in tries) > max(decided for decided, _ in tries):
                yield f"step {step} executed more than was decided: {tries}"

    def _held(self, credential_id: str) -> dict[str, Decimal]:
        held: dict[str, Decimal] = defaultdict(Decimal)
        for whose, symbol, quantity in self._rows(HELD):
            if whose == credential_id:
                held[symbol] += Decimal(quantity)
        return dict(held)

    def _rows(self, sql: str) -> list[Any]:
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10) as file:
            return file.execute(sql).fetchall()


@contextmanager
def _told_later(chaos: Chaos, chance: random.Random, books: dict[str, Any]) -> Iterator[None]:
    """Let agents show their books, again after the trouble in case the exchange was away."""
    for agent, book in books.items():
        chaos.deployment.agent(agent, **book)
    yield
    for agent, book in books.items():
        eventually(lambda a=agent, b=book: _shown(chaos, a, b), of="the exchange to be back")


def _shown(chaos: Chaos, agent: str, book: dict[str, Any]) -> bool:
    try:
        kept = {coin: {name: value for name, value in row.items() if name != "new_entry"} for coin, row in book.items()}
        chaos.deployment.agent(agent, **kept)
    except requests.RequestException:
        return False
    return True


def _book(chance: random.Random) -> dict[str, Any]:
    """An agent's next book: in each coin nothing, or some quantity of a new or the same entry, with a far stop."""
    found = {}
    for coin, (_, unit) in COINS.items():
        if chance.random() < 0.75:
            sign, far = chance.choice(((1, "0.5"), (-1, "1.6")))
            price = Decimal(60000 if coin == "BTC" else 3000)
            found[coin] = {
                "quantity": str(unit * chance.randint(2, 9) * sign),
                "leverage": 5,
                "stop_loss": str(price * Decimal(far)),
                "new_entry": chance.random() < 0.3,
            }
    return found


def _has(database: Path, credential_id: str) -> bool:
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10) as file:
        return bool(file.execute("SELECT 1 FROM credentials WHERE id = ?", (credential_id,)).fetchall())


def _signs(quantities: dict[str, Decimal]) -> dict[str, bool]:
    return {symbol: quantity > 0 for symbol, quantity in quantities.items()}


def _pids(deployment: Deployment, command: str) -> list[int]:
    return [pid for pid, args in deployment.children().items() if command in args]


def _killed(command: str) -> Callable[[Deployment, random.Random], None]:
    def kill(deployment: Deployment, chance: random.Random) -> None:
        pids = _pids(deployment, command)
        if pids:
            os.kill(chance.choice(pids), signal.SIGKILL)

    return kill


def _stopped(deployment: Deployment, chance: random.Random) -> None:
    """All workers but their parent stand still, some longer than a lease lasts."""
    pids = _pids(deployment, "nof1 worker")[1:]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(chance.choice((2, 6, 17)))
    for pid in pids:
        os.kill(pid, signal.SIGCONT)


def _emptied(deployment: Deployment, chance: random.Random) -> None:
    embedded_redis.connect(config.load(deployment.env)).flushall()


def _skewed(deployment: Deployment, chance: random.Random) -> None:
    deployment.exchange.post("/sim/clock", skew_ms=chance.choice((-90_000, 90_000)))
    time.sleep(8)
    deployment.exchange.post("/sim/clock", skew_ms=0)


TROUBLES: dict[str, Callable[[Deployment, random.Random], None]] = {
    "worker killed": _killed("nof1 worker"),
    "scheduler killed": _killed("nof1 scheduler"),
    "exchange killed": _killed("nof1 sim"),
    "redis killed": _killed("valkey-server"),
    "workers stood still": _stopped,
    "redis emptied": _emptied,
    "clock skewed": _skewed,
}


def rounds(folder: Path, count: int) -> Chaos:
    """Carry out so many rounds on an installation of its own."""
    with running(folder) as deployment:
        deployment.exchange.post("/sim/market", frozen=True)
        deployment.exchange.prices(BTCUSDT="60000", ETHUSDT="3000", SOLUSDT="150")
        for agent in AGENTS:
            deployment.agent(agent)
        chaos = Chaos(deployment)
        for seed in range(count):
            before = len(chaos.wrong)
            chaos.round(seed)
            print(f"{seed + 1} of {count} rounds", *chaos.wrong[before:], sep="\n    ", flush=True)
        return chaos
