"""A worker claims an account that does not trade yet: what a restored database lacks is asked for once it does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from nof1web.core.records import CredentialState
from nof1web.jobs.tasks import Claims
from nof1web.services import halting
from nof1web.services.ports import AccountPorts
from tests.services.backups import restored, saved
from tests.services.site import Site
from tests.services.stage import USER, Stage, a_position, opened
from tests.services.test_explaining import quiet


def in_use(stage: Stage, *, used: bool) -> None:
    """Let the credential run and its tracker be started, or neither."""
    with stage.store.transaction():
        stage.store.credentials.set_state("c_1", CredentialState.RUNNING if used else CredentialState.PAUSED)
        stage.store.trackers.set_started("t_deepseek", stage.now() if used else None)


def begun(stage: Stage) -> Claims:
    """A worker that begins to work now."""
    claims = Claims()
    claims.begin(stage.now())
    return claims


def synced(stage: Stage, claims: Claims) -> None:
    """A worker's job that reads the account."""
    claims.note(stage.ports())
    stage.sync()


@pytest.fixture
def forgotten(stage: Stage) -> Stage:
    """A backup was restored of when nothing was in use; what was sent since cancelled out, and is still held."""
    opened(stage)
    quiet(stage)
    in_use(stage, used=False)
    copy = saved(stage)
    in_use(stage, used=True)
    for quantity in ("0.05", "0.1"):
        stage.agent("deepseek", a_position(quantity=quantity))
        stage.cycle()
    restored(stage, copy)
    return stage


@pytest.mark.parametrize("tracker_first", [True, False])
def test_lost_orders_that_cancel_out_are_adopted_once_a_person_uses_a_restored_account_again(
    forgotten: Stage, *, tracker_first: bool
) -> None:
    claims, others = begun(forgotten), begun(forgotten)
    synced(forgotten, claims)
    if tracker_first:
        forgotten.store.trackers.set_started("t_deepseek", forgotten.now())
    halting.change(Site(forgotten), USER, "c_1", "resume")
    if not tracker_first:
        synced(forgotten, claims)
        forgotten.store.trackers.set_started("t_deepseek", forgotten.now())
    others.note(forgotten.ports())
    assert forgotten.store.halts.lacking_since("c_1") is not None and forgotten.sync()["adopted"] == 2
    forgotten.agent("deepseek", a_position(quantity="0"))
    forgotten.cycle()
    sent = [each["clientOrderId"] for each in forgotten.control.account(forgotten.account_id)["orders"]]
    assert not forgotten.live() and len(sent) == len(set(sent)) == 4


def test_the_worker_that_saw_an_account_idle_asks_once_it_trades_and_never_again(stage: Stage) -> None:
    stage.follow(mode="shadow")
    claims, halts = begun(stage), stage.store.halts
    synced(stage, claims)
    assert halts.reconcile_asked_at("c_1") is None
    stage.store.trackers.put_settings("t_deepseek", {"mode": "trade", "total_margin": "1000"})
    stage.store.trackers.set_started("t_deepseek", stage.now())
    synced(stage, claims)
    asked_at = halts.reconcile_asked_at("c_1")
    assert asked_at is not None and not halts.reconcile_due("c_1")
    stage.skew += timedelta(minutes=5)
    claims.note(stage.ports())
    assert halts.reconcile_asked_at("c_1") == asked_at


def test_an_account_that_was_read_since_it_trades_is_not_read_again_for_another_worker(stage: Stage) -> None:
    claims = [begun(stage), begun(stage)]
    stage.follow()
    for each in claims:
        synced(stage, each)
    asked_at = stage.store.halts.reconcile_asked_at("c_1")
    stage.skew += timedelta(minutes=5)
    for each in claims:
        each.note(stage.ports())
    assert asked_at is not None and stage.store.halts.reconcile_asked_at("c_1") == asked_at


def test_an_account_that_does_not_trade_costs_no_request_however_often_it_is_claimed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.follow(mode="shadow")
    claims, ports = begun(stage), stage.ports()
    nobody: AccountPorts = replace(ports, exchange=None)  # type: ignore[arg-type]
    monkeypatch.setattr(ports.store.halts, "ask_reconcile", lambda *_, **__: pytest.fail("asked for"))
    for _ in range(3):
        claims.note(nobody)
