"""Halts stop the very next order, in whatever process it is on its way; exits flow, and a person ends the halt."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from nof1web.core.records import CredentialState
from nof1web.errors import Refused
from nof1web.services import copying, halting, kill_points
from nof1web.services.kill_points import KillPoint
from nof1web.services.stores import User
from tests.services.site import GoneQueue, Site
from tests.services.stage import USER, Stage, a_position, opened

BTC = {"BTCUSDT": Decimal("0.010")}
HALTS: dict[str, Callable[[Any], object]] = {
    "site": lambda p: halting.halt_site(p, by="test"),
    "user": lambda p: halting.halt_user(p, USER, by="test"),
    "credential": lambda p: halting.change(p, USER, "c_1", "halt"),
    "tracker": lambda p: halting.change_tracker(p, USER, "t_deepseek", "halt"),
}
ENDS: dict[str, Callable[[Any], object]] = {
    "site": lambda p: halting.unhalt_site(p, by="test"),
    "user": lambda p: halting.unhalt_user(p, USER, by="test"),
    "credential": lambda p: halting.change(p, USER, "c_1", "unhalt"),
    "tracker": lambda p: halting.change_tracker(p, USER, "t_deepseek", "unhalt"),
}
levels = pytest.mark.parametrize("level", HALTS)


def sent(stage: Stage) -> int:
    """How many orders reached the exchange."""
    return len(stage.control.account(stage.account_id)["orders"])


@levels
def test_a_halt_stops_the_next_entry_though_redis_is_stopped_and_the_exit_still_flows(
    stage: Stage, level: str
) -> None:
    opened(stage)
    HALTS[level](Site(stage, GoneQueue()))
    stage.agent("deepseek", a_position(), a_position("ETHUSDT", "2", "3000", oid="2"))
    verdicts = {each["symbol"]: each["code"] for each in stage.cycle()["verdicts"]}
    assert verdicts["ETHUSDT"] == "state_blocks_entries" and stage.live() == BTC
    stage.agent("deepseek", a_position(quantity="0"), a_position("ETHUSDT", "2", "3000", oid="2"))
    stage.cycle()
    assert not stage.live()


@levels
def test_a_halt_stops_an_entry_that_was_decided_before_it(
    stage: Stage, level: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.follow()
    stage.agent("deepseek", a_position())
    monkeypatch.setattr(copying, "prepare", lambda *_: HALTS[level](Site(stage)))
    stage.cycle()
    assert sent(stage) == 0 and not stage.store.journal.intents("c_1")


def test_an_order_whose_intent_was_kept_before_the_halt_leaves_and_no_further_one_does(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.follow()
    stage.agent("deepseek", a_position(), a_position("ETHUSDT", "2", "3000", oid="2"))

    def halt(point: KillPoint) -> None:
        if point is KillPoint.JOURNAL_COMMITTED:
            halting.halt_site(Site(stage), by="test")

    monkeypatch.setattr(kill_points, "_hooks", [halt])
    stage.cycle()
    assert sent(stage) == len(stage.store.journal.intents("c_1")) == 1


@levels
def test_the_end_of_a_halt_reconciles_before_the_first_entry(stage: Stage, level: str) -> None:
    stage.follow()
    stage.sync()
    HALTS[level](Site(stage))
    stage.agent("deepseek", a_position())
    stage.sync()
    ENDS[level](Site(stage))
    before = stage.store.credentials.snapshot("c_1")
    assert stage.store.halts.reconcile_due("c_1") and before is not None
    stage.cycle()
    after = stage.store.credentials.snapshot("c_1")
    assert stage.live() == BTC and after is not None and after[0].read_at > before[0].read_at


@pytest.mark.parametrize(("verbs", "lacking"), [(("stop", "start"), True), (("pause", "resume"), False)])
def test_only_where_nothing_polled_before_orders_may_be_lacking(
    stage: Stage, verbs: tuple[str, str], lacking: bool
) -> None:
    stage.follow()
    for verb in verbs:
        halting.change(Site(stage), USER, "c_1", verb)
    halts = stage.store.halts
    assert halts.reconcile_due("c_1") and (halts.lacking_since("c_1") is not None) == lacking


def test_while_the_account_cannot_be_reconciled_no_entry_leaves_and_exits_do(stage: Stage) -> None:
    opened(stage)
    site = Site(stage)
    halting.change(site, USER, "c_1", "pause")
    halting.change(site, USER, "c_1", "resume")
    stage.agent("deepseek", a_position(quantity="0"), a_position("ETHUSDT", "2", "3000", oid="2"))
    stage.control.post("/sim/faults", kind="reject", path="/fapi/v3/account", code=-1001, count=9)
    codes = {each["symbol"]: each["code"] for each in stage.cycle()["verdicts"]}
    stage.control.post("/sim/faults", clear=True)
    assert codes["ETHUSDT"] == "account_unknown" and not stage.live()


@levels
def test_a_halt_is_kept_by_the_database_alone(stage: Stage, level: str) -> None:
    stage.follow()
    HALTS[level](Site(stage, GoneQueue()))
    site = Site(stage)
    with site.tenants(USER) as store:
        credential, tracker = store.credentials.get("c_1"), store.trackers.get("t_deepseek")
        assert credential is not None and tracker is not None
        states = {store.halts.site_halted(), store.halts.user_halted(), credential.state.value, tracker.flow.value}
    assert {True, "halted"} & states


@levels
def test_halting_twice_tells_once_and_pages_hear_of_it(stage: Stage, level: str) -> None:
    stage.follow()
    site = Site(stage)
    HALTS[level](site)
    HALTS[level](site)
    kinds = [each.kind for each in stage.store.chronicle.events()]
    assert len([kind for kind in kinds if kind.startswith("halt") or kind.endswith("halted")]) == 1


@pytest.mark.parametrize("verb", ["pause", "close_only", "resume", "start"])
def test_only_the_end_of_a_halt_ends_it(stage: Stage, verb: str) -> None:
    site = Site(stage)
    halting.change(site, USER, "c_1", "halt")
    with pytest.raises(Refused, match="halted"):
        halting.change(site, USER, "c_1", verb)
    assert halting.change(site, USER, "c_1", "unhalt").state is CredentialState.RUNNING


def test_a_close_only_credential_reduces_with_the_agent_and_enters_nothing(stage: Stage) -> None:
    opened(stage)
    halting.change(Site(stage), USER, "c_1", "close_only")
    stage.agent("deepseek", a_position(quantity="0.05"), a_position("ETHUSDT", "2", "3000", oid="2"))
    stage.cycle()
    assert stage.live() == {"BTCUSDT": Decimal("0.005")}


def test_one_damaged_database_keeps_nobody_from_a_site_wide_halt_or_its_end(stage: Stage) -> None:
    site, other = Site(stage), "u_" + "b" * 16
    site.registry.add_user(User(other, "b@example.org", "", "user", True, "en", stage.now()))
    (stage.folder / other).mkdir()
    (stage.folder / other / "tenant.db").write_bytes(b"no database any more" * 400)
    halting.halt_site(site, by="test")
    assert stage.store.halts.site_halted()
    halting.unhalt_site(site, by="test")
    assert not stage.store.halts.site_halted() and stage.store.halts.reconcile_due("c_1")
