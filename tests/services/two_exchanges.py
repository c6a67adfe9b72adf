"""Fixtures: a live and a test exchange, an installation on both, and Ann."""

from __future__ import annotations

from pathlib import Path

import pytest

from nof1web.services.stores import User
from nof1web.wiring import Wiring
from tests.exchange_process import ExchangeProcess
from tests.services.installations import MASTER, a_user, installation


@pytest.fixture(scope="module")
def live(exchange: ExchangeProcess) -> ExchangeProcess:
    exchange.prices(BTCUSDT="60000")
    return exchange


@pytest.fixture(scope="module")
def testnet(other_exchange: ExchangeProcess) -> ExchangeProcess:
    return other_exchange


@pytest.fixture
def p(tenants_dir: Path, live: ExchangeProcess, testnet: ExchangeProcess, monkeypatch: pytest.MonkeyPatch) -> Wiring:
    monkeypatch.setenv("NOF1_MASTER_KEY", MASTER)
    return installation(tenants_dir, live.url, testnet.url, NOF1_EGRESS_IP="192.0.2.7")


@pytest.fixture
def ann(p: Wiring) -> User:
    return a_user(p)
