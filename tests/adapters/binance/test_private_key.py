"""Private keys sign by themselves, or are refused without a word of them being repeated."""

from __future__ import annotations

import base64
import copy
import pickle
import traceback

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import PrivateFormat

from nof1web.adapters.binance.private_key import PrivateKeySigner
from nof1web.adapters.binance.signing import HmacSigner, signed_query, signer_of
from nof1web.errors import CredentialRefused
from tests.adapters.binance.private_keys import key, pem, public_pem

BEGIN = "-----BEGIN "
UNUSABLE = {
    "an RSA key too short": lambda: pem("short rsa"),
    "a key on another curve": lambda: pem("elliptic"),
    "a DSA key": lambda: pem("dsa"),
    "a key behind a passphrase": lambda: pem("ed25519", passphrase=b"correct horse"),
    "a public key": lambda: public_pem("rsa"),
    "half a key": lambda: pem("rsa")[:400],
    "a heading only": lambda: BEGIN,
    "a key with a letter changed": lambda: pem("rsa").replace("A", "!", 3),
    "a key in another script": lambda: BEGIN + "PRIVATE" + " KEY-----\nключ",
}


def test_an_ed25519_key_signs_in_base64() -> None:
    key("ed25519").public_key().verify(base64.b64decode(signer_of(pem("ed25519")).sign(b"a=1")), b"a=1")


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_an_rsa_key_signs_with_sha256(form: PrivateFormat) -> None:
    signature = base64.b64decode(signer_of(pem("rsa", form=form)).sign(b"a=1"))
    key("rsa").public_key().verify(signature, b"a=1", PKCS1v15(), SHA256())


@pytest.mark.parametrize("spoil", [lambda text: text.replace("\n", "\r\n"), lambda text: f"\n {text}\n\n", str.strip])
def test_a_key_pasted_with_other_line_ends_is_the_same_key(spoil: object) -> None:
    assert callable(spoil)
    assert signer_of(spoil(pem("ed25519"))).sign(b"a=1") == signer_of(pem("ed25519")).sign(b"a=1")


def test_a_signature_travels_percent_encoded() -> None:
    query = signed_query({"a": "1"}, signer_of(pem("rsa")))
    assert query.startswith("a=1&signature=") and not set("+/=") & set(query.partition("&signature=")[2])


@pytest.mark.parametrize("secret", ["s" * 64, "BEGIN", "----", ""])
def test_any_other_secret_is_a_shared_one(secret: str) -> None:
    assert isinstance(signer_of(secret), HmacSigner)


@pytest.mark.parametrize("name", UNUSABLE)
def test_a_key_that_cannot_sign_is_refused_without_repeating_it(name: str) -> None:
    text = UNUSABLE[name]()
    with pytest.raises(CredentialRefused, match="private key can't be used") as refused:
        signer_of(text)
    told = "".join(traceback.format_exception(refused.value))
    assert not [line for line in text.splitlines() if len(line) > 20 and line in told]


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_a_signer_shows_nothing_of_its_key(kind: str) -> None:
    signer = signer_of(pem(kind))
    assert repr(signer) == str(signer) == "PrivateKeySigner()" and not hasattr(signer, "__dict__")


@pytest.mark.parametrize("take", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_signer_cannot_be_taken_anywhere(take: object) -> None:
    assert callable(take)
    with pytest.raises(TypeError, match="never serialised"):
        take(PrivateKeySigner(pem("ed25519")))
