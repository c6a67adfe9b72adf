"""What an administrator allows a user: shorter intervals and further entries are refused in words, exits never are."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from nof1web.core.plan import decide
from nof1web.core.records import IntentStatus, OrderKind
from nof1web.errors import InvalidSettings, Refused
from nof1web.services import copying, defaults, trackers
from nof1web.services.loading import load
from nof1web.services.sending import send
from nof1web.services.stores import Quota
from tests.adapters.store.examples import a_tracker, an_intent
from tests.services.site import Site
from tests.services.stage import USER, Stage, a_position

BTC, ETH = a_position(), a_position("ETHUSDT", "2", "3000", oid="2")


def allow(stage: Stage, **quota: int) -> None:
    Site(stage).registry.set_quota(USER, Quota(**quota))


def test_entries_beyond_the_quota_are_a_verdict_and_closes_flow(stage: Stage) -> None:
    stage.follow(interval="1")
    allow(stage, entries_per_hour=1)
    stage.agent("deepseek", BTC, ETH)
    assert sorted(row["code"] for row in stage.cycle()["verdicts"]) == ["entry_quota", "open"]
    assert len(stage.live()) == 1
    stage.agent("deepseek", a_position(quantity="0"), a_position("ETHUSDT", "0", "3000", oid="2"))
    stage.cycle()
    assert not stage.live()


def test_an_entry_does_not_leave_once_another_account_made_the_last_one(stage: Stage) -> None:
    stage.follow()
    allow(stage, entries_per_hour=1)
    stage.agent("deepseek", BTC)
    stage.sync()
    credential = stage.store.credentials.get("c_1")
    assert credential is not None
    (order,) = decide(load(stage.ports(), credential)).orders
    other = replace(credential, id="c_2", name="Second", api_key="k" * 64)
    stage.store.credentials.add(other)
    stage.store.trackers.add(a_tracker(credential_id="c_2"))
    stage.store.journal.write(an_intent(credential_id="c_2", created_at=stage.now()))
    with pytest.raises(Refused, match="the last entry that your quota allows"):
        send(stage.ports(), order, hedge=False)
    assert not stage.live()


def test_only_entries_of_the_last_hour_that_may_have_filled_count(stage: Stage) -> None:
    stage.follow()
    now = stage.now()
    kinds = (("open", "filled"), ("open", "rejected"), ("close", "filled"), ("increase", "unknown"))
    for step, (kind, status) in enumerate(kinds):
        what = {"kind": OrderKind(kind), "status": IntentStatus(status), "step": step, "client_order_id": str(step)}
        stage.store.journal.write(an_intent(tracker_id="t_deepseek", created_at=now, **what))
    assert stage.store.halts.entered_since(now - timedelta(hours=1)) == (now, now)
    assert stage.store.halts.entered_since(now) == ()


def test_cycles_are_no_closer_together_than_the_quota_says(stage: Stage) -> None:
    stage.follow(interval="1")
    stage.agent("deepseek", BTC)
    stage.cycle()
    stage.skew += timedelta(seconds=30)
    allow(stage, interval=600)
    assert copying.run_cycle(stage.ports())["verdicts"] == []
    allow(stage)
    assert copying.run_cycle(stage.ports())["verdicts"]


def test_a_person_who_asks_for_a_cycle_waits_for_the_quota_and_not_for_the_own_interval(stage: Stage) -> None:
    stage.follow(interval="600")
    stage.agent("deepseek", BTC)
    stage.cycle()
    stage.skew += timedelta(seconds=30)
    assert copying.run_cycle(stage.ports(), forced=True)["verdicts"]
    stage.skew += timedelta(seconds=30)
    allow(stage, interval=600)
    assert copying.run_cycle(stage.ports(), forced=True)["verdicts"] == []


def test_an_interval_below_the_quota_is_refused_where_it_is_chosen(stage: Stage) -> None:
    tracker, site = stage.follow(interval="10"), Site(stage)
    allow(stage, interval=60)
    for choose in (
        lambda text: trackers.put_settings(site, USER, tracker.id, {"interval": text}),
        lambda text: defaults.put(site, USER, {"interval": text}),
    ):
        with pytest.raises(InvalidSettings, match="60 s or longer"):
            choose("59")
        choose("60")
    allow(stage, interval=90)
    assert trackers.put_settings(site, USER, tracker.id, {"multiplier": "2"}).settings["interval"] == "60"
