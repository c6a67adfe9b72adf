"""Intents once and for good, fills once each, protection by its own id."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from nof1web.core.records import IntentStatus, ProtectionStatus
from nof1web.errors import NotFound, Refused
from tests.adapters.store.examples import NOW, SECOND, a_fill, a_protection, an_intent

OUTCOME = {
    "status": IntentStatus.PARTIAL, "executed": Decimal("0.060"), "price": Decimal("64998.70"),
    "fee": Decimal("0.03"), "realised": Decimal("-0.00000001"), "order_id": "77", "exchange_code": -2019,
    "absences": 2, "priced": True, "settled_at": NOW + SECOND, "explanation": {"cap": "total_margin"},
    "settled_no": 9,
}


def test_an_intent_comes_back_as_it_went_in(tenant):
    tenant.journal.write(an_intent(limit=None))
    assert tenant.journal.intent("t_1", "BTCUSDT", "17", 0) == an_intent(limit=None)


def test_an_attempt_is_journaled_once(tenant):
    tenant.journal.write(an_intent())
    with pytest.raises(Refused):
        tenant.journal.write(an_intent(client_order_id="another"))


def test_a_client_order_id_is_journaled_once(tenant):
    tenant.journal.write(an_intent())
    with pytest.raises(Refused):
        tenant.journal.write(an_intent(attempt=1))


def test_an_update_replaces_the_whole_outcome(tenant):
    tenant.journal.write(an_intent())
    tenant.journal.update(replace(an_intent(), **OUTCOME))
    assert tenant.journal.intent("t_1", "BTCUSDT", "17", 0) == an_intent(**OUTCOME)


def test_an_update_never_changes_what_was_decided(tenant):
    tenant.journal.write(an_intent())
    tenant.journal.update(an_intent(quantity=Decimal(9), deadline_at=NOW, status=IntentStatus.EMPTY))
    assert tenant.journal.intent("t_1", "BTCUSDT", "17", 0) == an_intent(status=IntentStatus.EMPTY, settled_no=1)


def test_updating_what_was_never_written_is_said(tenant):
    with pytest.raises(NotFound):
        tenant.journal.update(an_intent())


def test_unresolved_are_exactly_those_whose_effect_is_unknown(tenant):
    for step, status in enumerate(IntentStatus):
        tenant.journal.write(an_intent(step=step, client_order_id=f"n{step}", status=status))
    assert {intent.status for intent in tenant.journal.unresolved("c_1")} == {
        IntentStatus.WRITTEN, IntentStatus.UNKNOWN,
    }
    assert tenant.journal.unresolved("c_2") == ()


def test_unpriced_are_real_fills_the_trades_have_not_told(tenant):
    filled = IntentStatus.FILLED
    tenant.journal.write(an_intent(step=0, client_order_id="n0", status=filled))
    tenant.journal.write(an_intent(step=1, client_order_id="n1", status=filled, shadow=True))
    tenant.journal.write(an_intent(step=2, client_order_id="n2", status=filled, priced=True))
    tenant.journal.write(an_intent(step=3, client_order_id="n3", status=IntentStatus.EMPTY))
    assert [intent.step for intent in tenant.journal.unpriced("c_1")] == [0]


def test_the_newest_intents_come_first_and_the_newest_attempt_counts(tenant):
    for attempt in range(3):
        tenant.journal.write(an_intent(attempt=attempt, client_order_id=f"n{attempt}"))
    assert [intent.attempt for intent in tenant.journal.intents("c_1", limit=2)] == [2, 1]
    assert tenant.journal.intents("c_1", tracker_id="t_2") == ()
    assert tenant.journal.intent("t_1", "BTCUSDT", "17", 0).attempt == 2


def test_a_trade_is_booked_once(tenant):
    other = a_fill(symbol="ETHUSDT", traded_at=NOW + SECOND)
    assert tenant.journal.add_fills("c_1", [a_fill(), a_fill()]) == 1
    assert tenant.journal.add_fills("c_1", [a_fill(price=Decimal(1)), other]) == 1
    assert tenant.journal.fills("c_1") == (other, a_fill())


def test_two_credentials_may_see_the_same_trade_id(tenant):
    assert tenant.journal.add_fills("c_1", [a_fill()]) == 1
    assert tenant.journal.add_fills("c_2", [a_fill()]) == 1


def test_order_ids_are_those_of_intents_and_booked_fills_in_the_symbol(tenant):
    tenant.journal.write(an_intent(order_id="76"))
    tenant.journal.write(an_intent(step=1, client_order_id="n1"))
    tenant.journal.add_fills("c_1", [a_fill(), a_fill(symbol="ETHUSDT", order_id="78")])
    assert tenant.journal.order_ids("c_1", "BTCUSDT") == {"76", "77"}


def test_protection_is_replaced_by_its_own_id(tenant):
    tenant.journal.put_protection(a_protection(status=ProtectionStatus.WRITTEN, verified=False))
    tenant.journal.put_protection(a_protection())
    assert tenant.journal.protections("c_1") == (a_protection(),)


def test_cancelled_protection_is_listed_only_on_demand_and_still_counts(tenant):
    cancelled = a_protection(client_algo_id="p1", status=ProtectionStatus.CANCELLED, exchange_code=-2011)
    tenant.journal.put_protection(cancelled)
    tenant.journal.put_protection(a_protection())
    assert tenant.journal.protections("c_1") == (a_protection(),)
    assert tenant.journal.protections("c_1", open_only=False) == (cancelled, a_protection())
    assert tenant.journal.count_protections("t_1", "BTCUSDT", "17") == 2
    assert tenant.journal.count_protections("t_1", "BTCUSDT", "18") == 0


def test_legs_come_in_the_order_they_were_written_however_the_clock_was_set(tenant):
    for number, seconds in enumerate((3600, 0, 60)):
        tenant.journal.put_protection(a_protection(client_algo_id=f"n{number}", created_at=NOW + seconds * SECOND))
    tenant.journal.put_protection(a_protection(client_algo_id="n0", created_at=NOW, status=ProtectionStatus.FAILED))
    found = tenant.journal.protections_of("t_1", "BTCUSDT", "17")
    assert [each.client_algo_id for each in found] == ["n0", "n1", "n2"]


def test_an_intent_is_found_by_its_client_id_and_beside_the_steps_other_attempts(tenant):
    for attempt in (0, 1):
        tenant.journal.write(an_intent(attempt=attempt, client_order_id=f"n{attempt}"))
    found = tenant.journal.intent_of("n1")
    assert found is not None and found.attempt == 1 and tenant.journal.intent_of("n2") is None
    assert [each.attempt for each in tenant.journal.attempts("t_1", "BTCUSDT", "17", 0)] == [0, 1]
