"""What a process checks of the installation it finds, and how it takes a credential out of use."""

from __future__ import annotations

import base64
import os

import pytest
from sqlite_utils.migrations import Migrations

from nof1web import config, wiring
from nof1web.adapters.store import shared_schema
from nof1web.adapters.store.connections import SqliteFile
from nof1web.adapters.store.registry import SqliteRegistry
from nof1web.cli.up import run_up
from nof1web.core.records import CredentialState
from nof1web.errors import ConfigError, SecretUnreadable
from nof1web.jobs import tasks
from tests.cli.conftest import ANNA

PRODUCTION = {"NOF1_MODE": "production", "SECRET_KEY": "signs-cookies-of-tests"}


class NoLease:
    """A lease nobody asks anything of."""

    fence, ending = 0, False


def key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


@pytest.fixture
def started(fresh, monkeypatch):
    """A new process on the same folder, with these variables changed."""

    def start(**more: str) -> wiring.Wiring:
        for name, value in more.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(wiring, "_built", {})
        return wiring.ports()

    return start


@pytest.mark.parametrize(("first", "second"), [("demo", "production"), ("production", "demo")])
def test_a_folder_of_the_other_mode_is_refused_in_one_sentence(started, tenants_dir, first, second):
    started(**PRODUCTION | {"NOF1_MODE": first}, NOF1_MASTER_KEY=key()).install()
    other = started(NOF1_MODE=second)
    for use in (other.install, lambda: other.registry, lambda: other.installation):
        with pytest.raises(ConfigError, match=f"{tenants_dir} was made with NOF1_MODE={first}.*NOF1_TENANTS_DIR"):
            use()


@pytest.mark.parametrize(("email", "demo"), [("demo@nof1.local", True), ("anna@example.org", None)])
def test_a_folder_without_a_noted_mode_is_the_demos_if_it_has_its_user(tmp_path, email, demo):
    steps, path = Migrations("registry"), tmp_path / "registry.db"
    steps(name="0001_logins")(lambda database: database.executescript(shared_schema.LOGINS))
    older = SqliteFile(path, steps, busy_ms=1000)
    older.change("INSERT INTO users VALUES ('u', ?1, ?1, 'x', 'user', 1, 'en', 0)", (email,))
    older.change("INSERT INTO installation VALUES (1, 'i', 'code', x'00', x'00')")
    older.close()
    assert SqliteRegistry(path).demo() is demo


def test_another_master_key_starts_neither_up_nor_a_worker(started, tenants_dir):
    started(NOF1_MASTER_KEY=key()).install()
    started(NOF1_MASTER_KEY=key(), NOF1_SIM_PORT="18766", PORT="18765")
    for start in (
        lambda: run_up(config.load(), prepare=lambda: None, announce=lambda: None),
        lambda: tasks.preload(secrets=True),
    ):
        with pytest.raises(ConfigError, match=f"not the one that sealed the secrets in {tenants_dir}"):
            start()


def test_a_blind_process_opens_no_secret_even_with_the_key_at_hand(started):
    w = started()
    assert w.vault is not None
    assert wiring.ports(blind=True) is w
    with pytest.raises(ConfigError, match="a worker does it"):
        _ = w.vault


def test_a_locked_credential_is_out_of_the_index_and_its_owner_is_told_once(console):
    w, added = wiring.ports(), console.add_credential()
    user_id, credential_id = added["user_id"], added["credential_id"]
    w.install()
    console.add_tracker()
    console.json("start", *ANNA, "--credential", "Main")
    w.queue.wake(user_id, credential_id, w.clock())
    with w.tenants(user_id) as store:
        store.credentials.put_secret(credential_id, "api_secret", b"spoilt")
    for _ in range(2):
        with pytest.raises(SecretUnreadable), w.account(user_id, credential_id, NoLease()):
            pass
    with w.tenants(user_id) as store:
        assert store.credentials.get(credential_id).state is CredentialState.LOCKED
        alarms = [event for event in store.chronicle.events() if event.kind == "locked"]
    assert [event.severity for event in alarms] == ["alarm"] and "Main is locked" in str(alarms[0].text)
    assert w.queue.index.followers("nof1", ["alpha"]) == frozenset() and w.queue.index.due_wakes(w.clock()) == []


def test_thirty_clicks_make_one_test_and_one_cycle(console):
    w, credential_id = wiring.ports(), console.add_credential()["credential_id"]
    for _ in range(30):
        w.queue.retest("u", credential_id)
        w.queue.cycle("u", credential_id, front=True)
    assert w.redis.llen(f"rq:queue:cred:{credential_id}") == 2
    dry = {w.queue.cycle("u", credential_id, front=True, dry_run=True) for _ in range(2)}
    assert len(dry) == 2


def test_a_plain_cycle_that_waits_does_not_stand_for_one_a_person_asked_for(console):
    w = wiring.ports()
    plain, asked = w.queue.cycle("u", "c"), w.queue.cycle("u", "c", front=True)
    assert w.redis.lrange("rq:queue:cred:c", 0, -1) == [asked.encode(), plain.encode()]
