"""A backup was restored and the account can't be read: no exit of before is executed a second time."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from nof1web.core.records import IntentStatus
from nof1web.core.trading import Side
from nof1web.services.settling import settle_unresolved
from tests.services.backups import restored, saved
from tests.services.stage import Stage, a_position, opened
from tests.services.test_explaining import events, quiet
from tests.services.test_reconciling import sent
from tests.services.test_settling import past_its_deadline
from tests.services.test_trouble import by_hand, fault

D = Decimal
BTC = {"BTCUSDT": D("0.01")}


def forgotten(stage: Stage, quantity: str, *, refused: int = 0) -> None:
    """The agent resizes its 0.1 BTC, that is copied, then a backup from before is restored: it has to be compared.

    The first attempt may be `refused` with a code.
    """
    opened(stage)
    quiet(stage)
    copy = saved(stage)
    stage.agent("deepseek", a_position(quantity=quantity))
    if refused:
        fault(stage, "/fapi/v1/order", "POST", "reject", code=refused)
        stage.cycle()
        stage.skew += timedelta(seconds=3)
    stage.cycle()
    restored(stage, copy)
    with stage.store.transaction():
        stage.store.halts.ask_reconcile("c_1", stage.now())


def blind(stage: Stage, *, count: int = 100) -> None:
    """The account can't be read, so often."""
    fault(stage, "/fapi/v3/account", "GET", "reject", code=-1001, count=count)


def test_a_reduction_that_the_database_forgot_is_settled_instead_of_sent(stage: Stage) -> None:
    forgotten(stage, "0.05")
    orders = sent(stage)
    blind(stage)
    stage.cycle()
    assert sent(stage) == orders and stage.holdings() == stage.live() == {"BTCUSDT": D("0.005")}


def test_a_close_after_a_forgotten_reduction_closes_the_rest(stage: Stage) -> None:
    forgotten(stage, "0.05")
    blind(stage)
    stage.agent("deepseek", a_position(quantity="0"))
    for seconds in (0, 5):
        stage.skew += timedelta(seconds=seconds)
        stage.cycle()
    done = [each.executed for each in stage.store.journal.intents("c_1")]
    assert not stage.live() and not stage.holdings() and done == [D("0.005"), D("0.005"), D("0.01")]


def test_a_forgotten_reduction_is_settled_though_its_trades_cannot_be_read(stage: Stage) -> None:
    forgotten(stage, "0.05")
    orders = sent(stage)
    fault(stage, "/fapi/v1/userTrades", "GET", "reject", code=-1001, count=100)
    stage.agent("deepseek", a_position(quantity="0"))
    for seconds in (0, 5):
        stage.skew += timedelta(seconds=seconds)
        stage.cycle()
    assert not stage.live() and not stage.holdings() and sent(stage) == orders + 1


def test_a_forgotten_reduction_is_priced_by_the_trades_of_before_its_intent(stage: Stage) -> None:
    forgotten(stage, "0.05")
    blind(stage, count=1)
    stage.cycle()
    stage.store.journal._file.change(  # type: ignore[attr-defined]
        "UPDATE intents SET timestamp_ms = timestamp_ms + 300000 WHERE sent_at IS NULL"
    )
    stage.sync()
    last = stage.store.journal.intents("c_1")[0]
    assert last.executed == D("0.005") and last.priced and last.fee and not stage.store.journal.unpriced("c_1")


def test_a_forgotten_reduction_is_found_though_its_first_attempt_was_refused(stage: Stage) -> None:
    forgotten(stage, "0.05", refused=-1021)
    orders = sent(stage)
    blind(stage)
    stage.cycle()
    assert sent(stage) == orders and stage.holdings() == stage.live() == {"BTCUSDT": D("0.005")}


def test_all_of_several_forgotten_reductions_are_settled_before_the_rest_is_closed(stage: Stage) -> None:
    by_hand(stage, Side.BUY, "0.01")
    opened(stage)
    quiet(stage)
    copy = saved(stage)
    for quantity in ("0.06", "0.03"):
        stage.agent("deepseek", a_position(quantity=quantity))
        stage.cycle()
    restored(stage, copy)
    stage.store.halts.ask_reconcile("c_1", stage.now())
    blind(stage)
    stage.agent("deepseek", a_position(quantity="0"))
    for _ in range(4):
        stage.skew += timedelta(seconds=5)
        stage.cycle()
    assert stage.live() == BTC and not stage.holdings()


def test_an_exit_waits_a_minute_at_most_for_what_had_its_id_and_leaves_under_another(stage: Stage) -> None:
    forgotten(stage, "0.2")
    fault(stage, "/fapi/v1/userTrades", "GET", "reject", code=-1001, count=100)
    stage.agent("deepseek", a_position(quantity="0"))
    for seconds, held in ((0, BTC), (61, {})):
        stage.skew += timedelta(seconds=seconds)
        stage.cycle()
        assert stage.holdings() == held
    assert stage.live() == BTC and [each.attempt for each in stage.store.journal.intents("c_1")] == [1, 0]
    stage.control.post("/sim/faults", clear=True)
    for _ in range(3):
        stage.skew += timedelta(seconds=15)
        stage.cycle()
    assert not stage.live() and not stage.holdings()


def test_exits_that_lose_their_answers_hold_back_no_other_where_nothing_was_restored(stage: Stage) -> None:
    sizes = {"BTCUSDT": ("0.1", "60000"), "ETHUSDT": ("2", "3000"), "SOLUSDT": ("40", "150")}
    stage.follow()
    stage.agent("deepseek", *(a_position(coin, *sizes[coin], oid=coin) for coin in sizes))
    stage.cycle()
    quiet(stage)
    stage.agent("deepseek", *(a_position(coin, "0", sizes[coin][1], oid=coin) for coin in sizes))
    fault(stage, "/fapi/v1/order", "POST", "lose_answer", count=3)
    fault(stage, "/fapi/v1/order", "GET", "reject", code=-1001, count=10)
    blind(stage)
    stage.cycle()
    assert not stage.live() and len(stage.store.journal.unresolved("c_1")) == 3


def test_an_exit_waits_where_a_forgotten_increase_had_its_id(stage: Stage) -> None:
    forgotten(stage, "0.2")
    blind(stage, count=1)
    stage.agent("deepseek", a_position(quantity="0.05"))
    orders = sent(stage)
    stage.cycle()
    assert sent(stage) == orders and stage.holdings() == BTC
    for _ in range(2):
        stage.skew += timedelta(seconds=15)
        stage.cycle()
    assert stage.live() == stage.holdings() == {"BTCUSDT": D("0.005")} and sent(stage) == orders + 1


@pytest.mark.parametrize(("waited", "left"), [(0, BTC), (61, {})])
def test_an_exit_waits_a_minute_at_most_for_an_exchange_that_cannot_tell(
    stage: Stage, waited: int, left: dict[str, Decimal]
) -> None:
    opened(stage)
    with stage.store.transaction():
        stage.store.halts.ask_reconcile("c_1", stage.now())
    stage.agent("deepseek", a_position(quantity="0"))
    blind(stage)
    fault(stage, "/fapi/v1/order", "GET", "reject", code=-1001, count=10)
    stage.skew += timedelta(seconds=waited)
    stage.cycle()
    assert stage.live() == left


def test_an_order_the_other_way_round_is_no_answer_to_an_exit(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    forgotten(stage, "0.2")
    with stage.store.transaction():
        stage.store.halts.reconciled("c_1", stage.now(), now=stage.now())
    stage.agent("deepseek", a_position(quantity="0.05"))
    fault(stage, "/fapi/v1/order", "POST", "reset_before")
    stage.cycle()
    past_its_deadline(stage, monkeypatch)
    for seconds in (0, 3):
        stage.skew += timedelta(seconds=seconds)
        settle_unresolved(stage.ports())
    last = stage.store.journal.intents("c_1")[0]
    assert last.status is not IntentStatus.FILLED and stage.holdings() == BTC and "filled_reduce" not in events(stage)
