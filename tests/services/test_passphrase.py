"""A new master passphrase: everything opens under it and nothing under the former, also after a kill in between."""

from __future__ import annotations

from pathlib import Path

import pytest
from nacl.pwhash import argon2id

from nof1web import config
from nof1web.errors import ConfigError, InvalidInput, Refused, SecretUnreadable, Unavailable
from nof1web.services import rotating
from nof1web.services.stores import Installation
from nof1web.wiring import Wiring, master, passphrase
from tests.services.vaults import fill, opened

OLD, NEW = "the former passphrase", "quite another passphrase"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(master, "WORK", argon2id.OPSLIMIT_MIN)
    monkeypatch.setattr(master, "MEMORY", argon2id.MEMLIMIT_MIN)
    monkeypatch.delenv("NOF1_MASTER_KEY", raising=False)
    monkeypatch.setenv("NOF1_MASTER_PASSPHRASE", OLD)
    # Redis, which isn't there, is asked again and again before it is given up.
    monkeypatch.setattr(Wiring, "health", lambda _self: {"workers": []})


def wired(folder: Path) -> Wiring:
    return Wiring(config.load({"NOF1_MODE": "demo", "NOF1_TENANTS_DIR": str(folder)}))


@pytest.fixture
def p(tenants_dir: Path) -> Wiring:
    made = wired(tenants_dir)
    made.registry.install(Installation("i_test", "test", *made.vault.new_sealing_key()))
    fill(made, tenants=3, each=2)
    return made


def test_everything_opens_under_the_new_passphrase_and_nothing_under_the_former(
    p: Wiring, tenants_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert passphrase.change(p, NEW).tenants == 3
    with pytest.raises(ConfigError, match="not the one that sealed"):
        wired(tenants_dir).require_key()
    monkeypatch.setenv("NOF1_MASTER_PASSPHRASE", NEW)
    wired(tenants_dir).require_key()
    assert opened(wired(tenants_dir)) == 6 and passphrase.change(wired(tenants_dir), OLD).tenants == 3


def cut_after(monkeypatch: pytest.MonkeyPatch, p: Wiring, tenants: int) -> None:
    """Begin a change that ends after so many tenants, as when its process is killed."""
    real, done = rotating._rewrapped, list[str]()

    def killed(ports: Wiring, store: object) -> bool:
        if len(done) == tenants:
            raise KeyboardInterrupt
        done.append("one")
        return real(ports, store)  # type: ignore[arg-type]

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(rotating, "_rewrapped", killed)
        passphrase.change(p, NEW)


@pytest.mark.parametrize("tenants", [0, 1, 2])
def test_a_change_cut_short_keeps_everybody_out_until_it_has_gone_on(
    p: Wiring, tenants_dir: Path, monkeypatch: pytest.MonkeyPatch, tenants: int
) -> None:
    cut_after(monkeypatch, p, tenants)
    for word in (OLD, NEW):
        monkeypatch.setenv("NOF1_MASTER_PASSPHRASE", word)
        with pytest.raises(ConfigError, match="was interrupted"):
            wired(tenants_dir).require_key()
    monkeypatch.setenv("NOF1_MASTER_PASSPHRASE", OLD)
    with pytest.raises(SecretUnreadable):
        passphrase.change(wired(tenants_dir), "a third one, mistyped")
    assert passphrase.change(wired(tenants_dir), NEW).tenants == 3 - tenants
    monkeypatch.setenv("NOF1_MASTER_PASSPHRASE", NEW)
    assert opened(wired(tenants_dir)) == 6


def test_gone_on_with_under_a_mistyped_former_word_the_change_is_not_over(
    p: Wiring, tenants_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_after(monkeypatch, p, 1)
    monkeypatch.setenv("NOF1_MASTER_PASSPHRASE", OLD + "!")
    with pytest.raises(Refused, match="not over: the keys of 2 users"):
        passphrase.change(wired(tenants_dir), NEW)
    monkeypatch.setenv("NOF1_MASTER_PASSPHRASE", OLD)
    assert passphrase.change(wired(tenants_dir), NEW).tenants == 2
    monkeypatch.setenv("NOF1_MASTER_PASSPHRASE", NEW)
    assert opened(wired(tenants_dir)) == 6


def test_while_a_database_is_damaged_no_change_begins_that_its_backup_would_miss(
    p: Wiring, tenants_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    p.tenants.close()
    damaged = tenants_dir / ("u_" + "0" * 15 + "1") / "tenant.db"
    backup = damaged.read_bytes()
    damaged.write_bytes(b"no database any more" * 400)
    with pytest.raises(Refused, match=r"Nothing is changed: the keys of 1 users .* p1@example\.org"):
        passphrase.change(p, NEW)
    damaged.write_bytes(backup)
    assert opened(wired(tenants_dir)) == 6 and passphrase.change(wired(tenants_dir), NEW).tenants == 3
    monkeypatch.setenv("NOF1_MASTER_PASSPHRASE", NEW)
    assert opened(wired(tenants_dir)) == 6


def test_a_disk_that_is_full_leaves_the_change_to_be_gone_on_with(
    p: Wiring, tenants_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_ports: Wiring, _store: object) -> bool:
        raise Unavailable("full")

    real = rotating._rewrapped
    monkeypatch.setattr(rotating, "_rewrapped", full)
    with pytest.raises(Unavailable):
        passphrase.change(p, NEW)
    monkeypatch.setattr(rotating, "_rewrapped", real)
    with pytest.raises(ConfigError, match="was interrupted"):
        wired(tenants_dir).require_key()
    assert passphrase.change(wired(tenants_dir), NEW).tenants == 3


def test_what_cannot_be_a_change_begins_none(p: Wiring, tenants_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidInput, match="in use"):
        passphrase.change(p, OLD)
    with pytest.raises(ConfigError, match="at least 12"):
        passphrase.change(p, "short")
    monkeypatch.setattr(p, "health", lambda: {"workers": [{"alive": True}]})
    with pytest.raises(Refused, match="1 workers are running"):
        passphrase.change(p, NEW)
    monkeypatch.setenv("NOF1_MASTER_PASSPHRASE", "not the one in use")
    with pytest.raises(SecretUnreadable):
        passphrase.change(wired(tenants_dir), NEW)
    monkeypatch.setenv("NOF1_MASTER_PASSPHRASE", OLD)
    assert opened(wired(tenants_dir)) == 6


def test_without_a_passphrase_the_sentence_says_what_to_do(p: Wiring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOF1_MASTER_PASSPHRASE")
    with pytest.raises(Refused, match="put a new key first in NOF1_MASTER_KEY"):
        passphrase.change(p, NEW)
