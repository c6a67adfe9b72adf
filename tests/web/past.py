"""What a tenant of the tests has been through: holdings, orders, verdicts, events."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal as D

from nof1web.adapters.store.tenant import SqliteTenant
from nof1web.core.records import (
    Epoch,
    EpochState,
    Event,
    Intent,
    IntentStatus,
    OrderKind,
    Protection,
    ProtectionStatus,
    Severity,
    Verdict,
)
from nof1web.core.trading import Leg, Side
from nof1web.errors import Text


def named(user_id: str, name: str) -> str:
    """Return the id of a tenant's thing."""
    return f"{name}_{user_id[2:10]}"


def _epoch(tracker_id: str, symbol: str, quantity: str, entry: str, now: datetime, *, shadow: bool = False) -> Epoch:
    return Epoch(
        tracker_id,
        symbol,
        f"{symbol}-1",
        EpochState.LIVE,
        D(quantity),
        D(entry),
        D("0.1"),
        20,
        D(quantity) * 10,
        D(entry),
        1,
        D("102.60"),
        shadow,
        now - timedelta(minutes=47),
    )


def _intent(user_id: str, number: int, symbol: str, kind: OrderKind, now: datetime) -> Intent:
    side = Side.BUY if number % 2 else Side.SELL
    status = (IntentStatus.FILLED, IntentStatus.FILLED, IntentStatus.REJECTED, IntentStatus.UNKNOWN)[number % 4]
    at = now - timedelta(minutes=7 * number + 1)
    return Intent(
        named(user_id, "t1"),
        symbol,
        f"{symbol}-{number}",
        number,
        1,
        f"nwebt{user_id[2:8]}{number:04d}",
        named(user_id, "c1"),
        kind,
        side,
        D("0.031"),
        D("0.31"),
        D("66180"),
        20,
        D("66205.1"),
        False,
        status,
        at,
        0,
        at + timedelta(seconds=5),
        executed=D("0.031"),
        price=D("66210.5") if status is IntentStatus.FILLED else None,
        fee=D("1.0262"),
        realised=D("-3.41") if kind is OrderKind.CLOSE else None,
        exchange_code=-2019 if status is IntentStatus.REJECTED else None,
        explanation={"sizing": "equity_share", "ratio": "0.1", "budget": "500"},
    )


def history(store: SqliteTenant, user_id: str, now: datetime) -> None:
    """Write holdings, orders, verdicts and events of a tenant."""
    first, t1, t2 = named(user_id, "c1"), named(user_id, "t1"), named(user_id, "t2")
    for epoch in (
        _epoch(t1, "BTCUSDT", "0.031", "66210.5", now),
        _epoch(t1, "ETHUSDT", "-0.42", "3095.1", now),
        _epoch(t2, "XRPUSDT", "800", "0.5301", now, shadow=True),
    ):
        store.trackers.put_epoch(epoch)
    for leg, trigger in ((Leg.STOP, "64000"), (Leg.TARGET, "71000")):
        store.journal.put_protection(
            Protection(
                f"nwebt{user_id[2:8]}{leg}", first, t1, "BTCUSDT", "BTCUSDT-1", leg, Side.SELL, D("0.031"), D(trigger),
                ProtectionStatus.RESTING, now, verified=True,
            )
        )
    for number, kind in enumerate((OrderKind.OPEN, OrderKind.INCREASE, OrderKind.CLOSE, OrderKind.OPEN)):
        store.journal.write(_intent(user_id, number, "BTCUSDT", kind, now))
    numbers = {"quantity": "0.031", "mark": "66205.1", "leverage": "20", "moved": "1.4", "entry": "168.1"}
    store.chronicle.put_verdicts(
        (
            Verdict(t1, "BTCUSDT", "1", "order", "open", numbers, now - timedelta(minutes=47)),
            Verdict(t1, "ETHUSDT", "1", "hold", "on_target", numbers, now - timedelta(minutes=2)),
            Verdict(t1, "SOLUSDT", "2", "refused", "agent_flat", numbers, now - timedelta(seconds=40)),
        )
    )
    for text, severity, ago in (
        ("Opened %(side)s %(quantity)s %(symbol)s.", Severity.INFO, 47),
        ("Added %(quantity)s to %(symbol)s.", Severity.INFO, 46),
        ("The exchange refused an order in %(symbol)s: %(reason)s", Severity.WARNING, 12),
        ("The stop of %(symbol)s was hit at %(trigger)s: the position is closed.", Severity.ALARM, 1),
    ):
        event_text = Text(
            text, {"quantity": "0.031", "symbol": "BTCUSDT", "side": "BUY", "trigger": "64000", "reason": "-2019"}
        )
        store.chronicle.add_event(
            Event("order", event_text, now - timedelta(minutes=ago), severity, first, t1, "BTCUSDT")
        )
