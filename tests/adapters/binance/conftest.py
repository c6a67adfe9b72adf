"""Fixtures of the Binance client's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nof1web.adapters.binance import http
from nof1web.adapters.binance.exchange import BinanceExchange
from nof1web.adapters.binance.signing import HmacSigner
from nof1web.adapters.budget import NoBudget
from nof1web.core.trading import Environment
from tests.adapters.binance.host import Host, running_host

API_KEY = "k" * 64


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    monkeypatch.setattr(http, "READ_SECONDS", 0.3)
    with running_host() as running:
        yield running


@pytest.fixture
def exchange(host: Host) -> BinanceExchange:
    return BinanceExchange(
        base_url=host.url,
        environment=Environment.TESTNET,
        api_key=API_KEY,
        signer=HmacSigner("s" * 64),
        budget=NoBudget(),
    )
