"""An account of the built-in exchange whose key has no secret, only the public half of a private key."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nof1web.adapters.binance.exchange import BinanceExchange
from nof1web.adapters.binance.signing import signer_of
from nof1web.adapters.budget import NoBudget
from nof1web.core.trading import Environment, MarginMode
from nof1web.errors import CredentialRefused
from tests.adapters.binance.private_keys import pem, public_pem
from tests.exchange_process import ExchangeProcess, running_exchange


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExchangeProcess]:
    with running_exchange(tmp_path_factory.mktemp("keys")) as running:
        yield running


def client(hosts: ExchangeProcess, *, registered: str, held: str) -> BinanceExchange:
    key = hosts.post("/sim/keys", balance="10000", public_key=public_pem(registered))
    return BinanceExchange(
        base_url=hosts.url, environment=Environment.TESTNET, api_key=key["api_key"], signer=signer_of(pem(held)),
        budget=NoBudget(),
    )


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_an_account_is_read_and_changed_with_a_private_key(hosts: ExchangeProcess, kind: str) -> None:
    exchange = client(hosts, registered=kind, held=kind)
    assert exchange.check().equity == 10_000
    exchange.set_margin_mode("BTCUSDT", MarginMode.ISOLATED)
    assert exchange.symbol_config("BTCUSDT").margin_mode is MarginMode.ISOLATED


def test_a_private_key_of_somebody_else_is_refused(hosts: ExchangeProcess) -> None:
    with pytest.raises(CredentialRefused, match="secret does not belong"):
        client(hosts, registered="rsa", held="ed25519").check()
