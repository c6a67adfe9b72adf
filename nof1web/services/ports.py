"""What services need of the outside world. Adapters implement these; tests may fake them."""

from __future__ import annotations

from nof1web.services.context import AccountPorts, Ports
from nof1web.services.exchange_port import Exchange, MarketData
from nof1web.services.outside import Bus, Clock, Feed, Lease, Passwords, Queue, Sealer, TenantStores, Vault
from nof1web.services.stores import MarketStore, Registry, TenantStore

__all__ = [
    "AccountPorts",
    "Bus",
    "Clock",
    "Exchange",
    "Feed",
    "Lease",
    "MarketData",
    "MarketStore",
    "Passwords",
    "Ports",
    "Queue",
    "Registry",
    "Sealer",
    "TenantStore",
    "TenantStores",
    "Vault",
]
