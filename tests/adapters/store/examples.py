"""One of everything a tenant's database keeps, to be varied by keyword."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from nof1web.core.records import (
    Credential,
    CredentialState,
    Epoch,
    EpochState,
    Event,
    Intent,
    IntentStatus,
    OrderKind,
    Protection,
    ProtectionStatus,
    Severity,
    Tracker,
    Verdict,
    Watch,
)
from nof1web.core.signals import Missing, Signal, SignalHealth, SignalPosition
from nof1web.core.trading import Account, Environment, Fill, Leg, Position, PositionSide, Side
from nof1web.errors import Text
from nof1web.services.stores import Draft, User

NOW = datetime(2026, 3, 4, 5, 6, 7, 890123, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ALICE = "u_alice00000000001"
BOB = "u_bob0000000000002"
CAROL = "u_carol00000000003"
ERROR = Text("%(code)s at %(price)s, %(at)s", {"code": -2015, "price": Decimal("1.50"), "at": NOW})


def a_user(**changes: Any) -> User:
    user = User(ALICE, "alice@example.com", "$argon2id$x", "user", enabled=True, language="en", created_at=NOW)
    return replace(user, **changes)


def a_credential(**changes: Any) -> Credential:
    credential = Credential(
        id="c_1", name="Main", environment=Environment.TESTNET, api_key="public", state=CredentialState.RUNNING,
        enabled=True, armed=False, created_at=NOW, account_alias="alias", tested_at=NOW, last_cycle_at=NOW + SECOND,
        last_sync_at=None, last_error=ERROR, wake_at=NOW + 2 * SECOND,
        watches=(Watch("BTCUSDT", Decimal("65000.10"), above=True),),
    )
    return replace(credential, **changes)


def a_tracker(**changes: Any) -> Tracker:
    tracker = Tracker(
        id="t_1", credential_id="c_1", name="Follow", source="nof1", agent="gpt", started=True, started_at=NOW,
        created_at=NOW, settings={"max_leverage": "5", "price_tolerance": "0.5"},
    )
    return replace(tracker, **changes)


def an_epoch(**changes: Any) -> Epoch:
    epoch = Epoch(
        tracker_id="t_1", symbol="BTCUSDT", epoch="17", state=EpochState.LIVE, quantity=Decimal("-0.120"),
        entry_price=Decimal("65000.1"), ratio=Decimal("0.0123456789012345678"), leverage=5,
        reference_quantity=Decimal(-2), reference_entry=Decimal("64999.9"), step=1, allocation=Decimal("33.12345678"),
        shadow=False, opened_at=NOW, closed_at=None,
    )
    return replace(epoch, **changes)


def an_intent(**changes: Any) -> Intent:
    intent = Intent(
        tracker_id="t_1", symbol="BTCUSDT", epoch="17", step=0, attempt=0, client_order_id="nabcd0",
        credential_id="c_1", kind=OrderKind.OPEN, side=Side.SELL, quantity=Decimal("0.120"),
        agent_quantity=Decimal(-2), agent_entry=Decimal("64999.9"), leverage=5, mark=Decimal("65000.00"), shadow=False,
        status=IntentStatus.WRITTEN, created_at=NOW, timestamp_ms=1_772_600_767_890, deadline_at=NOW + 5 * SECOND,
        limit=Decimal("64900"), explanation={"sizing": "equity_share"}, written_no=7,
    )
    return replace(intent, **changes)


def a_fill(**changes: Any) -> Fill:
    fill = Fill(
        trade_id="901", order_id="77", symbol="BTCUSDT", side=Side.SELL, quantity=Decimal("0.060"),
        price=Decimal("64998.70"), fee=Decimal("0.00012345"), fee_asset="BNB", realised=Decimal("-1.5"), traded_at=NOW,
    )
    return replace(fill, **changes)


def a_protection(**changes: Any) -> Protection:
    protection = Protection(
        client_algo_id="pabcd0", credential_id="c_1", tracker_id="t_1", symbol="BTCUSDT", epoch="17", leg=Leg.STOP,
        side=Side.BUY, quantity=Decimal("0.120"), trigger=Decimal("66000.0"), status=ProtectionStatus.RESTING,
        created_at=NOW, verified=True, exchange_code=None,
    )
    return replace(protection, **changes)


def a_verdict(**changes: Any) -> Verdict:
    verdict = Verdict("t_1", "BTCUSDT", "17", "refused", "price_moved", numbers={"mark": "65001"}, decided_at=NOW)
    return replace(verdict, **changes)


def an_event(**changes: Any) -> Event:
    return replace(Event("halted", ERROR, NOW, Severity.ALARM, "c_1", "t_1", "BTCUSDT"), **changes)


def a_draft(**changes: Any) -> Draft:
    return replace(Draft("d_1", "Main", "testnet", "public", b"sealed", "testing", None, "", NOW), **changes)


def an_account(**changes: Any) -> Account:
    account = Account(
        equity=Decimal("1000.12345678"), wallet=Decimal(990), available=Decimal("500.5"), initial_margin=Decimal(100),
        unrealised=Decimal("-10.1"), hedge=False, multi_assets=True, read_at=NOW,
    )
    return replace(account, **changes)


def a_position(**changes: Any) -> Position:
    position = Position(
        symbol="BTCUSDT", side=PositionSide.BOTH, quantity=Decimal("-0.120"), entry_price=Decimal("65000.1"),
        mark=Decimal("65001.23456789"), liquidation=Decimal(0), unrealised=Decimal("-0.5"), initial_margin=Decimal(13),
    )
    return replace(position, **changes)


def a_signal(**changes: Any) -> Signal:
    positions = (
        SignalPosition(
            "BTCUSDT", "17", Decimal("-2.0"), Decimal("64999.9"), 10, stop=Decimal(66000), target=None,
            first_seen_at=NOW, changed_at=NOW + SECOND, missing=Missing(NOW, records=1, reads=2, whole_book=True),
        ),
    )
    signal = Signal(
        "nof1", "gpt", Decimal("12345.67"), recorded_at=NOW, read_at=NOW + SECOND, health=SignalHealth.GOOD,
        positions=positions, unmapped=("xyz:GOLD",),
    )
    return replace(signal, **changes)
