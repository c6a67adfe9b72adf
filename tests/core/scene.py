"""Small snapshots for decisions: one agent, one tracker, round numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from nof1web.core import settings
from nof1web.core.plan import decide
from nof1web.core.records import CredentialState, Epoch, EpochState, Tracker
from nof1web.core.signals import Signal, SignalHealth, SignalPosition
from nof1web.core.snapshot import Plan, PlannedOrder, Snapshot, TrackerView
from nof1web.core.trading import Account, Bracket, Instrument

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SEEN = NOW - timedelta(seconds=10)
STARTED = NOW - timedelta(hours=1)


def d(value: object) -> Decimal:
    return Decimal(str(value))


def an_instrument(symbol: str = "BTCUSDT", **more: Any) -> Instrument:
    made = Instrument(
        symbol,
        tick=d("0.1"),
        step=d("0.001"),
        min_quantity=d("0.001"),
        market_max_quantity=d(120),
        min_notional=d(50),
        brackets=(Bracket(d(50000), 125, d("0.004")), Bracket(d(10**9), 20, d("0.01"))),
    )
    return replace(made, **more)


def a_signal_position(quantity: object = 1, entry: object = 1000, **more: Any) -> SignalPosition:
    made = SignalPosition("BTCUSDT", "e1", d(quantity), d(entry), 10, None, None, SEEN, SEEN)
    return replace(made, **more)


def a_signal(*positions: SignalPosition, **more: Any) -> Signal:
    made = Signal("nof1", "grok", d(10000), NOW, NOW, SignalHealth.GOOD, positions, since=STARTED, records=50)
    return replace(made, **more)


def an_epoch(quantity: object = "0.1", **more: Any) -> Epoch:
    made = Epoch(
        "t1", "BTCUSDT", "e1", EpochState.LIVE, d(quantity), d(1000), d("0.1"), 10, d(1), d(1000), 1, d(10), False, SEEN
    )
    return replace(made, **more)


def a_view(signal: Signal | None, *epochs: Epoch, **chosen: str) -> TrackerView:
    started_at = STARTED
    tracker = Tracker("t1", "c1", "one", "nof1", "grok", True, started_at, started_at)
    return TrackerView(tracker, settings.parse({"mode": "trade", "total_margin": "1000"} | chosen), signal, epochs)


def an_account(**more: Any) -> Account:
    made = Account(
        d(10000), d(10000), d(10000), d(0), d(0), hedge=False, multi_assets=False, read_at=NOW, isolated=frozenset()
    )
    return replace(made, **more)


def a_snapshot(*views: TrackerView, mark: object = 1000, **more: Any) -> Snapshot:
    instruments: Mapping[str, Instrument] = {"BTCUSDT": an_instrument(), "ETHUSDT": an_instrument("ETHUSDT")}
    made = Snapshot(
        now=NOW,
        state=CredentialState.RUNNING,
        armed=True,
        account=an_account(),
        instruments=instruments,
        marks={"BTCUSDT": d(mark), "ETHUSDT": d(mark)},
        trackers=views,
    )
    return replace(made, **more)


def the_order(plan: Plan) -> PlannedOrder:
    assert len(plan.orders) == 1, plan.verdicts
    return plan.orders[0]


def code(plan: Plan) -> str:
    return plan.verdicts[0].code


def entering(sign: int = 1, **chosen: str) -> Plan:
    return decide(a_snapshot(a_view(a_signal(a_signal_position(sign)), **chosen)))
