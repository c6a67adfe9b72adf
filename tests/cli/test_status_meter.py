"""The meter of each budget in `status`: used, limit, by lane, and until when a host has to be left alone."""

from __future__ import annotations

from datetime import timedelta

from nof1web import wiring
from nof1web.core.trading import Environment


def test_status_tells_what_each_lane_spent_and_until_when_a_host_is_silent(console):
    budget = wiring.ports().budget(Environment.TESTNET, proxy="http://ann:secret@proxy:3128")
    budget.take(7, "sync")
    budget.note(9)
    budget.stop(wiring.ports().clock() + timedelta(minutes=5))
    (row,) = [each for each in console.json("status")["egress"] if each["egress"] == "proxy:3128"]
    assert (row["used"], row["by_lane"]["sync"], row["by_lane"]["exit"]) == (9, 7, 0)
    assert row["limit_per_minute"] > row["used"] and row["stopped_until"]
    shown = console("status").stdout
    assert "proxy:3128" in shown and "secret" not in shown and "Quiet until" in shown
