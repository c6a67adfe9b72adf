"""The SDK signs with private keys of the client's own making; the exchange knows their public halves only."""

from __future__ import annotations

from typing import Any

from binance_common.errors import BadRequestError
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.clients import sdk_trader
from tests.clients.scenario import Steps, refused
from tests.clients.sdk_trader import BTC, Trader

step = Steps()


def pems(key: Any) -> tuple[str, str]:
    """A private key and its public half as PEM."""
    pem, hidden, shown = Encoding.PEM, PrivateFormat.PKCS8, PublicFormat.SubjectPublicKeyInfo
    private = key.private_bytes(pem, hidden, NoEncryption())
    return private.decode(), key.public_key().public_bytes(pem, shown).decode()


def trades_with(trader: Trader, own_key: Any, other_key: Any) -> None:
    """Trade with a key made from the public half; the same key in a stranger's hands is refused."""
    (private_pem, public_pem), (stranger_pem, _) = pems(own_key), pems(other_key)
    made = trader.controls.post("/sim/keys", balance="10000", hedge=trader.hedge, public_key=public_pem)
    assert "api_secret" not in made
    owner: Any = sdk_trader.client(trader.url, made["api_key"], private_key=private_pem)
    wish = {"quantity": "0.01", "new_order_resp_type": "RESULT", **trader.long}
    assert owner.new_order(BTC, "BUY", "MARKET", **wish).data().status == "FILLED"
    assert owner.position_information_v3().data()[0].position_amt == "0.0100"
    rest = {"quantity": "0.01", "price": "59000", "time_in_force": "GTC", **trader.long}
    order = owner.new_order(BTC, "BUY", "LIMIT", new_client_order_id="a:b/c.d-e_f", **rest).data()
    assert owner.cancel_order(BTC, order_id=order.order_id).data().status == "CANCELED"
    stranger: Any = sdk_trader.client(trader.url, made["api_key"], private_key=stranger_pem)
    refused(BadRequestError, -1022, stranger.get_current_position_mode)
    forger: Any = sdk_trader.client(trader.url, made["api_key"], api_secret="c" * 64)
    refused(BadRequestError, -1022, forger.get_current_position_mode)


@step
def an_ed25519_key_trades(trader: Trader) -> None:
    trades_with(trader, ed25519.Ed25519PrivateKey.generate(), ed25519.Ed25519PrivateKey.generate())


@step
def an_rsa_key_trades(trader: Trader) -> None:
    trades_with(trader, *(rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)))
