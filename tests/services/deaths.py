"""Plays in which a worker dies: what the agent does, and what there must be once another worker went on."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from nof1web.core.records import ProtectionStatus
from tests.exchange_process import ExchangeProcess
from tests.services.mortal import begun, scene
from tests.services.stage import Stage, a_position

Book = tuple[str, str, str]
"""the agent's quantity, stop and id of its entry"""
SIGNS = {"BUY": 1, "SELL": -1}


@dataclass(frozen=True, slots=True)
class Play:
    """What the agent has before and after; the account's fills and its one stop (quantity, trigger) afterwards."""

    before: Book | None
    after: Book
    fills: tuple[str, ...]
    stop: tuple[str, str] | None
    margin_mode: str = ""
    refusal: int = 0


HAD = ("0.1", "57000", "1")
PLAYS = {
    "open": Play(None, HAD, ("0.01",), ("0.01", "57000"), margin_mode="ISOLATED"),
    "increase": Play(HAD, ("0.2", "57000", "1"), ("0.01", "0.01"), ("0.02", "57000"), refusal=-2019),
    "reduce": Play(HAD, ("0.06", "57000", "1"), ("0.01", "-0.004"), ("0.006", "57000")),
    "close": Play(HAD, ("0", "57000", "1"), ("0.01", "-0.01"), None),
    "protection": Play(HAD, ("0.1", "58000", "1"), ("0.01",), ("0.01", "58000")),
    "renewal": Play(HAD, ("0.06", "57000", "2"), ("0.01", "-0.004"), ("0.006", "57000")),
    "flip": Play(HAD, ("-0.1", "63000", "2"), ("0.01", "-0.01", "-0.01"), ("0.01", "63000")),
}


@dataclass(frozen=True, slots=True)
class Case:
    """A play in which a worker died at one point."""

    name: str
    died_at: str
    stage: Stage

    def wrong(self) -> list[tuple[str, str, str]]:
        """What is not as the play wants it."""
        play, stage = PLAYS[self.name], self.stage
        held, stop = sum(map(Decimal, play.fills), Decimal(0)), play.stop
        account = {"BTCUSDT": held} if held else {}
        legs = [("STOP_MARKET", Decimal(stop[1]), Decimal(stop[0]))] if stop else []
        rows, unresolved = stage.store.journal.protections("c_1"), stage.store.journal.unresolved("c_1")
        done = fills(stage)
        checks = {
            f"fills {done}": done == list(map(Decimal, play.fills)),
            f"live {stage.live()}": stage.live() == account,
            f"held {stage.holdings()}": stage.holdings() == account,
            f"legs {stage.legs()}": stage.legs() == legs,
            f"unresolved {unresolved}": not unresolved,
            f"rows {rows}": [each.status for each in rows] == [ProtectionStatus.RESTING] * len(legs),
        }
        return [(self.name, self.died_at, what) for what, fine in checks.items() if not fine]


@contextmanager
def staged(exchange: ExchangeProcess, folder: Path, name: str, *, hedge: bool) -> Iterator[Stage]:
    """Set a play up to the moment at which the agent's change is to be copied."""
    folder.mkdir()
    play, stage = PLAYS[name], Stage(exchange, folder, hedge=hedge)
    stage.follow(margin_mode=play.margin_mode)
    for book in filter(None, (play.before, play.after)):
        if book is play.after and play.before:
            stage.cycle()
        shows(stage, book)
    if play.refusal:
        fault(stage, "reject", "/fapi/v1/order", code=play.refusal)
    yield stage
    stage.stack.close()


def shows(stage: Stage, book: Book) -> None:
    """Let the source show the agent's book."""
    quantity, stop, oid = book
    stage.agent("deepseek", a_position(quantity=quantity, stop=stop, oid=oid))


def fault(stage: Stage, kind: str, path: str, **more: Any) -> None:
    """Let the account's next POST to a path meet a fault."""
    stage.control.post("/sim/faults", kind=kind, path=path, method="POST", api_key=stage.key["api_key"], **more)


def fills(stage: Stage) -> list[Decimal]:
    """The signed executed quantities of the account's orders, in their order."""
    orders = sorted(stage.control.account(stage.account_id)["orders"], key=lambda each: int(each["orderId"]))
    executed = (Decimal(each["executedQty"]) * SIGNS[each["side"]] for each in orders)
    return [each for each in executed if each]


def dies_before_the_answer(stage: Stage, path: str) -> None:
    """Kill a worker whose request the exchange has executed and not answered yet."""
    before = [*fills(stage), *stage.resting()]
    fault(stage, "slow_answer", path, seconds=20)
    process = begun(scene(stage), stage.folder / "reached")
    until = time.monotonic() + 20
    while [*fills(stage), *stage.resting()] == before:
        assert time.monotonic() < until, "the request never came"
        time.sleep(0.02)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()


def recover(cases: Iterable[Case]) -> list[tuple[str, str, str]]:
    """Let other workers go on, some seconds apart, and sync; return what is wrong then."""
    found = []
    for case in cases:
        for seconds in (8, 10, 30, 60):
            case.stage.skew = timedelta(seconds=seconds)
            shows(case.stage, PLAYS[case.name].after)
            case.stage.cycle()
        case.stage.sync()
        found += case.wrong()
    return found
