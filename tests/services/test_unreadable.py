"""A symbol the exchange gives no answer for ends no sync; what it hides is not entered a second time."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from nof1web.core.trading import AlgoReport
from nof1web.errors import N_, ExchangeError, Rejected, Transient
from nof1web.services import halting
from nof1web.services.unreadable import KIND
from tests.services.backups import restored, saved
from tests.services.site import Site
from tests.services.stage import USER, Stage, a_position, opened
from tests.services.test_explaining import events, quiet
from tests.services.test_reconciling import sent
from tests.services.test_trouble import fault

ETH = a_position("ETHUSDT", "2", "3000", oid="2")


def unlisted(stage: Stage, monkeypatch: pytest.MonkeyPatch, error: ExchangeError) -> None:
    """Let the resting orders of BTC not be listed."""
    real = stage.client.protections

    def listed(symbol: str) -> tuple[AlgoReport, ...]:
        if symbol == "BTCUSDT":
            raise error
        return real(symbol)

    monkeypatch.setattr(stage.client, "protections", listed)


def codes(stage: Stage) -> dict[str, str]:
    return {each["symbol"]: each["code"] for each in stage.cycle()["verdicts"]}


def test_a_symbol_that_is_refused_stops_its_own_entries_and_no_others(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(stage, stop="57000")
    quiet(stage)
    halting.change(Site(stage), USER, "c_1", "start")
    unlisted(stage, monkeypatch, Rejected(N_("Invalid symbol."), exchange_code=-1121))
    for seconds in (100, 200):
        stage.skew = timedelta(seconds=seconds)
        stage.agent("deepseek", a_position(quantity="0.3", stop="57000"), ETH)
        found = codes(stage)
    assert found["BTCUSDT"] == "symbol_stopped" and stage.holdings()["ETHUSDT"] == Decimal("0.2")
    assert events(stage).count(KIND) == 1 and not stage.store.halts.reconcile_due("c_1")
    stage.agent("deepseek", a_position(quantity="0", stop="57000"), ETH)
    stage.cycle()
    assert "BTCUSDT" not in stage.live()


def test_what_passes_is_told_only_when_it_lasts_and_others_go_on(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(stage, stop="57000")
    quiet(stage)
    halting.change(Site(stage), USER, "c_1", "start")
    stage.sync()
    unlisted(stage, monkeypatch, Transient(N_("Busy.")))
    for seconds, told in ((100, 0), (120, 0), (300, 1), (310, 1)):
        stage.skew = timedelta(seconds=seconds)
        stage.sync()
        assert events(stage).count(KIND) == told
    stage.agent("deepseek", a_position(stop="57000"), ETH)
    assert codes(stage)["ETHUSDT"] == "open" and stage.resting()


def test_prices_that_cannot_be_read_end_no_sync(stage: Stage) -> None:
    opened(stage)
    fault(stage, "/fapi/v1/userTrades", "GET", "reject", code=-1001)
    stage.sync()
    assert stage.store.journal.unpriced("c_1") and stage.store.credentials.snapshot("c_1") is not None
    stage.sync()
    assert not stage.store.journal.unpriced("c_1")


@pytest.mark.parametrize("asked", [True, False])
def test_a_failed_query_after_a_restore_repeats_no_order(stage: Stage, asked: bool) -> None:
    opened(stage)
    quiet(stage)
    copy = saved(stage)
    stage.agent("deepseek", a_position(), ETH)
    stage.cycle()
    live, orders = stage.live(), sent(stage)
    restored(stage, copy)
    if asked:
        stage.store.halts.ask_reconcile("c_1", stage.now())
    fault(stage, "/fapi/v1/userTrades", "GET", "reject", code=-1001)
    stage.sync()
    assert stage.store.halts.reconcile_due("c_1")
    for seconds in (15, 30, 45):
        stage.skew = timedelta(seconds=seconds)
        stage.cycle()
        stage.sync()
    assert stage.live() == stage.holdings() == live and sent(stage) == orders and "adopted" in events(stage)
