"""What a use case is given: the ports of a process, and those of one leased account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from nof1web.core.trading import Environment
from nof1web.services.exchange_port import Exchange, MarketData, Simulator
from nof1web.services.outside import Bus, Clock, Lease, Passwords, Queue, Sealer, TenantStores, Vault
from nof1web.services.stores import Installation, MarketStore, Registry, TenantStore


@dataclass(frozen=True, slots=True)
class AccountPorts:
    """Everything one cycle, sync or flatten of one credential may touch; built by wiring for a leased job."""

    user_id: str
    credential_id: str
    installation_code: str
    store: TenantStore
    market: MarketStore
    exchange: Exchange
    bus: Bus
    queue: Queue
    clock: Clock
    lease: Lease
    host: str
    simulator: Simulator


class Gathering(Protocol):
    """What a decision's snapshot is gathered from: a leased account's ports, or a preview's, which can't send."""

    @property
    def store(self) -> TenantStore: ...

    @property
    def market(self) -> MarketStore: ...

    @property
    def exchange(self) -> MarketData: ...

    @property
    def bus(self) -> Bus: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def host(self) -> str: ...


class Ports(Protocol):
    """What use cases outside a leased job may touch; wiring.ports() is one.

    `vault` raises ConfigError in the web process, which never has a master key; `installation` raises
    Unavailable until a process that has one made it. `sources` are the names that can be followed.
    """

    @property
    def registry(self) -> Registry: ...

    @property
    def tenants(self) -> TenantStores: ...

    @property
    def market(self) -> MarketStore: ...

    @property
    def bus(self) -> Bus: ...

    @property
    def queue(self) -> Queue: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def passwords(self) -> Passwords: ...

    @property
    def seal(self) -> Sealer: ...

    @property
    def vault(self) -> Vault: ...

    @property
    def installation(self) -> Installation: ...

    @property
    def demo(self) -> bool: ...

    @property
    def egress_address(self) -> str:
        """The address exchanges see requests come from, as far as the operator told; to put on a key's list."""
        ...

    @property
    def sources(self) -> tuple[str, ...]: ...

    def exchange(
        self, environment: Environment, api_key: str, secret: str, *, proxy: str | None = None
    ) -> Exchange:
        """Return the signed client of one account, reached through `proxy`; for paper an account nobody keeps."""
        ...

    def paper(self, user_id: str, credential_id: str) -> Exchange:
        """Return a credential's paper account, kept in its tenant's database."""
        ...

    def market_data(self, environment: Environment) -> MarketData:
        """Return the public client of an environment's host."""
        ...

    def host(self, environment: Environment) -> str:
        """Return the name under which an environment's marks are published."""
        ...
