"""Which own fills a reading of the account shows is told by numbers: a clock that is put back changes nothing."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from nof1web.core.trading import Side
from nof1web.services.loading import credential_of, load
from nof1web.services.settling import settle_unresolved
from tests.services.deaths import fault
from tests.services.stage import Stage, a_position, opened
from tests.services.test_explaining import events
from tests.services.test_trouble import by_hand

D = Decimal
BACK = timedelta(seconds=-45)


def test_a_fill_from_before_the_clock_was_put_back_is_not_added_to_the_reading_that_shows_it(stage: Stage) -> None:
    opened(stage)
    stage.skew = BACK
    stage.sync()
    found = load(stage.ports(), credential_of(stage.ports()))
    assert found.live == {("BTCUSDT", True): D("0.01")} and found.foreign == {} and found.filled_since == {}


def test_what_is_closed_by_hand_after_the_clock_was_put_back_is_told_once_and_as_it_was(stage: Stage) -> None:
    stage.skew = timedelta(seconds=-60)
    opened(stage)
    stage.skew += BACK
    stage.sync()
    by_hand(stage, Side.SELL, "0.004")
    for seconds in (0, 40, 60):
        stage.skew = BACK + timedelta(seconds=seconds)
        stage.store.journal._file.change("UPDATE intents SET timestamp_ms = timestamp_ms - 20000")  # type: ignore[attr-defined]
        stage.sync()
    assert stage.holdings() == stage.live() == {"BTCUSDT": D("0.006")}
    told = [each for each in events(stage) if each in ("reduced_by_hand", "closed_by_hand", "position_gone")]
    assert told == ["reduced_by_hand"]


def test_a_fill_after_the_clock_was_put_back_is_added_to_the_reading_from_before(stage: Stage) -> None:
    stage.follow()
    stage.sync()
    stage.agent("deepseek", a_position())
    stage.skew = timedelta(seconds=-8)
    stage.cycle()
    assert load(stage.ports(), credential_of(stage.ports())).live == {("BTCUSDT", True): D("0.01")}


def test_an_order_that_is_settled_late_is_in_every_reading_since_its_deadline(stage: Stage) -> None:
    stage.follow()
    stage.sync()
    stage.agent("deepseek", a_position())
    fault(stage, "lose_answer", "/fapi/v1/order")
    stage.cycle()
    intent = stage.store.journal.unresolved("c_1")[0]
    reading = stage.store.journal.begin_reading("c_1", intent.deadline_at + timedelta(seconds=1))
    settle_unresolved(stage.ports())
    assert stage.store.journal.intents("c_1")[0].settled_no == reading


def test_an_order_that_is_settled_before_any_later_reading_is_in_none(stage: Stage) -> None:
    stage.follow()
    stage.sync()
    stage.agent("deepseek", a_position())
    fault(stage, "lose_answer", "/fapi/v1/order")
    stage.cycle()
    settle_unresolved(stage.ports())
    snapshot = stage.store.credentials.snapshot("c_1")
    assert snapshot is not None and stage.store.journal.intents("c_1")[0].settled_no > snapshot[0].read_no > 0


def test_a_reconcile_asked_for_after_the_clock_was_put_back_is_due(stage: Stage) -> None:
    halts = stage.store.halts
    with stage.store.transaction():
        halts.ask_reconcile("c_1", stage.now())
        halts.reconciled("c_1", stage.now(), now=stage.now())
        stage.skew = BACK
        halts.ask_reconcile("c_1", stage.now())
    assert halts.reconcile_due("c_1")
    stage.sync()
    assert not halts.reconcile_due("c_1")
