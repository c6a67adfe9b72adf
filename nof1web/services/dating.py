"""Moments of two clocks: this machine's, by which things are noted here, and the exchange's, by which it is asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from nof1web.core.records import Intent
from nof1web.services.ports import AccountPorts

_OVERLAP = timedelta(seconds=5)
_LONG = timedelta(days=7)


def exchange_now(ports: AccountPorts) -> datetime:
    """Return the exchange's present time; Transient while it was never measured."""
    return datetime.fromtimestamp(ports.exchange.server_ms() / 1000, UTC)


def signed_at(intent: Intent) -> datetime:
    """Return the exchange's time at which an order was signed."""
    return datetime.fromtimestamp(intent.timestamp_ms / 1000, UTC)


def there(ports: AccountPorts, at: datetime) -> datetime:
    """Return which time it was on the exchange at a moment noted here.

    A clock here that is ahead would ask from the exchange's future on. One that was put right has left moments later
    than now: a week ago is taken for those.
    """
    now = exchange_now(ports)
    began_at = at - max(ports.clock() - now, timedelta(0))
    return began_at if began_at <= now else now - _LONG


def since(ports: AccountPorts, at: datetime) -> datetime:
    """Return from when on the exchange is asked about what followed a moment noted here, a few seconds before it."""
    return there(ports, at) - _OVERLAP


def put_back(ports: AccountPorts, here: datetime, at_exchange: datetime) -> timedelta:
    """Return by how much the clock here was put back since a moment, given by both clocks.

    None for one put forward, which makes nothing look later, nor for what `since` makes up for.
    """
    was, ahead = here - at_exchange, ports.clock() - exchange_now(ports)
    return was - ahead if was - ahead > _OVERLAP else timedelta(0)


def noted_at(ports: AccountPorts, at: datetime) -> datetime:
    """Return which time it was here at a moment of the exchange, now at the latest."""
    now = ports.clock()
    return min(at + (now - exchange_now(ports)), now)
