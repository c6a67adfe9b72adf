"""Secrets open in their own place with their own key, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from nof1web.adapters.sealing import seal_typed
from nof1web.adapters.store.tenant import SqliteTenant
from nof1web.adapters.vault import MasterVault
from nof1web.errors import SecretUnreadable
from tests.adapters.store.examples import a_credential

OLD, NEW = bytes(range(32)), bytes(range(1, 33))
SECRET = "canary-secret-41c0ffee"
PLACE = {"user_id": "u_alice", "credential_id": "c_1", "field": "api_secret"}


@pytest.fixture
def vault() -> MasterVault:
    return MasterVault({1: OLD}, 1)


@pytest.fixture
def wrapped(vault) -> bytes:
    return vault.new_data_key("u_alice")


def test_a_secret_opens_in_its_place(vault, wrapped):
    assert vault.open(wrapped, vault.seal(wrapped, SECRET, **PLACE), **PLACE) == SECRET


@pytest.mark.parametrize("moved", [{"user_id": "u_bob"}, {"credential_id": "c_2"}, {"field": "passphrase"}])
def test_a_secret_moved_to_another_tenant_row_or_field_does_not_open(vault, wrapped, moved):
    sealed = vault.seal(wrapped, SECRET, **PLACE)
    with pytest.raises(SecretUnreadable):
        vault.open(wrapped, sealed, **PLACE | moved)


def test_a_secret_does_not_open_with_another_tenants_data_key(vault, wrapped):
    sealed = vault.seal(wrapped, SECRET, **PLACE)
    with pytest.raises(SecretUnreadable):
        vault.open(vault.new_data_key("u_alice"), sealed, **PLACE)


def test_a_data_key_moved_to_another_tenant_does_not_open(vault, wrapped):
    with pytest.raises(SecretUnreadable):
        vault.seal(wrapped, SECRET, **PLACE | {"user_id": "u_bob"})


def test_a_separator_in_a_name_cannot_make_two_places_one(vault):
    wrapped = vault.new_data_key("a")
    with pytest.raises(SecretUnreadable):
        vault.seal(wrapped, SECRET, user_id="a", credential_id="b|c", field="d")


def test_any_changed_byte_of_key_or_secret_keeps_it_shut(vault, wrapped):
    sealed = vault.seal(wrapped, SECRET, **PLACE)
    for at in range(len(sealed)):
        with pytest.raises(SecretUnreadable):
            vault.open(wrapped, sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :], **PLACE)
    for at in range(len(wrapped)):
        with pytest.raises(SecretUnreadable):
            vault.open(wrapped[:at] + bytes([wrapped[at] ^ 1]) + wrapped[at + 1 :], sealed, **PLACE)


@pytest.mark.parametrize("size", [0, 1, 4, 20, 40])
def test_what_is_cut_short_does_not_open(vault, wrapped, size):
    sealed = vault.seal(wrapped, SECRET, **PLACE)
    with pytest.raises(SecretUnreadable):
        vault.open(wrapped, sealed[:size], **PLACE)
    with pytest.raises(SecretUnreadable):
        vault.open(wrapped[:size], sealed, **PLACE)


def test_the_wrong_master_key_never_falls_back_to_another(wrapped):
    with pytest.raises(SecretUnreadable):
        MasterVault({1: NEW, 2: OLD}, 2).seal(wrapped, SECRET, **PLACE)


def test_a_missing_master_key_is_named_by_its_version(wrapped):
    with pytest.raises(SecretUnreadable, match="version 1 is missing"):
        MasterVault({2: OLD}, 2).seal(wrapped, SECRET, **PLACE)


def test_a_rewrapped_key_opens_old_secrets_without_the_old_master_key(vault, wrapped):
    sealed = vault.seal(wrapped, SECRET, **PLACE)
    rewrapped = MasterVault({1: OLD, 2: NEW}, 2).rewrap(wrapped, user_id="u_alice")
    assert MasterVault({2: NEW}, 2).open(rewrapped, sealed, **PLACE) == SECRET


def test_a_failure_never_carries_the_secret(vault, wrapped):
    sealed = vault.seal(wrapped, SECRET, **PLACE)
    with pytest.raises(SecretUnreadable) as failed:
        vault.open(wrapped, sealed, **PLACE | {"field": "other"})
    assert failed.value.__cause__ is None
    assert OLD.hex() not in repr(vault) and repr(OLD) not in repr(vault)


@pytest.mark.parametrize("secret", [SECRET, "", "with\0zero", "密钥"])
def test_what_a_person_typed_opens_in_its_context(vault, secret):
    public, private = vault.new_sealing_key()
    assert vault.open_typed(private, seal_typed(public, secret, context="draft:d_1"), context="draft:d_1") == secret


@pytest.mark.parametrize("context", ["draft:d_2", "draft:d_", "", "draft:d_1x"])
def test_what_a_person_typed_does_not_open_in_another_context(vault, context):
    public, private = vault.new_sealing_key()
    with pytest.raises(SecretUnreadable):
        vault.open_typed(private, seal_typed(public, SECRET, context="draft:d_1"), context=context)


def test_another_installations_key_does_not_open_it(vault):
    public, _ = vault.new_sealing_key()
    _, other = vault.new_sealing_key()
    with pytest.raises(SecretUnreadable):
        vault.open_typed(other, seal_typed(public, SECRET, context="x"), context="x")


def test_a_data_key_is_no_sealing_key(vault, wrapped):
    public, _ = vault.new_sealing_key()
    with pytest.raises(SecretUnreadable):
        vault.open_typed(wrapped, seal_typed(public, SECRET, context="x"), context="x")


def test_a_rewrapped_sealing_key_opens_what_was_typed_before(vault):
    public, private = vault.new_sealing_key()
    rewrapped = MasterVault({1: OLD, 2: NEW}, 2).rewrap_sealing_key(private)
    box = seal_typed(public, SECRET, context="x")
    assert MasterVault({2: NEW}, 2).open_typed(rewrapped, box, context="x") == SECRET


def test_a_stored_secret_is_nowhere_in_the_files(vault, wrapped, tmp_path: Path):
    store = SqliteTenant("u_alice", tmp_path / "tenant.db")
    store.credentials.add(a_credential())
    store.credentials.put_data_key(wrapped)
    sealed = vault.seal(wrapped, SECRET, **PLACE)
    store.credentials.put_secret("c_1", "api_secret", sealed)
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert sealed in written
    assert SECRET.encode() not in written
    store.close()
