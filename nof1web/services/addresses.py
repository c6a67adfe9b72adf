"""Following an address on Hyperliquid: checked while the person is there, read for everybody from then on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from nof1web.core import leaders
from nof1web.core.leaders import Account
from nof1web.errors import N_, InvalidInput, Refused, Text
from nof1web.services import feeding
from nof1web.services.ports import Ports
from nof1web.services.source_alerts import Followers
from nof1web.services.stores import MarketStore

KEPT = timedelta(days=7)
"""how long an address is read at least, whether or not anybody follows it"""
LONGEST_LABEL = 40
_LABEL = N_("Give it a name of at most %(most)s characters.")
_EMPTY = N_("This address holds nothing now: if it is the right one, add it on the agents page and tick the box.")
_UNUSED = N_("Nobody has used this address yet: if it is the right one, add it on the agents page and tick the box.")


class Looking(Ports, Protocol):
    """Ports that can look an address up."""

    def leader(self, address: str) -> Account:
        """Return what an address is now; FeedError or Transient when that can't be told."""
        ...

    def keccak256(self, message: bytes) -> bytes:
        """Return the hash that an address's capital letters are made from."""
        ...


def add(p: Looking, typed: str, *, confirmed: bool = False) -> str:
    """Have an address (or a known agent's wallet, by its name) read from now on; return it in small letters.

    InvalidInput for a mistyped one, one that only signs for another, and for an empty one unless `confirmed`.
    Refused when too many are read already. FeedError or Transient when it can't be looked up now.
    """
    address = leaders.address_of(typed, p.keccak256)
    read = p.market.leaders.all(leaders.SOURCE)
    if address in read:
        return address
    if len(read) >= leaders.MOST_LEADERS:
        raise Refused(N_("%(count)s addresses are read already: no more can be kept fresh."), count=len(read))
    account = p.leader(address)
    if account.master:
        raise _wrong(Text(N_("This address only signs for %(master)s: follow that one."), {"master": account.master}))
    if account.empty and not confirmed:
        raise _wrong(Text(_EMPTY if account.used else _UNUSED))
    p.market.leaders.add(leaders.SOURCE, address, p.clock())
    return address


def label_of(typed: str) -> str:
    """Return a person's own name for an address as it is kept; InvalidInput when it is too long or can't be shown."""
    text = " ".join(typed.split())
    if len(text) > LONGEST_LABEL or not text.isprintable():
        raise InvalidInput(_LABEL, fields={"label": Text(_LABEL, {"most": LONGEST_LABEL})}, most=LONGEST_LABEL)
    return text


def name(p: Ports, user_id: str, address: str, label: str) -> None:
    """Note what a user calls an address, on their own pages only; an empty label takes the name away."""
    with p.tenants(user_id) as store, store.transaction():
        store.labels.put(leaders.SOURCE, address, label)


def prune(market: MarketStore, now: datetime, followers: Followers) -> tuple[str, ...]:
    """Read no more what was added more than KEPT ago and no polling tracker follows; return those addresses.

    Each takes time from those that are followed (nof1.md §6). Who starts to follow one has it read again.
    """
    idle = [each for each in market.leaders.before(leaders.SOURCE, now - KEPT) if not followers(leaders.SOURCE, [each])]
    with market.transaction():
        for address in idle:
            market.leaders.remove(leaders.SOURCE, address)
        state = market.source_state(leaders.SOURCE)
        if idle and state is not None:
            # No payload tells it: a replay has to learn of it here.
            market.recordings.checkpoint(now, feeding.seen(market, state))
    return tuple(idle)


def _wrong(text: Text) -> InvalidInput:
    return InvalidInput(text.template, fields={"address": text}, **text.numbers)
