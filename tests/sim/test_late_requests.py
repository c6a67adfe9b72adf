"""Faults that only delay or thin a request: it is executed and answered as ever."""

from __future__ import annotations

import pytest

from nof1web.sim.faults import EITHER_WAY, EXECUTED, Fault


@pytest.mark.parametrize("kind", sorted(EXECUTED))
def test_what_is_only_delayed_or_thinned_is_executed_whatever_else_was_asked_for(kind: str) -> None:
    assert not Fault(kind, "/fapi/v1/order", executed=False).skips


@pytest.mark.parametrize("kind", sorted(EITHER_WAY))
def test_what_leaves_open_whether_it_was_executed_goes_by_what_was_asked_for(kind: str) -> None:
    assert Fault(kind, "/fapi/v1/order", executed=False).skips and not Fault(kind, "/fapi/v1/order").skips
