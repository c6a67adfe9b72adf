"""One exchange process for all tests of services."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.exchange_process import ExchangeProcess, running_exchange
from tests.services.stage import Stage


@pytest.fixture(scope="session")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExchangeProcess]:
    with running_exchange(tmp_path_factory.mktemp("exchange")) as running:
        yield running


@pytest.fixture
def stage(exchange: ExchangeProcess, tmp_path: Path) -> Iterator[Stage]:
    made = Stage(exchange, tmp_path)
    yield made
    made.stack.close()


@pytest.fixture
def hedge_stage(exchange: ExchangeProcess, tmp_path: Path) -> Iterator[Stage]:
    made = Stage(exchange, tmp_path, hedge=True)
    yield made
    made.stack.close()
