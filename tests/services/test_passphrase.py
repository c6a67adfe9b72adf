"""A new master passphrase: everything opens under it and nothing under the former, also after a kill in between."""

from __future__ import annotations

from pathlib import Path

import pytest
from nacl.pwhash import argon2id

from nof1web import config
from nof1web.errors import ConfigError, InvalidInput, Refused, SecretUnreadable
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


def test_a_change_cut_short_keeps_everybody_out_until_it_has_gone_on(
    p: Wiring, tenants_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, done = rotating._rewrapped, list[str]()

    def killed(ports: Wiring, store: object) -> bool:
        if done:
            raise KeyboardInterrupt
        done.append("one")
        return real(ports, store)  # type: ignore[arg-type]

    monkeypatch.setattr(rotating, "_rewrapped", killed)
    with pytest.raises(KeyboardInterrupt):
        passphrase.change(p, NEW)
    monkeypatch.setattr(rotating, "_rewrapped", real)
    for word in (OLD, NEW):
        monkeypatch.setenv("NOF1_MASTER_PASSPHRASE", word)
        with pytest.raises(ConfigError, match="was interrupted"):
            wired(tenants_dir).require_key()
    monkeypatch.setenv("NOF1_MASTER_PASSPHRASE", OLD)
    with pytest.raises(SecretUnreadable):
        passphrase.change(wired(tenants_dir), "a third one, mistyped")
    assert passphrase.change(wired(tenants_dir), NEW).tenants == 2
    monkeypatch.setenv("NOF1_MASTER_PASSPHRASE", NEW)
    assert opened(wired(tenants_dir)) == 6


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
