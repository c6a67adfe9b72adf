"""Real SQLite files in a temporary folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nof1web.adapters.store.market import SqliteMarket
from nof1web.adapters.store.registry import SqliteRegistry
from nof1web.adapters.store.tenant import SqliteTenant
from nof1web.adapters.store.tenants import Tenants
from tests.adapters.store.examples import ALICE, BOB, a_credential, a_tracker, a_user


@pytest.fixture
def tenant(tmp_path: Path) -> Iterator[SqliteTenant]:
    """A tenant's store with one credential and one tracker."""
    store = SqliteTenant(ALICE, tmp_path / "tenant.db")
    store.credentials.add(a_credential())
    store.trackers.add(a_tracker())
    yield store
    store.close()


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[SqliteRegistry]:
    """A registry that issued the ids of Alice and Bob."""
    store = SqliteRegistry(tmp_path / "registry.db")
    store.add_user(a_user())
    store.add_user(a_user(id=BOB, email="bob@example.com"))
    yield store
    store.close()


@pytest.fixture
def market(tmp_path: Path) -> Iterator[SqliteMarket]:
    """An empty market file."""
    store = SqliteMarket(tmp_path / "market.db")
    yield store
    store.close()


@pytest.fixture
def tenants(tmp_path: Path, registry: SqliteRegistry) -> Iterator[Tenants]:
    """The tenants folder."""
    stores = Tenants(tmp_path / "tenants", registry)
    yield stores
    stores.close()
