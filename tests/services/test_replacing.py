"""A new key for an old one, and a key taken away for good."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from nof1web.core.records import Credential, CredentialState
from nof1web.core.trading import Environment
from nof1web.errors import InvalidInput, NotFound, Refused
from nof1web.services import arming, credentials, halting, hygiene, keys, removing, replacing
from nof1web.services.key_stores import KeyFacts
from nof1web.services.stores import Quota, User
from nof1web.wiring import Wiring
from tests.adapters.store.examples import a_tracker, an_intent
from tests.exchange_process import ExchangeProcess
from tests.services.installations import SAFE, a_key, added, change
from tests.services.two_exchanges import ann, live, p, testnet

__all__ = ["ann", "live", "p", "testnet"]


def replaced(p: Wiring, user: User, credential_id: str, key: dict[str, str]) -> object:
    found = credentials.find(p, user.id, credential_id)
    row = replacing.begin(p, user.id, found, api_key=key["api_key"], api_secret=key["api_secret"])
    draft = credentials.submit(p, user.id, row, key["api_secret"], "")
    return credentials.test_draft(p, user.id, draft.id)["state"]


def test_a_new_key_of_the_same_account_keeps_the_history(p: Wiring, ann: User, live: ExchangeProcess) -> None:
    old = a_key(live)
    made = added(p, ann, old)
    new = a_key(live, account_id=old["account_id"])
    assert replaced(p, ann, made.id, new) == "passed"
    found = credentials.find(p, ann.id, "Main")
    assert (found.id, found.api_key) == (made.id, new["api_key"])
    with p.tenants(ann.id) as store:
        past = store.keys.past(made.id)
        assert [each.api_key for each in past] == [f"{old['api_key'][:4]}…{old['api_key'][-4:]}"]
        assert keys.open_secret(p, store, found) == new["api_secret"]


def test_before_its_first_order_a_credential_moves_to_another_environment_and_afterwards_no_more(
    p: Wiring, ann: User, live: ExchangeProcess, testnet: ExchangeProcess
) -> None:
    made, there = added(p, ann, a_key(testnet), environment="testnet"), a_key(live)
    typed = {"api_key": there["api_key"], "api_secret": there["api_secret"], "environment": "live"}
    row = replacing.begin(p, ann.id, made, **typed)
    with p.tenants(ann.id) as store:
        store.credentials.set_state(made.id, CredentialState.RUNNING)
        moved, _check = replacing.replace_key(p, store, row, there["api_secret"])
        assert (moved.environment, moved.state, moved.armed) == (Environment.LIVE, CredentialState.STOPPED, False)
        store.trackers.add(a_tracker(credential_id=made.id))
        store.journal.write(an_intent(credential_id=made.id))
    with pytest.raises(InvalidInput, match="its environment stays"):
        replacing.begin(p, ann.id, moved, **{**typed, "api_key": "k" * 64, "environment": "testnet"})


def test_a_key_of_another_account_is_refused_and_changes_nothing(p: Wiring, ann: User, live: ExchangeProcess) -> None:
    old = a_key(live)
    made = added(p, ann, old)
    assert replaced(p, ann, made.id, a_key(live)) == "failed"
    with p.tenants(ann.id) as store:
        assert keys.open_secret(p, store, credentials.find(p, ann.id, made.id)) == old["api_secret"]


def test_a_locked_credential_is_stopped_after_it(p: Wiring, ann: User, live: ExchangeProcess) -> None:
    old = a_key(live)
    made = added(p, ann, old)
    with p.tenants(ann.id) as store:
        store.credentials.set_state(made.id, CredentialState.LOCKED)
    replaced(p, ann, made.id, a_key(live, account_id=old["account_id"]))
    assert credentials.find(p, ann.id, made.id).state is CredentialState.STOPPED


def test_a_saved_key_never_becomes_another_account_behind_our_back(
    p: Wiring, ann: User, live: ExchangeProcess
) -> None:
    made = added(p, ann, a_key(live))
    with p.tenants(ann.id) as store:
        store.keys.put_api_key(made.id, made.api_key, "SomebodyElse")
    answer = credentials.retest(p, ann.id, made.id)
    assert answer["ok"] is False and "another exchange account than Main" in str(answer["answer"])


def test_removing_leaves_no_key_and_no_ciphertext_but_the_history(
    p: Wiring, ann: User, live: ExchangeProcess
) -> None:
    key = a_key(live)
    made = added(p, ann, key)
    with p.tenants(ann.id) as store:
        sealed = store.credentials.secret(made.id, keys.SECRET)
    removing.remove(p, ann.id, made.id, typed="Main")
    kept = b"".join(path.read_bytes() for path in p.config.tenants_dir.rglob("tenant.db*"))
    assert sealed is not None and sealed not in kept and key["api_key"].encode() not in kept
    with p.tenants(ann.id) as store:
        assert [each.name for each in store.keys.removed()] == ["Main"]
        assert store.credentials.equity(made.id, made.created_at - timedelta(days=1))
    with pytest.raises(NotFound):
        credentials.find(p, ann.id, made.id)
    assert added(p, ann, a_key(live)).name == "Main"


def test_removing_needs_the_name(p: Wiring, ann: User, live: ExchangeProcess) -> None:
    made = added(p, ann, a_key(live))
    with pytest.raises(InvalidInput, match="Main"):
        removing.remove(p, ann.id, made.id, typed="main")
    assert credentials.find(p, ann.id, made.id).name == "Main"


def test_the_quota_is_said_with_its_number(p: Wiring, ann: User, live: ExchangeProcess) -> None:
    p.registry.set_quota(ann.id, Quota(credentials=1))
    added(p, ann, a_key(live))
    with pytest.raises(Refused, match="You have 1 credentials"):
        added(p, ann, a_key(live), name="Second")


def test_a_keys_score_falls_with_its_age_and_open_addresses(p: Wiring, ann: User, live: ExchangeProcess) -> None:
    key = a_key(live)
    made = added(p, ann, key)
    change(live, key, addresses=[])
    credentials.retest(p, ann.id, made.id)
    with p.tenants(ann.id) as store:
        facts = store.keys.facts(made.id)
    assert facts is not None
    fresh, old = (hygiene.of(facts, Environment.LIVE, p.clock() + timedelta(days=days)) for days in (0, 90))
    assert fresh is not None and old is not None
    assert ((fresh.score, fresh.of), (old.score, old.of)) == ((2, 3), (1, 3))


def test_a_key_that_was_never_tested_is_not_vouched_for(p: Wiring, ann: User) -> None:
    untested = Credential("c_1", "A", Environment.LIVE, "k", CredentialState.STOPPED, True, False, p.clock())
    with p.tenants(ann.id) as store:
        store.credentials.add(untested)
        facts = store.keys.facts("c_1")
    kept = hygiene.of(facts, Environment.LIVE, p.clock()) if facts else None
    assert kept is not None and [point.good for point in kept.points] == [True, None, None]


def test_what_cannot_be_read_counts_neither_way(p: Wiring) -> None:
    facts = KeyFacts("c_1", p.clock(), warnings=("permissions_unverified",))
    kept = hygiene.of(facts, Environment.TESTNET, p.clock())
    assert kept is not None and (kept.score, kept.of) == (1, 1)


def test_a_key_found_able_to_withdraw_later_enters_nothing_until_it_is_harmless(
    p: Wiring, ann: User, live: ExchangeProcess
) -> None:
    key = a_key(live)
    made = added(p, ann, key)
    halting.change(p, ann.id, made.id, "start")
    change(live, key, permissions={**SAFE, "enableWithdrawals": True})
    for _ in range(2):
        assert credentials.retest(p, ann.id, made.id)["ok"] is False
    with p.tenants(ann.id) as store:
        facts, told = store.keys.facts(made.id), [each.kind for each in store.chronicle.events()]
    kept = hygiene.of(facts, Environment.LIVE, p.clock()) if facts else None
    assert kept is not None and kept.points[-1].good is False and told.count("credential_refused") == 1
    assert credentials.find(p, ann.id, made.id).state is CredentialState.PAUSED
    for refused in (
        lambda: arming.arm(p, ann.id, made.id, typed="Main"),
        lambda: halting.change(p, ann.id, made.id, "resume"),
    ):
        with pytest.raises(Refused, match="may withdraw or transfer money"):
            refused()
    change(live, key, permissions=SAFE)
    assert credentials.retest(p, ann.id, made.id)["ok"] and arming.arm(p, ann.id, made.id, typed="Main").armed


def meanwhile(monkeypatch: pytest.MonkeyPatch, what: Callable[[], object]) -> None:
    """Do this while the exchange is asked about a key."""
    real = replacing.try_key

    def tried(*args: Any) -> Any:
        tested = real(*args)
        what()
        return tested

    for module in (replacing, credentials):
        monkeypatch.setattr(module, "try_key", tried)


def test_removed_while_its_new_key_is_tested_a_credential_gets_no_secret_back(
    p: Wiring, ann: User, live: ExchangeProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = a_key(live)
    made = added(p, ann, old)
    meanwhile(monkeypatch, lambda: removing.remove(p, ann.id, made.id, typed="Main"))
    assert replaced(p, ann, made.id, a_key(live, account_id=old["account_id"])) in ("failed", "gone")
    with p.tenants(ann.id) as store:
        assert store.keys.all_sealed() == ()
        assert store._file.rows("SELECT 1 FROM credentials WHERE api_key != ''") == []


def test_tests_that_are_under_way_at_once_add_no_key_twice_and_none_beyond_the_quota(
    p: Wiring, ann: User, live: ExchangeProcess
) -> None:
    one, other = a_key(live), a_key(live)
    drafts = [
        credentials.draft(
            p, ann.id, name=name, environment="live", api_key=key["api_key"], api_secret=key["api_secret"]
        ).id
        for name, key in (("A", one), ("B", one), ("C", other))
    ]
    assert [credentials.test_draft(p, ann.id, each)["state"] for each in drafts[:2]] == ["passed", "failed"]
    p.registry.set_quota(ann.id, Quota(credentials=1))
    assert "You have 1 credentials" in str(credentials.test_draft(p, ann.id, drafts[2])["answer"])
    assert [each.name for each in credentials.listing(p, ann.id)] == ["A"]


def test_a_worker_killed_right_after_saving_a_key_calls_it_saved_when_it_runs_again(
    p: Wiring, ann: User, live: ExchangeProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_args: object) -> None:
        raise KeyboardInterrupt

    key = a_key(live)
    typed = {"api_key": key["api_key"], "api_secret": key["api_secret"]}
    row = credentials.draft(p, ann.id, name="Main", environment="live", **typed)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(p.bus, "publish", killed)
        credentials.test_draft(p, ann.id, row.id)
    made = credentials.find(p, ann.id, "Main")
    assert credentials.test_draft(p, ann.id, row.id) == {"state": "passed", "credential_id": made.id}
