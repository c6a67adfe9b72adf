"""Verdicts keep what differs; events count up."""

from __future__ import annotations

from dataclasses import replace

from tests.adapters.store.examples import NOW, SECOND, a_verdict, an_event


def test_a_verdict_comes_back_as_it_went_in(tenant):
    assert tenant.chronicle.put_verdicts([a_verdict()]) == 1
    assert tenant.chronicle.verdicts() == (a_verdict(),)
    assert tenant.chronicle.verdict_history() == (a_verdict(),)


def test_a_refusal_whose_numbers_moved_is_present_but_no_history(tenant):
    moved = a_verdict(numbers={"mark": "65002"}, decided_at=NOW + SECOND)
    tenant.chronicle.put_verdicts([a_verdict()])
    assert tenant.chronicle.put_verdicts([moved]) == 0
    assert tenant.chronicle.verdicts("t_1") == (moved,)
    assert tenant.chronicle.verdict_history(tracker_id="t_1") == (a_verdict(),)


def test_another_code_and_another_order_are_history(tenant):
    first = a_verdict(verdict="order", code="increase", numbers={"quantity": "1"})
    second = replace(first, numbers={"quantity": "2"})
    assert tenant.chronicle.put_verdicts([a_verdict(), first, second, second]) == 3
    assert tenant.chronicle.verdict_history(limit=2) == (second, first)


def test_an_event_comes_back_with_its_id(tenant):
    number = tenant.chronicle.add_event(an_event())
    assert tenant.chronicle.events() == (an_event(id=number),)


def test_events_after_an_id_come_newest_first(tenant):
    numbers = [tenant.chronicle.add_event(an_event(credential_id=f"c_{n % 2}")) for n in range(5)]
    assert numbers == [1, 2, 3, 4, 5]
    assert [event.id for event in tenant.chronicle.events(after=2)] == [5, 4, 3]
    assert [event.id for event in tenant.chronicle.events(limit=2)] == [5, 4]
    assert [event.id for event in tenant.chronicle.events(credential_id="c_1")] == [4, 2]


def test_before_the_first_event_the_last_id_is_zero(tenant):
    assert tenant.chronicle.last_event_id() == 0
