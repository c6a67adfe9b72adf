"""What services need of the outside world. Adapters implement these; tests may fake them."""

from __future__ import annotations

from nof1web.services.context import AccountPorts, Gathering, Ports
from nof1web.services.exchange_port import Exchange, MarketData
from nof1web.services.outside import (
    Bus,
    Clock,
    Feed,
    Lease,
    Passwords,
    Queue,
    Rates,
    Sealer,
    Tallies,
    TenantStores,
    Vault,
)
from nof1web.services.stores import MarketStore, Recorded, Registry, TenantStore

__all__ = [
    "AccountPorts",
    "Bus",
    "Clock",
    "Exchange",
    "Feed",
    "Gathering",
    "Lease",
    "MarketData",
    "MarketStore",
    "Passwords",
    "Ports",
    "Queue",
    "Rates",
    "Recorded",
    "Registry",
    "Sealer",
    "Tallies",
    "TenantStore",
    "TenantStores",
    "Vault",
]
