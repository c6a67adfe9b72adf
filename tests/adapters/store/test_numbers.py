"""The order of orders and readings is told by numbers, whatever clocks say."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from nof1web.core.records import Intent, IntentStatus
from tests.adapters.store.examples import NOW, SECOND, an_intent

EMPTY, FILLED = IntentStatus.EMPTY, IntentStatus.FILLED


def the_intent(tenant) -> Intent:
    return tenant.journal.intents("c_1")[0]


def written(tenant, **more) -> Intent:
    tenant.journal.write(an_intent(written_no=0, **more))
    return the_intent(tenant)


def test_what_is_settled_after_a_reading_began_has_a_larger_number_though_the_clock_was_put_back(tenant):
    intent = written(tenant)
    reading = tenant.journal.begin_reading("c_1", NOW)
    tenant.journal.update(an_intent(status=FILLED, settled_at=NOW - timedelta(hours=1)))
    assert intent.written_no < reading < the_intent(tenant).settled_no


def test_what_is_updated_again_keeps_its_place(tenant):
    written(tenant)
    tenant.journal.update(an_intent(status=FILLED, executed=Decimal("0.1")))
    before = the_intent(tenant)
    tenant.journal.update(an_intent(status=FILLED, executed=Decimal("0.1"), priced=True))
    assert the_intent(tenant).settled_no == before.settled_no and the_intent(tenant).priced


def test_what_was_empty_and_turns_out_to_be_filled_is_settled_anew(tenant):
    written(tenant)
    tenant.journal.update(an_intent(status=EMPTY))
    reading = tenant.journal.begin_reading("c_1", NOW)
    tenant.journal.update(an_intent(status=FILLED, executed=Decimal("0.1")))
    assert the_intent(tenant).settled_no > reading


def test_the_first_reading_begun_later_shows_a_moment(tenant):
    first, second, third = (tenant.journal.begin_reading("c_1", NOW + each * SECOND) for each in (0, 10, 20))
    assert tenant.journal.shown_by("c_1", NOW + 5 * SECOND) == second
    assert tenant.journal.shown_by("c_1", NOW - SECOND, after=second) == third
    assert tenant.journal.shown_by("c_1", NOW + 20 * SECOND) == 0 and first < second < third


def test_a_reading_keeps_when_it_began_on_the_exchange(tenant):
    number = tenant.journal.begin_reading("c_1", NOW)
    assert tenant.journal.began_at("c_1", number) == NOW and tenant.journal.began_at("c_1", number + 1) is None


def test_another_accounts_numbers_are_its_own(tenant):
    tenant.journal.begin_reading("c_1", NOW)
    assert tenant.journal.begin_reading("c_2", NOW) == 1 and tenant.journal.shown_by("c_2", NOW) == 0


def test_only_the_last_hundred_readings_are_kept(tenant):
    numbers = [tenant.journal.begin_reading("c_1", NOW) for _ in range(103)]
    assert tenant.journal.shown_by("c_1", NOW - SECOND) == numbers[3]
