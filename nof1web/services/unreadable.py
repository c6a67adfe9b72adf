"""Symbols the exchange gives no answer for: nothing is concluded about them, and every other one goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from nof1web.core.records import Severity
from nof1web.errors import N_, CredentialRefused, ExchangeError, Rejected, Text
from nof1web.services.ports import AccountPorts
from nof1web.services.telling import tell

KIND = "symbol_unreadable"
_LASTING = timedelta(minutes=3)
"""how long a passing failure may last until it is told"""
_REPEAT = timedelta(days=1)


@dataclass(slots=True)
class Unreadable:
    """What one sync could not read, by symbol the first error."""

    errors: dict[str, ExchangeError] = field(default_factory=dict)

    @contextmanager
    def reading(self, symbol: str) -> Iterator[None]:
        """Note an error of this symbol's reads instead of raising it; a refused key is none of one symbol."""
        try:
            yield
        except CredentialRefused:
            raise
        except ExchangeError as error:
            self.errors.setdefault(symbol, error)

    @property
    def refused(self) -> frozenset[str]:
        """The symbols for which asking again doesn't help."""
        return frozenset(symbol for symbol, error in self.errors.items() if isinstance(error, Rejected))


def tell_unreadable(ports: AccountPorts, unreadable: Unreadable, since: datetime) -> None:
    """Stop entries in symbols whose reads are refused; tell those, and what has failed `since` a while, once a day."""
    for symbol, error in sorted(unreadable.errors.items()):
        numbers = {"symbol": symbol, "reason": str(error.text)}
        if symbol in unreadable.refused:
            stop_refused(ports, symbol, error)
        elif ports.clock() - since > _LASTING and not _told(ports, symbol):
            word = N_("%(symbol)s can't be read on the exchange: %(reason)s It is left as it is until it can.")
            tell(ports, KIND, Text(word, numbers), severity=Severity.WARNING, symbol=symbol)


def stop_refused(ports: AccountPorts, symbol: str, error: ExchangeError) -> None:
    """Stop entries in a symbol the exchange refuses to show, and tell it.

    What was lost in it could not be found: an entry might be a second one until a person has looked.
    """
    numbers = {"symbol": symbol, "reason": str(error.text)}
    word = N_(
        "The exchange refuses to show %(symbol)s: %(reason)s Entries in %(symbol)s are stopped: check it on the "
        "exchange, then resume."
    )
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        fresh = ports.store.halts.stop_symbol(ports.credential_id, symbol, Text(word, numbers), ports.clock())
    if fresh:
        tell(ports, KIND, Text(word, numbers), severity=Severity.ALARM, symbol=symbol)


def _told(ports: AccountPorts, symbol: str) -> bool:
    newest = ports.store.chronicle.events(limit=200, credential_id=ports.credential_id)
    since = ports.clock() - _REPEAT
    return any((each.kind, each.symbol) == (KIND, symbol) and each.at > since for each in newest)
