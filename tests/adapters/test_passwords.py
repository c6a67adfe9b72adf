"""argon2id: right, wrong, and nobody's."""

from __future__ import annotations

import pytest
from nacl.pwhash import argon2id

from nof1web.adapters.passwords import Argon2Passwords
from tests.tools.passwords import light_passwords


@pytest.fixture
def passwords() -> Argon2Passwords:
    """The weakest limits: the tests are about answers, not about strength."""
    return light_passwords()


def test_a_password_matches_its_hash_and_no_other(passwords):
    hashed = passwords.hash("correct horse")
    assert passwords.matches(hashed, "correct horse")
    assert not passwords.matches(hashed, "correct Horse")


def test_the_same_password_never_hashes_alike(passwords):
    assert passwords.hash("x") != passwords.hash("x")


def test_a_hash_carries_the_limits_it_was_made_with(passwords):
    hashed = Argon2Passwords(argon2id.OPSLIMIT_MIN + 1, argon2id.MEMLIMIT_MIN).hash("x")
    assert hashed.startswith("$argon2id$v=19$m=8,t=2,p=1$")
    assert passwords.matches(hashed, "x")


def test_a_password_typed_composed_or_decomposed_is_the_same(passwords):
    assert passwords.matches(passwords.hash("caf\u00e9"), "cafe\u0301")


@pytest.mark.parametrize("hashed", ["", "plain", "$argon2id$", "$argon2id$v=19$m=8,t=1,p=1$x$y", "$2b$10$abc"])
def test_what_is_no_hash_matches_nothing_not_even_itself(passwords, hashed):
    assert not passwords.matches(hashed, hashed)


def test_nobody_costs_one_hash_or_comparison_and_matches_nothing(passwords, monkeypatch):
    spent = []
    make, verify = argon2id.str, argon2id.verify
    monkeypatch.setattr(argon2id, "str", lambda *typed, **limits: spent.append("made") or make(*typed, **limits))
    monkeypatch.setattr(argon2id, "verify", lambda *both: spent.append("compared") or verify(*both))
    assert not passwords.burn("nobody")
    assert not passwords.burn("nobody")
    assert not passwords.matches("", "nobody")
    assert spent == ["made", "compared", "compared"]


def test_the_default_limits_are_interactive():
    assert Argon2Passwords().hash("x").startswith("$argon2id$v=19$m=65536,t=2,p=1$")
