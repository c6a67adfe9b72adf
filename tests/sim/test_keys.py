"""Keys with a public key, restricted, changed, locked and revoked ones (binance.md §2, §4.5)."""

from __future__ import annotations

import base64
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from werkzeug.test import TestResponse

from nof1web.sim import codec
from nof1web.sim.keys import PERMISSIONS, ApiKey
from nof1web.sim.state import StateStore, open_state
from tests.sim.face import Trader, trader

ACCOUNT = "/fapi/v3/account"
RESTRICTIONS = "/sapi/v1/account/apiRestrictions"


@cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def pem_of(private: Any) -> str:
    kind = serialization.PublicFormat.SubjectPublicKeyInfo
    return private.public_key().public_bytes(serialization.Encoding.PEM, kind).decode()


def proof(private: Any, payload: str) -> str:
    if isinstance(private, Ed25519PrivateKey):
        raw = private.sign(payload.encode())
    else:
        raw = private.sign(payload.encode(), padding.PKCS1v15(), SHA256())
    return base64.b64encode(raw).decode()


def ask(face: Trader, private: Any, *, safe: str = "", **params: Any) -> TestResponse:
    query = urlencode({"timestamp": face.clock.now_ms, **params})
    signed = f"{ACCOUNT}?{query}&signature={quote(proof(private, query), safe=safe)}"
    return face.client.get(signed, headers={"X-MBX-APIKEY": face.key["api_key"]})


@pytest.mark.parametrize("private", [rsa_key(), Ed25519PrivateKey.generate()], ids=["rsa", "ed25519"])
def test_a_public_key_proves_requests_and_there_is_no_secret(btc: Trader, private: Any):
    btc.key = btc.control("keys", {"public_key": pem_of(private), "balance": "77"})
    assert set(btc.key) == {"api_key", "account_id"}
    assert ask(btc, private).json["totalWalletBalance"] == "77.00000000"


@pytest.mark.parametrize("private", [rsa_key(), Ed25519PrivateKey.generate()], ids=["rsa", "ed25519"])
def test_a_signature_of_somebody_elses_key_or_none_is_refused(btc: Trader, private: Any):
    btc.key = btc.control("keys", {"public_key": pem_of(Ed25519PrivateKey.generate())})
    assert ask(btc, private).json["code"] == -1022
    assert btc.client.get(f"{ACCOUNT}?timestamp={btc.clock.now_ms}&signature=%ff%00!", headers=header(btc)).json[
        "code"
    ] in (-1022, -1100)


def header(face: Trader) -> dict[str, str]:
    return {"X-MBX-APIKEY": face.key["api_key"]}


def test_unencoded_base64_with_a_plus_is_no_signature(btc: Trader):
    private = Ed25519PrivateKey.generate()
    btc.key = btc.control("keys", {"public_key": pem_of(private)})
    number = next(n for n in range(1000) if "+" in proof(private, f"timestamp={btc.clock.now_ms}&symbol={n}"))
    assert ask(btc, private, safe="+/=", symbol=number).json["code"] == -1022
    assert ask(btc, private, symbol=number).status_code == 200


@pytest.mark.parametrize(
    "pem",
    [
        "nonsense",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        pem_of(rsa_key(1024)),
        pem_of(ec.generate_private_key(ec.SECP256R1())),
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
    ],
)
def test_a_public_key_that_is_no_good_is_refused_in_one_sentence(btc: Trader, pem: str):
    answer = btc.control("keys", {"public_key": pem})
    assert set(answer) == {"error"} and "\n" not in answer["error"] and "RSA (2048 bit or more)" in answer["error"]
    assert len(btc.world.exchange.ledger.accounts) == 1


def test_a_restricted_key_is_good_from_its_addresses_only(btc: Trader):
    btc.key = btc.control("keys", {"addresses": ["127.0.0.1"]})
    assert btc.code("GET", ACCOUNT) == 0
    assert btc.call("GET", RESTRICTIONS)["ipRestrict"] is True
    btc.control(f"keys/{btc.key['api_key']}", {"addresses": ["192.0.2.9"]})
    assert btc.code("GET", ACCOUNT) == btc.code("GET", RESTRICTIONS) == -2015
    btc.control(f"keys/{btc.key['api_key']}", {"addresses": []})
    assert btc.code("GET", ACCOUNT) == 0


@pytest.mark.parametrize("wish", [{"addresses": ["here"]}, {"permissions": {"ipRestrict": True}}, {"addresses": "1"}])
def test_a_restriction_that_makes_no_sense_is_refused(btc: Trader, wish: dict[str, Any]):
    assert "error" in btc.control("keys", wish)


def test_permissions_change_and_what_is_not_named_stays(btc: Trader):
    api_key = btc.key["api_key"]
    changed = btc.control(f"keys/{api_key}", {"permissions": {"enableFutures": False}})
    assert changed["permissions"] == {**PERMISSIONS, "enableFutures": False}
    assert btc.market("BUY", "0.001")["code"] == -2015 and btc.code("GET", ACCOUNT) == 0
    btc.control(f"keys/{api_key}", {"permissions": {"enableReading": False}})
    assert btc.code("GET", ACCOUNT) == -2015


def test_a_revoked_key_is_as_good_as_unknown_and_a_locked_one_says_so(btc: Trader):
    btc.control(f"keys/{btc.key['api_key']}", {"locked": True})
    assert (btc.signed("GET", ACCOUNT).status_code, btc.code("GET", ACCOUNT)) == (401, -2017)
    btc.control(f"keys/{btc.key['api_key']}", {"revoked": True})
    assert (btc.signed("GET", ACCOUNT).status_code, btc.code("GET", ACCOUNT)) == (401, -2015)
    assert btc.code("GET", RESTRICTIONS) == -2008


def test_an_unknown_key_can_not_be_changed(btc: Trader):
    assert btc.control("keys/nobody", {"revoked": True}) == {"error": "no such key"}


def test_neither_secret_nor_public_key_shows_in_a_repr(btc: Trader):
    private = Ed25519PrivateKey.generate()
    made = btc.control("keys", {"public_key": pem_of(private)})
    keys = btc.world.keys.keys
    assert btc.key["api_secret"] not in repr(keys) and keys[made["api_key"]].public_key not in repr(keys)


def test_keys_survive_a_restart_with_everything_they_may(tmp_path: Any):
    store: StateStore = open_state(tmp_path)
    face = trader(store=store)
    made = face.control("keys", {"public_key": pem_of(rsa_key()), "addresses": ["127.0.0.1", "::1"]})
    before = face.world.keys.keys
    store.close()
    store = open_state(tmp_path)
    again = trader(store=store).world.keys.keys
    assert all(again[name] == before[name] for name in (made["api_key"], face.key["api_key"]))
    store.close()


def test_a_key_stored_before_there_were_public_ones_still_loads():
    old = '{"api_key":"k","account_id":"a1","created_ms":5,"permissions":{"enableReading":true},"api_secret":"s"}'
    key = codec.decode(ApiKey, old)
    assert (key.kind, key.api_secret, key.addresses, key.revoked) == ("HMAC", "s", [], False)
