"""A wrong master key locks every credential before anything leaves; the right one brings them back."""

from __future__ import annotations

from pathlib import Path

import pytest

from nof1web.core.records import CredentialState
from nof1web.errors import ConfigError, SecretUnreadable
from nof1web.services import keys
from nof1web.wiring import Wiring
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
