"""A tracker's direction is only turned around while it holds nothing and waits for no order."""

from __future__ import annotations

import pytest

from nof1web.errors import Refused
from nof1web.services import trackers
from tests.services.home import Home


def test_reverse_is_refused_while_the_tracker_holds_something(home: Home) -> None:
    with pytest.raises(Refused, match="would close them at the next cycle: flatten or release them first"):
        trackers.put_settings(home.p, home.ann.id, home.tracker_id, {"reverse": "on"})
    assert home.tracker().settings.get("reverse") is None
    trackers.put_settings(home.p, home.ann.id, home.tracker_id, {"reverse": "off", "multiplier": "2"})


@pytest.mark.parametrize("credential", ["", "Momentum"])
def test_reverse_set_above_is_refused_while_a_tracker_that_inherits_it_holds_something(
    home: Home, credential: str
) -> None:
    with pytest.raises(Refused, match="would close them at the next cycle: flatten or release them first"):
        home.put(credential, reverse="on")
    assert not home.holds().reverse
    trackers.put_settings(home.p, home.ann.id, home.tracker_id, {"reverse": "off"})
    assert home.put(credential, reverse="on") == {"reverse": "on"}


def test_reverse_is_refused_while_an_order_is_unresolved_and_free_once_nothing_is_left(home: Home) -> None:
    home.flatten()
    with pytest.raises(Refused, match="waits for an order"):
        trackers.put_settings(home.p, home.ann.id, home.tracker_id, {"reverse": "on"})
    home.settle()
    assert trackers.put_settings(home.p, home.ann.id, home.tracker_id, {"reverse": "on"}).settings["reverse"] == "on"


def test_what_was_only_simulated_ends_when_the_direction_changes(home: Home) -> None:
    trackers.put_settings(home.p, home.ann.id, home.tracker_id, {"reverse": "off"})
    home.put(reverse="on")
    with home.p.tenants(home.ann.id) as store:
        assert not [each for each in store.trackers.epochs(home.momentum.replace("c1", "c2")) if each.quantity]
        assert [each.quantity for each in store.trackers.epochs(home.momentum) if each.quantity]
