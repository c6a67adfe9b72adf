"""A wrong master key locks every credential before anything leaves; the right one brings them back."""

from __future__ import annotations

from pathlib import Path

import pytest

from nof1web.adapters.vault import MasterVault
from nof1web.core.records import CredentialState
from nof1web.errors import ConfigError, SecretUnreadable
from nof1web.services import credentials, keys, locking, rotating
from nof1web.services.stores import User
from nof1web.wiring import Wiring, master
from tests.services.vaults import NEW, OLD, fill, give, opened, wired

ALICE = "u_" + "0" * 16


@pytest.fixture
def p(tenants_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Wiring:
    monkeypatch.setenv("NOF1_MASTER_KEY", "")
    made = wired(tenants_dir)
    fill(made, tenants=2, each=2)
    give(made, ALICE, "c_running", CredentialState.RUNNING)
    return made


def states(p: Wiring) -> list[str]:
    found = []
    for user in p.registry.users():
        with p.tenants(user.id) as store:
            found += [each.state.value for each in store.credentials.all()]
    return sorted(found)


def test_every_credential_is_locked_and_the_process_refuses_to_start(p: Wiring, tenants_dir: Path) -> None:
    with pytest.raises(ConfigError, match="not the one that sealed"):
        wired(tenants_dir, f"1:{NEW}").require_key()
    assert states(p) == ["locked"] * 5
    with p.tenants(ALICE) as store:
        assert [event.kind for event in store.chronicle.events()] == ["locked"] * 3


def test_a_second_wrong_start_tells_nobody_twice(p: Wiring, tenants_dir: Path) -> None:
    for _ in range(2):
        with pytest.raises(ConfigError):
            wired(tenants_dir, f"1:{NEW}").require_key()
    with p.tenants(ALICE) as store:
        assert len(store.chronicle.events()) == 3


def test_under_the_right_key_everybody_goes_on_where_they_were(p: Wiring, tenants_dir: Path) -> None:
    with pytest.raises(ConfigError):
        wired(tenants_dir, f"1:{NEW}").require_key()
    p.require_key()
    assert states(p) == ["running", "stopped", "stopped", "stopped", "stopped"]
    assert opened(p) == 5


def test_a_process_without_the_new_version_locks_nobody(p: Wiring, tenants_dir: Path) -> None:
    old = wired(tenants_dir)
    assert old.vault is not None
    rotating.rotate_master(wired(tenants_dir, f"2:{NEW},1:{OLD}"))
    with old.tenants(ALICE) as store:
        running = store.credentials.get("c_running")
        assert running is not None
        with pytest.raises(SecretUnreadable, match="version 2 is missing"):
            old._client(store, running)
    assert credentials.retest(old, ALICE, "c_running")["ok"] is False
    assert "locked" not in states(p)


def test_a_wrong_start_locks_nobody_while_a_worker_is_alive(
    p: Wiring, tenants_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = wired(tenants_dir, f"1:{NEW}")
    monkeypatch.setattr(wrong, "health", lambda: {"workers": [{"alive": False}, {"alive": True}]})
    with pytest.raises(ConfigError, match="not the one that sealed"):
        wrong.require_key()
    assert "locked" not in states(p)


def test_who_is_under_a_version_that_is_not_at_hand_is_named(p: Wiring, tenants_dir: Path) -> None:
    rotating.rotate_master(wired(tenants_dir, f"2:{NEW},1:{OLD}"))
    late = "u_" + "9" * 16
    p.registry.add_user(User(late, "late@example.org", "", "user", True, "en", p.clock()))
    with p.tenants(late) as store:
        store.credentials.put_data_key(MasterVault(*master.parse_master_keys(f"1:{OLD}")).new_data_key(late))
    with pytest.raises(ConfigError, match=r"version 1 is missing: the keys of 1 users are under it, late@example\.org"):
        wired(tenants_dir, f"2:{NEW}").require_key()
    wired(tenants_dir, f"2:{NEW},1:{OLD}").require_key()


def test_a_damaged_data_key_keeps_nobody_else_from_starting(p: Wiring) -> None:
    with p.tenants(ALICE) as store:
        wrapped = store.credentials.data_key()
        assert wrapped is not None
        store.keys.replace_data_key(wrapped[:-1])
    p.require_key()


def test_a_damaged_database_keeps_nobody_else_locked_or_open(p: Wiring, tenants_dir: Path) -> None:
    other = p.registry.users()[1]
    p.tenants.close()
    (tenants_dir / other.id / "tenant.db").write_bytes(b"no database any more" * 400)
    with pytest.raises(ConfigError, match="not the one that sealed"):
        wired(tenants_dir, f"1:{NEW}").require_key()
    with p.tenants(ALICE) as store:
        assert {each.state for each in store.credentials.all()} == {CredentialState.LOCKED}
        p.require_key()
        assert CredentialState.RUNNING in {each.state for each in store.credentials.all()}


def test_nobody_is_told_to_enter_a_key_that_could_not_be_sealed(p: Wiring, tenants_dir: Path) -> None:
    wrong = wired(tenants_dir, f"1:{NEW}")
    with wrong.tenants(ALICE) as store, pytest.raises(SecretUnreadable) as failed:
        keys.put_secrets(wrong, store, "c_running", ("typed again", ""))
    with pytest.raises(ConfigError):
        wrong.require_key()
    with p.tenants(ALICE) as store:
        told = [str(event.text) for event in store.chronicle.events()]
    assert not any("again" in text or "enter" in text for text in (str(failed.value), locking.LOCKED, *told))


def test_a_credential_locked_for_another_reason_stays_locked(p: Wiring, tenants_dir: Path) -> None:
    with p.tenants(ALICE) as store:
        store.credentials.set_state("c_running", CredentialState.LOCKED)
    with pytest.raises(ConfigError):
        wired(tenants_dir, f"1:{NEW}").require_key()
    p.require_key()
    assert states(p).count("locked") == 1


def test_no_client_is_made_under_a_wrong_key(p: Wiring, tenants_dir: Path) -> None:
    wrong = wired(tenants_dir, f"1:{NEW}")
    wrong.exchange = lambda *_, **__: pytest.fail("a client was made")  # type: ignore[method-assign]
    with wrong.tenants(ALICE) as store:
        for credential in store.credentials.all():
            with pytest.raises(SecretUnreadable):
                keys.client(wrong, store, credential)


def test_a_process_without_the_master_key_opens_nothing(p: Wiring) -> None:
    p.blind = True
    with p.tenants(ALICE) as store, pytest.raises(ConfigError, match="not opened in this process"):
        keys.open_secret(p, store, store.credentials.all()[0])


def test_what_the_web_process_sealed_it_cannot_open(tenants_dir: Path, p: Wiring) -> None:
    blind = wired(tenants_dir, "")
    box = blind.seal(blind.installation.sealing_public, "typed", context="x")
    private = blind.installation.sealing_private
    # In the demo a missing variable means another, generated key: not the one that wrapped the private key.
    with pytest.raises(SecretUnreadable):
        blind.vault.open_typed(private, box, context="x")
    assert wired(tenants_dir, f"1:{OLD}").vault.open_typed(private, box, context="x") == "typed"


def test_under_a_wrong_master_key_nobodys_first_data_key_is_made(p: Wiring, tenants_dir: Path) -> None:
    late = User("u_" + "9" * 16, "late@example.org", "", "user", True, "en", p.clock())
    p.registry.add_user(late)
    wrong = wired(tenants_dir, f"1:{NEW}")
    with wrong.tenants(late.id) as store:
        with pytest.raises(SecretUnreadable, match="not the one this was sealed under"):
            keys.put_secrets(wrong, store, "c_1", ("typed", ""))
        assert store.credentials.data_key() is None


@pytest.mark.parametrize("garbled", [b"", b"\xff" * 60])
def test_a_data_key_of_no_version_is_no_missing_master_key(p: Wiring, garbled: bytes) -> None:
    with p.tenants(ALICE) as store:
        store.keys.replace_data_key(garbled)
    p.require_key()
