"""`orders` and `status` tell how long orders took and what their fills cost."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from nof1web import wiring
from nof1web.core.records import Intent, IntentStatus, OrderKind
from nof1web.core.trading import Side
from tests.cli.conftest import ANNA, Console

D = Decimal


def bought(credential: str, tracker: str, now: datetime) -> Intent:
    """An entry seen a second ago: 100 ms to decide, 50 to send, 250 to be acknowledged; filled at 60060."""
    seen, steps = now - timedelta(seconds=1), [timedelta(milliseconds=each) for each in (100, 150, 400)]
    decided, sent, acknowledged = (seen + each for each in steps)
    return Intent(
        tracker, "BTCUSDT", "1", 0, 0, "n1", credential, OrderKind.OPEN, Side.BUY, D("0.01"), D(1), D(60000), 10,
        D(60030), False, IntentStatus.FILLED, now, 1, now + timedelta(seconds=5), executed=D("0.01"), price=D(60060),
        fee=D("0.3003"), seen_at=seen, decided_at=decided, sent_at=sent, acknowledged_at=acknowledged,
        agent_price=D(60000),
    )  # fmt: skip


@pytest.fixture
def traded(console: Console) -> Console:
    """Main has one filled order."""
    credential, tracker = console.add_credential()["credential_id"], console.add_tracker("--name", "T")["tracker_id"]
    p = wiring.ports()
    with p.tenants(console.json("user", "list")[0]["user_id"]) as store:
        store.journal.write(bought(credential, tracker, p.clock()))
    return console


def test_an_order_tells_each_step_and_its_slippage_in_basis_points(traded: Console) -> None:
    (row,) = traded.json("orders", *ANNA)
    steps = {"seen_to_decided": 100, "decided_to_sent": 50, "sent_to_acknowledged": 250, "total": 400}
    assert row["latency_ms"] == steps
    assert {name: D(bps) for name, bps in row["slippage_bps"].items()} == {"agent": D(10), "mark": D("5.00")}
    assert D(row["fee"]) == D("0.3003")


def test_the_status_ranks_them_by_credential(traded: Console) -> None:
    (row,) = traded.json("status", *ANNA)["credentials"]
    found = row["execution"]
    assert found["orders"] == 1 and D(found["latency_ms"]["p50"]) == D(found["latency_ms"]["p95"]) == 400
    assert D(found["agent_bps"]["p50"]) == 10 and D(found["mark_bps"]["p95"]) == 5


def test_before_the_first_order_there_is_nothing_to_tell(console: Console) -> None:
    console.add_credential()
    (row,) = console.json("status", *ANNA)["credentials"]
    assert row["execution"] is None
