"""Logins, sessions and the installation."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nof1web.errors import InvalidInput, NotFound
from nof1web.services.stores import Installation
from tests.adapters.store.examples import ALICE, BOB, CAROL, NOW, SECOND, a_user


def test_a_user_comes_back_as_it_went_in(registry):
    assert registry.user(ALICE) == a_user()
    assert registry.user_by_email(" ALICE@example.com ") == a_user()
    assert registry.user_ids() == (ALICE, BOB)
    assert [user.id for user in registry.users()] == [ALICE, BOB]


def test_an_address_is_taken_whatever_its_case(registry):
    with pytest.raises(InvalidInput) as refused:
        registry.add_user(a_user(id=CAROL, email="Alice@Example.com"))
    assert set(refused.value.fields) == {"email"}


def test_an_id_that_could_not_be_a_folder_is_refused(registry):
    with pytest.raises(InvalidInput):
        registry.add_user(a_user(id="../../etc", email="mallory@example.com"))


def test_a_language_is_set_for_one_user(registry):
    registry.set_language(ALICE, "zh")
    assert [registry.user(each).language for each in (ALICE, BOB)] == ["zh", "en"]
    with pytest.raises(NotFound):
        registry.set_language("u_nobody0000000000", "zh")


def test_a_session_ends_when_it_expires(registry):
    registry.open_session("hash", ALICE, at=NOW, expires_at=NOW + SECOND)
    assert registry.session_user("hash", NOW) == a_user()
    assert registry.session_user("hash", NOW + SECOND) is None


def test_a_closed_session_is_nobodys(registry):
    registry.open_session("hash", ALICE, at=NOW, expires_at=NOW + SECOND)
    registry.close_session("hash")
    registry.close_session("hash")
    assert registry.session_user("hash", NOW) is None


def test_a_disabled_user_has_no_session(registry):
    disabled = replace(a_user(), id=CAROL, email="carol@example.com", enabled=False)
    registry.add_user(disabled)
    registry.open_session("hash", disabled.id, at=NOW, expires_at=NOW + SECOND)
    assert registry.session_user("hash", NOW) is None


def test_a_session_of_nobody_is_refused(registry):
    with pytest.raises(NotFound):
        registry.open_session("hash", "u_nobody0000000000", at=NOW, expires_at=NOW + SECOND)


def test_expired_sessions_are_forgotten_when_a_new_one_opens(registry):
    registry.open_session("old", ALICE, at=NOW, expires_at=NOW + SECOND)
    registry.open_session("new", ALICE, at=NOW + SECOND, expires_at=NOW + 2 * SECOND)
    assert registry.session_user("old", NOW) is None


def test_an_installation_is_written_once(registry):
    first = Installation("i_1", "abcd", b"public", b"private")
    assert registry.installation() is None
    registry.install(first)
    registry.install(replace(first, id="i_2"))
    assert registry.installation() == first


def test_the_site_is_halted_until_somebody_says_otherwise(registry):
    assert not registry.site_halted()
    registry.set_site_halted(True)
    assert registry.site_halted()
    registry.set_site_halted(False)
    assert not registry.site_halted()
