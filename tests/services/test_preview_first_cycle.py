"""What a preview shows is what the first cycle orders: on a paper account, at a real host's rules and marks."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from nof1web.core import book
from nof1web.core.signals import AgentRecord
from nof1web.services import copying, credentials, halting, previewing, syncing, trackers
from nof1web.wiring import Wiring
from tests.exchange_process import ExchangeProcess
from tests.services.installations import MASTER, a_user, installation
from tests.services.stage import PRICES, HeldLease, a_position

SETTINGS = {"mode": "trade", "total_margin": "700", "existing": "copy", "max_leverage": "8"}
POSITIONS = (
    a_position("BTCUSDT", "0.1", "60000", stop="57000"),
    a_position("ETHUSDT", "-1.7", "3000", leverage=15, oid="2"),
    a_position("DOGEUSDT", "33", "0.2", oid="3"),
)


@pytest.fixture
def p(tmp_path: Path, exchange: ExchangeProcess, monkeypatch: pytest.MonkeyPatch) -> Wiring:
    monkeypatch.setenv("NOF1_MASTER_KEY", MASTER)
    exchange.prices(**PRICES)
    folder = tmp_path / "tenants"
    folder.mkdir(mode=0o700)
    made = installation(folder, exchange.url, exchange.url)
    made.bus.marks = lambda _host: {}  # type: ignore[method-assign]
    now = datetime.now(UTC)
    made.market.put_signals([book.first("nof1", AgentRecord("alpha", now, Decimal(10_000), POSITIONS), now)])
    return made


def test_a_previews_orders_are_the_first_cycles_orders(p: Wiring) -> None:
    user = a_user(p)
    account, _check = credentials.add(p, user.id, name="Paper", environment="paper", api_key="", api_secret="")
    with p.tenants(user.id) as store:
        fence = store.credentials.claim_fence(account.id)
    with p.account(user.id, account.id, HeldLease(fence)) as ports:
        syncing.run_sync(ports)
        seen = previewing.preview(p, user.id, account.id, source="nof1", agent="alpha", settings=SETTINGS)
        trackers.add(p, user.id, credential=account.id, source="nof1", agent="alpha", settings=SETTINGS)
        halting.change(p, user.id, account.id, verb="start")
        syncing.run_sync(ports)
        copying.run_cycle(ports, forced=True)
        sent = ports.store.journal.intents(account.id)
    told = {(each.symbol, each.side, each.quantity, each.leverage) for each in seen.orders}
    assert told == {(each.symbol, each.side, each.quantity, each.leverage) for each in sent} and len(sent) == 2
    assert [each.symbol for each in seen.refusals] == ["DOGEUSDT"]
