"""A flatten's bounds: what a person opened since, cancelled, what a stop left, names that are not there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from nof1web.core.records import EpochState
from nof1web.core.trading import OrderReport, OrderRequest, Side
from nof1web.errors import N_, InvalidInput, Refused, Rejected
from nof1web.services import asking, flattening
from tests.services.deaths import fault
from tests.services.site import Site
from tests.services.stage import USER, QuietBus, Stage, a_position, opened
from tests.services.test_flattening import BTC, ask, flatten, kinds, state, two_coins
from tests.services.test_trouble import by_hand


def stuck(stage: Stage, *symbols: str) -> None:
    """Let the exchange refuse every order in these symbols."""
    real = stage.client.place

    def place(request: OrderRequest) -> OrderReport:
        if request.symbol in symbols:
            raise Rejected(N_("Not now."), exchange_code=-4140)
        return real(request)

    stage.client.place = place  # type: ignore[method-assign]


def test_everything_never_takes_what_a_person_opens_after_it_was_asked(stage: Stage) -> None:
    opened(stage)
    by_hand(stage, Side.BUY, "10", "SOLUSDT")
    stuck(stage, "SOLUSDT")
    assert not flatten(stage, everything=True)["finished"]
    stage.skew = timedelta(days=3)
    by_hand(stage, Side.BUY, "1", "ETHUSDT")
    del stage.client.place
    by_hand(stage, Side.BUY, "5", "SOLUSDT")
    stage.cycle()
    assert stage.live() == {"ETHUSDT": Decimal(1), "SOLUSDT": Decimal(5)} and not stage.store.flattens.open("c_1")


def test_cancelled_nothing_more_is_closed_and_a_worker_says_so(stage: Stage) -> None:
    two_coins(stage)
    stuck(stage, "BTCUSDT", "ETHUSDT")
    flatten(stage)
    del stage.client.place
    (ended,) = asking.cancel_flatten(Site(stage), USER, "c_1", by="test")
    stage.skew += timedelta(seconds=60)
    stage.cycle()
    assert stage.live()["BTCUSDT"] == Decimal("0.01") and "flatten_cancelled" in kinds(stage)
    with pytest.raises(Refused, match="cancelled"):
        flattening.run(stage.ports(), ended.id)
    with pytest.raises(Refused, match="being flattened"):
        asking.cancel_flatten(Site(stage), USER, "c_1", by="test")


def test_cancelled_while_a_worker_is_at_it_the_next_order_does_not_leave(stage: Stage) -> None:
    two_coins(stage)
    real = stage.client.place

    def place(request: OrderRequest) -> OrderReport:
        asking.cancel_flatten(Site(stage), USER, "c_1", by="test")
        return real(request)

    stage.client.place = place  # type: ignore[method-assign]
    with pytest.raises(Refused, match="cancelled"):
        flatten(stage)
    assert len(stage.live()) == 1 and "flattened" not in kinds(stage)


@pytest.mark.parametrize("known", [True, False])
def test_a_stop_that_fired_since_the_last_sync_leaves_a_persons_share(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    opened(stage, stop="57000")
    by_hand(stage, Side.BUY, "0.01")
    if known:
        stage.sync()
    else:
        monkeypatch.setattr(QuietBus, "marks", lambda self, host: {"BTCUSDT": Decimal("56900")})
    stage.control.prices(BTCUSDT="56900")
    assert flatten(stage)["finished"] and stage.live() == BTC and not stage.holdings()


@pytest.mark.parametrize("fired", [True, False])
def test_an_agents_close_leaves_it_too(stage: Stage, fired: bool) -> None:
    opened(stage, stop="57000")
    by_hand(stage, Side.BUY, "0.01")
    stage.sync()
    stage.control.prices(BTCUSDT="56900" if fired else "60000")
    stage.skew += timedelta(seconds=20)
    stage.agent("deepseek", a_position(quantity="0", stop="57000"))
    stage.cycle()
    assert stage.live() == BTC and not stage.holdings()


def test_a_symbol_that_is_not_there_is_refused_and_those_that_are_are_named(stage: Stage) -> None:
    opened(stage)
    with pytest.raises(InvalidInput, match=r"BTC is not held.*BTCUSDT"):
        ask(stage, symbol="BTC")
    by_hand(stage, Side.BUY, "10", "SOLUSDT")
    stage.sync()
    answer = flatten(stage, symbol="solusdt")
    newest = next(each for each in stage.store.chronicle.events() if each.kind == "flattened")
    assert answer["closed"] == [] and str(newest.text) == "Nothing was flattened: SOLUSDT was not held."


def test_what_took_profit_before_is_not_entered_again(stage: Stage) -> None:
    stage.follow(profit_target="50", auto_refollow="on", cooldown="60")
    stage.agent("deepseek", a_position())
    stage.cycle()
    flatten(stage)
    epoch = stage.store.trackers.epoch("t_deepseek", "BTCUSDT", "1001")
    assert epoch is not None
    stage.store.trackers.put_epoch(replace(epoch, state=EpochState.TOOK_PROFIT))
    stage.skew += timedelta(seconds=10)
    flatten(stage)
    stage.skew += timedelta(seconds=100)
    stage.agent("deepseek", a_position())
    stage.cycle()
    assert not stage.live() and state(stage) is EpochState.DONE


@pytest.mark.parametrize("worker", ["flatten", "cycle"])
def test_a_flatten_in_one_symbol_leaves_the_last_stop_of_another(stage: Stage, worker: str) -> None:
    stage.follow(on_new_entry="rebalance")
    eth = a_position("ETHUSDT", "2", "3000", oid="2")
    stage.agent("deepseek", a_position(stop="57000"), eth)
    stage.cycle()
    fault(stage, "reject", "/fapi/v1/algoOrder", code=-4131, count=50)
    stage.agent("deepseek", a_position(stop="57000", oid="1002"), eth)
    stage.cycle()
    asked = ask(stage, symbol="ETHUSDT")
    _ = flattening.run(stage.ports(), asked) if worker == "flatten" else stage.cycle()
    assert list(stage.live()) == ["BTCUSDT"] and [each[1] for each in stage.legs()] == [57000]
    stage.control.post("/sim/faults", clear=True)
    stage.skew = timedelta(seconds=70)
    stage.cycle()
    assert stage.legs() == [("STOP_MARKET", 57000, Decimal("0.01"))]
