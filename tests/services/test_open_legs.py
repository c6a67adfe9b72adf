"""A stop or target that may still rest keeps its account and tracker as they are, like a holding does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from nof1web.core.records import Protection, ProtectionStatus
from nof1web.core.trading import Leg, Side
from nof1web.errors import Refused
from nof1web.services import arming, credentials, removing, tenancy, trackers, untracking
from tests.services.home import Home

TAKES_AWAY: dict[str, Callable[[Home], object]] = {
    "disable": lambda home: credentials.disable(home.p, home.ann.id, home.momentum),
    "disarm": lambda home: arming.disarm(home.p, home.ann.id, home.momentum),
    "remove": lambda home: removing.remove(home.p, home.ann.id, home.momentum, typed="Momentum"),
    "untrack": lambda home: untracking.remove(home.p, home.ann.id, home.tracker_id, typed=home.tracker().name),
    "simulate": lambda home: trackers.put_settings(home.p, home.ann.id, home.tracker_id, {"mode": "shadow"}),
    "remove user": lambda home: tenancy.require_removable(home.p, home.ann, typed=home.ann.email),
}


def bare_leg(home: Home, status: ProtectionStatus) -> Protection:
    """A leg is all that is left."""
    home.flatten()
    home.settle()
    leg = Protection(
        "leg", home.momentum, home.tracker_id, "BTCUSDT", "1", Leg.STOP, Side.SELL, Decimal(1), Decimal(57000), status,
        home.p.clock(),
    )  # fmt: skip
    with home.p.tenants(home.ann.id) as store:
        for each in store.journal.protections(home.momentum):
            store.journal.put_protection(replace(each, status=ProtectionStatus.CANCELLED))
        store.journal.put_protection(leg)
    return leg


@pytest.mark.parametrize("status", [ProtectionStatus.RESTING, ProtectionStatus.WRITTEN])
@pytest.mark.parametrize("name", TAKES_AWAY)
def test_nothing_is_taken_away_from_a_leg_that_may_rest(home: Home, name: str, status: ProtectionStatus) -> None:
    leg = bare_leg(home, status)
    with pytest.raises(Refused, match="may still rest on the exchange: flatten first"):
        TAKES_AWAY[name](home)
    with home.p.tenants(home.ann.id) as store:
        store.journal.put_protection(replace(leg, status=ProtectionStatus.CANCELLED))
    TAKES_AWAY[name](home)


def test_a_leg_of_another_tracker_keeps_none_but_its_own(home: Home) -> None:
    leg = bare_leg(home, ProtectionStatus.RESTING)
    with home.p.tenants(home.ann.id) as store:
        store.journal.put_protection(replace(leg, tracker_id="t_other"))
    assert untracking.remove(home.p, home.ann.id, home.tracker_id, typed=home.tracker().name).id == home.tracker_id
