"""Signatures, against the documented vector and the bytes on the wire."""

from __future__ import annotations

import hashlib
import hmac
import pickle

import pytest

from nof1web.adapters.binance.exchange import BinanceExchange
from nof1web.adapters.binance.signing import HmacSigner, signed_query
from tests.adapters.binance.host import Host, Reply

DOCUMENTED_SECRET = "2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9"
PARAMS = {
    "symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "quantity": "1", "price": "9000", "timeInForce": "GTC",
    "recvWindow": "5000", "timestamp": "1591702613943",
}


def test_the_documented_example_gives_the_documented_signature() -> None:
    query = signed_query(PARAMS, HmacSigner(DOCUMENTED_SECRET))
    assert query.endswith("&signature=3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9")


def test_the_bytes_that_travel_are_the_bytes_that_were_signed(exchange: BinanceExchange, host: Host) -> None:
    host.tell("GET /fapi/v3/positionRisk", Reply([]))
    exchange.positions("测试 ~USDT:+&")
    payload, signature = host.asked[-1].query.rsplit("&signature=", 1)
    assert hmac.new(b"s" * 64, payload.encode(), hashlib.sha256).hexdigest() == signature


def test_a_signature_with_unsafe_characters_is_encoded() -> None:
    class Base64Signer:
        def sign(self, payload: bytes) -> str:
            return "a+b/c="

    assert signed_query({"a": "1"}, Base64Signer()) == "a=1&signature=a%2Bb%2Fc%3D"


def test_a_signer_never_shows_its_secret() -> None:
    assert "very-secret" not in repr(HmacSigner("very-secret")) + str(vars(type(HmacSigner("very-secret"))))


def test_a_signer_cannot_be_written_anywhere() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(HmacSigner("very-secret"))
