"""Fixtures: a live and a test exchange, an installation on both, and Ann."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nof1web.services.stores import User
from nof1web.wiring import Wiring
from tests.exchange_process import ExchangeProcess, running_exchange
from tests.services.installations import MASTER, a_user, installation


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExchangeProcess]:
    with running_exchange(tmp_path_factory.mktemp("live")) as running:
        running.prices(BTCUSDT="60000")
        yield running


@pytest.fixture(scope="module")
def testnet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExchangeProcess]:
    with running_exchange(tmp_path_factory.mktemp("testnet")) as running:
        yield running


@pytest.fixture
def p(tenants_dir: Path, live: ExchangeProcess, testnet: ExchangeProcess, monkeypatch: pytest.MonkeyPatch) -> Wiring:
    monkeypatch.setenv("NOF1_MASTER_KEY", MASTER)
    return installation(tenants_dir, live.url, testnet.url, NOF1_EGRESS_IP="192.0.2.7")


@pytest.fixture
def ann(p: Wiring) -> User:
    return a_user(p)
