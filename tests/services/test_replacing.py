"""A new key for an old one, and a key taken away for good."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nof1web.core.records import Credential, CredentialState
from nof1web.core.trading import Environment
from nof1web.errors import InvalidInput, NotFound, Refused
from nof1web.services import credentials, hygiene, keys, removing, replacing
from nof1web.services.key_stores import KeyFacts
from nof1web.services.stores import User
from nof1web.wiring import Wiring
from tests.adapters.store.examples import a_tracker, an_intent
from tests.exchange_process import ExchangeProcess
from tests.services.installations import a_key, added, change
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
    p.registry.set_quota(ann.id, 1)
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
