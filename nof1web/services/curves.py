"""Equity over time, of one account or of all of an environment together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from nof1web.core.records import Credential
from nof1web.core.trading import Environment
from nof1web.errors import N_, NotFound
from nof1web.services.ports import Ports
from nof1web.services.rows import Line
from nof1web.services.stores import TenantStore

RANGES = {"1d": timedelta(days=1), "7d": timedelta(days=7), "30d": timedelta(days=30), "all": None}
"""how far back a curve may reach; `all` begins with the first reading"""

_POINTS = 96
_ROWS = 12
_LEAST = timedelta(minutes=1)
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a curve can be of: a credential by its id, or an environment's total as `total:<environment>`."""

    value: str
    name: str
    environment: Environment


@dataclass(frozen=True, slots=True)
class Curve:
    """Equity in USDT from `since` to now; `rows` are some of the line's points, for reading as a table.

    `change` is last − first, `share` that in % of the first; None where there are fewer than two points.
    """

    range: str
    of: str
    name: str
    choices: tuple[Choice, ...]
    line: Line
    rows: Line
    change: Decimal | None
    share: Decimal | None

    @property
    def high(self) -> Decimal | None:
        """The largest amount."""
        return max((amount for _at, amount in self.line), default=None)

    @property
    def low(self) -> Decimal | None:
        """The smallest amount."""
        return min((amount for _at, amount in self.line), default=None)


def times(since: datetime, until: datetime, points: int) -> tuple[datetime, ...]:
    """Return evenly spaced times from `since` to `until`, both included."""
    span = max(until - since, _LEAST)
    return tuple(until - span + span * step / points for step in range(points + 1))


def sampled(store: TenantStore, credential_id: str, at: Sequence[datetime]) -> Line:
    """Return the equity last known at each of these times; those before the first reading are left out."""
    found = zip(at, store.reports.equity_at(credential_id, at), strict=True)
    return tuple((when, amount) for when, amount in found if amount is not None)


def read(
    p: Ports, user_id: str, live: Mapping[str, Decimal | None], *, of: str = "", range: str = "1d"
) -> Curve | None:
    """Return a tenant's curve, by default the total of the environment with the most at stake.

    It ends with what is so `live`: equity by credential id, None where nothing is known yet.
    None while there is no credential; NotFound for one that isn't there, and for a range that is none.
    """
    if range not in RANGES:
        raise NotFound(N_("There is no such range."))
    with p.tenants(user_id) as store:
        credentials = store.credentials.all()
        choices = _choices(credentials)
        if not choices:
            return None
        chosen = next((each for each in choices if each.value == (of or choices[0].value)), None)
        if chosen is None:
            raise NotFound(N_("There is no such credential."))
        mine = [
            each.id for each in credentials if each.id == of or chosen.value == f"total:{each.environment}"
        ]
        line = _line(store, mine, RANGES[range], p.clock())
    if line and any(live.get(each) is not None for each in mine):
        # Its end is the amount that stands beside it: readings are up to a minute old.
        line = (*line[:-1], (line[-1][0], sum((live.get(each) or _ZERO for each in mine), _ZERO)))
    first, last = (line[0][1], line[-1][1]) if len(line) > 1 else (None, None)
    change = last - first if first is not None and last is not None else None
    return Curve(
        range=range,
        of=chosen.value,
        name=chosen.name,
        choices=choices,
        line=line,
        rows=line[:: -max(1, len(line) // _ROWS)],
        change=change,
        share=change / first * 100 if change is not None and first else None,
    )


def _line(store: TenantStore, ids: Sequence[str], span: timedelta | None, now: datetime) -> Line:
    # A young account's curve begins with its first reading, not with hours of nothing. Of several accounts each counts
    # from the beginning on: the sum shows gains and losses, not that an account was added.
    first = store.reports.equity_began(ids)
    if first is None:
        return ()
    slots = times(max(first, now - span) if span else first, now, _POINTS)
    found = zip(slots, store.reports.equity_sums(ids, slots), strict=True)
    return tuple((when, amount) for when, amount in found if when >= first)


def _choices(credentials: Sequence[Credential]) -> tuple[Choice, ...]:
    order = (Environment.LIVE, Environment.TESTNET, Environment.PAPER)
    used = [each for each in order if any(credential.environment is each for credential in credentials)]
    totals = [Choice(f"total:{each}", "", each) for each in used]
    return (*totals, *(Choice(each.id, each.name, each.environment) for each in credentials))
