"""Trackers and epochs come back as they went in."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nof1web.core.records import EpochState
from nof1web.errors import InvalidInput, NotFound
from tests.adapters.store.examples import NOW, SECOND, a_credential, a_tracker, an_epoch

quantities = st.decimals(allow_nan=False, allow_infinity=False, places=8, min_value=-(10**9), max_value=10**9)


def test_a_tracker_comes_back_as_it_went_in_by_id_and_by_name(tenant):
    assert tenant.trackers.get("t_1") == a_tracker()
    assert tenant.trackers.get("FOLLOW") == a_tracker()


def test_trackers_are_listed_for_all_credentials_or_one(tenant):
    tenant.credentials.add(a_credential(id="c_2", name="Other"))
    other = a_tracker(id="t_2", name="Second", credential_id="c_2", created_at=NOW + SECOND)
    tenant.trackers.add(other)
    assert tenant.trackers.all() == (a_tracker(), other)
    assert tenant.trackers.all("c_2") == (other,)


def test_a_name_is_taken_whatever_its_case(tenant):
    with pytest.raises(InvalidInput) as refused:
        tenant.trackers.add(a_tracker(id="t_2", name="follow"))
    assert set(refused.value.fields) == {"name"}


def test_a_tracker_of_no_credential_is_refused(tenant):
    with pytest.raises(NotFound):
        tenant.trackers.add(a_tracker(id="t_2", name="Second", credential_id="c_gone"))


def test_settings_are_replaced_as_a_whole(tenant):
    tenant.trackers.put_settings("t_1", {"sides": "long"})
    assert tenant.trackers.get("t_1").settings == {"sides": "long"}


def test_a_stopped_tracker_remembers_when_it_was_started(tenant):
    tenant.trackers.set_started("t_1", NOW + SECOND)
    tenant.trackers.set_started("t_1", None)
    assert tenant.trackers.get("t_1") == a_tracker(started=False, started_at=NOW + SECOND)


def test_changing_a_tracker_that_is_gone_is_said(tenant):
    with pytest.raises(NotFound):
        tenant.trackers.set_started("t_gone", NOW)
    with pytest.raises(NotFound):
        tenant.trackers.put_epoch(an_epoch(tracker_id="t_gone"))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(quantity=quantities, ratio=st.none() | quantities, allocation=quantities)
def test_an_epoch_comes_back_with_its_exact_numbers(tenant, quantity, ratio, allocation):
    epoch = an_epoch(quantity=quantity, ratio=ratio, allocation=allocation)
    tenant.trackers.put_epoch(epoch)
    assert tenant.trackers.epoch("t_1", "BTCUSDT", "17") == epoch


@pytest.mark.parametrize(
    ("state", "quantity", "listed"),
    [
        (EpochState.PENDING, "0", True),
        (EpochState.LIVE, "0", True),
        (EpochState.DONE, "-0.1", True),
        (EpochState.STOPPED, "0.000", False),
        (EpochState.CLOSED, "-0", False),
        (EpochState.MISSED, "0E-8", False),
    ],
)
def test_an_epoch_is_listed_while_it_holds_or_may_enter(tenant, state, quantity, listed):
    epoch = an_epoch(state=state, quantity=Decimal(quantity))
    tenant.trackers.put_epoch(epoch)
    assert tenant.trackers.epochs("c_1") == ((epoch,) if listed else ())


def test_an_old_epoch_is_listed_only_back_to_since(tenant):
    epoch = an_epoch(state=EpochState.CLOSED, quantity=Decimal(0), closed_at=NOW + timedelta(hours=1))
    tenant.trackers.put_epoch(epoch)
    assert tenant.trackers.epochs("c_1", since=NOW + timedelta(hours=1)) == (epoch,)
    assert tenant.trackers.epochs("c_1", since=NOW + timedelta(hours=1) + SECOND) == ()


def test_epochs_are_listed_for_one_symbol_of_one_credential(tenant):
    tenant.credentials.add(a_credential(id="c_2", name="Other"))
    tenant.trackers.add(a_tracker(id="t_2", name="Second", credential_id="c_2"))
    for tracker in ("t_1", "t_2"):
        for symbol in ("BTCUSDT", "ETHUSDT"):
            tenant.trackers.put_epoch(an_epoch(tracker_id=tracker, symbol=symbol))
    assert tenant.trackers.epochs("c_2", symbol="ETHUSDT") == (an_epoch(tracker_id="t_2", symbol="ETHUSDT"),)
