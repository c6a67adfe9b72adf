"""Exchange processes for all tests of services, accounts and installations of each test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest

from nof1web.services.stores import User
from tests.exchange_process import ExchangeProcess, running_exchange
from tests.services.home import Home
from tests.services.stage import Stage
from tests.tools.migrated import new_databases_at_once
from tests.web import seed


@pytest.fixture(scope="module", autouse=True)
def databases() -> Iterator[None]:
    """No test here is about the migrations of a new database."""
    with new_databases_at_once():
        yield


@pytest.fixture(scope="session")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExchangeProcess]:
    with running_exchange(tmp_path_factory.mktemp("exchange")) as running:
        # All tests together come from one address, and faster than the accounts they stand for.
        running.post("/sim/market", weight_limit=1_000_000)
        yield running


@pytest.fixture(scope="session")
def other_exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExchangeProcess]:
    """One that knows none of the other's keys."""
    with running_exchange(tmp_path_factory.mktemp("other_exchange")) as running:
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


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, User]:
    """An installation's files, to be copied."""
    folder = tmp_path_factory.mktemp("defaults") / "tenants"
    folder.mkdir(mode=0o700)
    p = seed.wiring(folder)
    seed.market(p)
    ann = seed.person(p)
    for file in (p.tenants, p.registry, p.market):
        file.close()
    return folder, ann


@pytest.fixture
def home(furnished: tuple[Path, User], tmp_path: Path) -> Iterator[Home]:
    folder, ann = furnished
    made = Home(copytree(folder, tmp_path / "tenants"), ann)
    yield made
    made.p.tenants.close()
