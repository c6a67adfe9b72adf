"""Trading on a paper account: live marks and rules, fees and slippage, stops, refusals as on the real exchange."""

from __future__ import annotations

from decimal import Decimal

import pytest

from nof1web.core.trading import AlgoStatus, Leg, MarginMode, OrderRequest, OrderStatus, PositionSide, Side
from nof1web.errors import AlreadyDone, Blocked, OutcomeUnknown, Transient
from tests.adapters.paper_stage import NOW, PaperStage, an_instrument, refused


@pytest.fixture
def stage() -> PaperStage:
    return PaperStage()


def test_an_order_fills_beside_the_mark_and_pays_a_fee(stage: PaperStage) -> None:
    report = stage.trade("0.1")
    assert report.status is OrderStatus.FILLED and report.executed == Decimal("0.1")
    assert report.price == Decimal("60001.2")
    fill = stage.exchange.trades("BTCUSDT", NOW)[0]
    assert (fill.price, fill.fee, fill.fee_asset) == (report.price, Decimal("3.00006"), "USDT")
    assert stage.exchange.account().wallet == 10_000 - fill.fee


def test_a_large_order_slips_further_than_a_small_one(stage: PaperStage) -> None:
    stage.exchange.set_leverage("BTCUSDT", 50)
    small, large = stage.trade("0.01"), stage.trade("4")
    assert small.price is not None and large.price is not None and large.price > small.price


def test_a_reduction_realises_its_share_and_a_close_the_rest(stage: PaperStage) -> None:
    stage.trade("0.1")
    stage.mark("61000")
    stage.trade("-0.04", reduce=True)
    assert stage.held() == {"BTCUSDT": Decimal("0.06")}
    stage.trade("-0.06", reduce=True)
    assert stage.held() == {}
    fills = stage.exchange.trades("BTCUSDT", NOW)
    earned = sum((fill.realised - fill.fee for fill in fills), Decimal(0))
    assert stage.exchange.account().equity == stage.exchange.account().wallet == 10_000 + earned
    # From 60001.2 up to one fiftieth of a thousandth under 61000, a tick at a time.
    assert sum(fill.realised for fill in fills) == Decimal("0.1") * (Decimal("60998.7") - Decimal("60001.2"))


def test_reduce_only_never_opens_nor_turns_a_position(stage: PaperStage) -> None:
    with refused(-2022):
        stage.trade("-0.1", reduce=True)
    stage.trade("0.1")
    assert stage.trade("-0.3", reduce=True).executed == Decimal("0.1")
    assert stage.held() == {}


def test_a_stop_fires_when_the_mark_crosses_it_in_whatever_process(stage: PaperStage) -> None:
    stage.trade("0.1")
    stage.protect("59000")
    stage.restart()
    stage.mark("59000.1")
    assert [report.status for report in stage.exchange.protections("BTCUSDT")] == [AlgoStatus.NEW]
    stage.mark("59000")
    assert stage.held() == {}
    report = stage.restart().protection("p1")
    assert report is not None and report.status is AlgoStatus.FINISHED
    assert report.order_id == stage.exchange.trades("BTCUSDT", NOW)[-1].order_id


def test_a_target_fires_upwards(stage: PaperStage) -> None:
    stage.trade("0.1")
    stage.protect("62000", leg=Leg.TARGET, quantity="0.04")
    stage.mark("62001")
    assert stage.held() == {"BTCUSDT": Decimal("0.06")}


def test_a_stop_that_fires_during_a_refused_call_is_kept(stage: PaperStage) -> None:
    stage.trade("0.1")
    stage.protect("59000")
    stage.mark("58000")
    with refused(-1121):
        stage.trade("1", "NOPEUSDT")
    stage.mark("60000")
    assert stage.restart().positions() == ()


def test_protection_refuses_what_would_fire_at_once(stage: PaperStage) -> None:
    stage.trade("0.1")
    with refused(-2021):
        stage.protect("60000")


def test_a_protections_id_that_rests_already_has_to_be_looked_up(stage: PaperStage) -> None:
    stage.trade("0.1")
    stage.protect("59000")
    with refused(-4116, OutcomeUnknown):
        stage.protect("58000")


def test_cancelled_protection_is_gone_and_cancelling_it_again_is_done_already(stage: PaperStage) -> None:
    stage.trade("0.1")
    stage.protect("59000")
    stage.exchange.cancel_protection("p1")
    assert stage.restart().protections() == ()
    for gone in ("p1", "p2"):
        with refused(-2011, AlreadyDone):
            stage.exchange.cancel_protection(gone)


def test_a_position_its_margin_cannot_carry_is_liquidated(stage: PaperStage) -> None:
    stage.trade("3")
    liquidation = stage.exchange.positions()[0].liquidation
    stage.mark(str(liquidation.quantize(Decimal(1)) + 1))
    assert stage.held()
    stage.mark(str(liquidation.quantize(Decimal(1)) - 1))
    assert stage.held() == {}


def test_a_symbol_the_host_does_not_list_is_refused(stage: PaperStage) -> None:
    with refused(-1121):
        stage.trade("1", "NOPEUSDT")
    with refused(-1121):
        stage.exchange.set_leverage("SOLUSDT", 5)
    assert stage.exchange.positions("NOPEUSDT") == ()


def test_the_hosts_rules_hold_and_not_the_engines_own(stage: PaperStage) -> None:
    with refused(-4164):
        stage.trade("0.001")
    with refused(-1111):
        stage.trade("0.0101")
    assert stage.trade("10", "ADAUSDT").status is OrderStatus.FILLED


def test_accounts_at_two_hosts_trade_each_by_its_hosts_rules(stage: PaperStage) -> None:
    other = PaperStage()
    other.host.rules["BTCUSDT"] = an_instrument("BTCUSDT", least="50")
    assert other.trade("0.001").status is OrderStatus.FILLED
    with refused(-4164):
        stage.trade("0.001")


def test_a_small_rest_can_be_closed_below_the_minimum(stage: PaperStage) -> None:
    stage.trade("0.002")
    stage.trade("-0.001", reduce=True)
    assert stage.held() == {"BTCUSDT": Decimal("0.001")}


def test_a_symbol_that_is_no_longer_listed_can_be_closed_but_not_opened(stage: PaperStage) -> None:
    stage.trade("10", "ADAUSDT")
    del stage.host.rules["ADAUSDT"], stage.host.prices["ADAUSDT"]
    stage.host.rules = dict(stage.host.rules)
    stage.restart()
    with refused(-4140, Blocked):
        stage.trade("10", "ADAUSDT")
    stage.trade("-10", "ADAUSDT", reduce=True)
    assert stage.held() == {}


def test_a_symbol_that_is_not_trading_takes_no_entries(stage: PaperStage) -> None:
    stage.host.rules["BTCUSDT"] = an_instrument("BTCUSDT", tradable=False)
    with refused(-4140, Blocked):
        stage.trade("0.1")


def test_a_symbol_without_a_mark_waits_for_one(stage: PaperStage) -> None:
    del stage.host.prices["BTCUSDT"]
    with refused(-1001, Transient):
        stage.trade("0.1")


def test_an_order_signed_too_long_ago_is_not_executed(stage: PaperStage) -> None:
    late = stage.exchange.server_ms() - stage.exchange.recv_window_ms - 1
    order = OrderRequest("n1", "BTCUSDT", Side.BUY, PositionSide.BOTH, Decimal("0.1"), False, late)
    with refused(-1021, Transient):
        stage.exchange.place(order)
    assert stage.exchange.order("BTCUSDT", "n1") is None


def test_an_order_is_found_by_its_id_after_a_restart(stage: PaperStage) -> None:
    report = stage.trade("0.1")
    assert stage.restart().order("BTCUSDT", "n1") == report
    assert stage.exchange.order("ADAUSDT", "n1") is None


def test_an_ioc_limit_out_of_reach_expires_unfilled(stage: PaperStage) -> None:
    report = stage.trade("0.1", limit=Decimal(59000))
    assert (report.status, report.executed, report.price) == (OrderStatus.EXPIRED, 0, None)


def test_an_order_beyond_the_margin_is_refused(stage: PaperStage) -> None:
    with refused(-2019):
        stage.trade("10")


def test_leverage_and_margin_mode_are_kept(stage: PaperStage) -> None:
    stage.exchange.set_leverage("BTCUSDT", 10)
    stage.exchange.set_margin_mode("BTCUSDT", MarginMode.ISOLATED)
    config = stage.restart().symbol_config("BTCUSDT")
    assert (config.leverage, config.margin_mode) == (10, MarginMode.ISOLATED)
    with refused(-4046, AlreadyDone):
        stage.exchange.set_margin_mode("BTCUSDT", MarginMode.ISOLATED)
    with refused(-4028):
        stage.exchange.set_leverage("BTCUSDT", 126)
    stage.trade("0.1")
    with refused(-4048, Blocked):
        stage.exchange.set_margin_mode("BTCUSDT", MarginMode.CROSSED)
