"""An order without an answer is looked at again at once: what it opened would be bare until then."""

from __future__ import annotations

from datetime import timedelta

from nof1web.core.records import IntentStatus
from nof1web.services.loading import credential_of, load
from tests.services.backups import restored, saved
from tests.services.deaths import fault
from tests.services.stage import Stage, a_position, opened
from tests.services.test_explaining import quiet


def lost(stage: Stage) -> None:
    """Let the answer of a first order be lost, though it was executed."""
    stage.follow()
    stage.agent("deepseek", a_position(stop="57000"))
    fault(stage, "lose_answer", "/fapi/v1/order")
    stage.cycle()
    assert [each.status for each in stage.store.journal.unresolved("c_1")] == [IntentStatus.UNKNOWN]
    assert stage.live() and not stage.resting()


def test_a_first_order_whose_answer_is_lost_is_looked_at_a_second_later(stage: Stage) -> None:
    lost(stage)
    credential = stage.store.credentials.get("c_1")
    assert credential is not None and credential.wake_at is not None
    assert credential.wake_at <= stage.now() + timedelta(seconds=1)
    stage.cycle()
    assert stage.holdings() == stage.live() and len(stage.resting()) == 1


def test_a_sync_asks_for_a_cycle_while_an_answer_is_missing(stage: Stage) -> None:
    lost(stage)
    stage.queue.asked.clear()
    stage.sync()
    assert stage.queue.asked == ["cycle"]


def test_after_an_adoption_the_account_is_read_once_more_before_anything_is_entered(stage: Stage) -> None:
    opened(stage)
    quiet(stage)
    copy = saved(stage)
    stage.agent("deepseek", a_position(quantity="0.2"))
    stage.cycle()
    restored(stage, copy)
    assert stage.sync()["adopted"] == 1 and stage.store.halts.reconcile_due("c_1")
    stage.cycle()
    found = load(stage.ports(), credential_of(stage.ports()))
    assert found.account is not None and found.foreign == {} and stage.holdings() == stage.live()
