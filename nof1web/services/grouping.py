"""A tenant's money by environment, credential and tracker, with sums that add up at every level."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from nof1web.core.trading import Environment
from nof1web.services.rows import CredentialRow, PositionRow, TrackerRow
from nof1web.services.stores import Earned, TenantStore

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Sums:
    """Amounts in USDT: margin used, unrealised PnL at live marks, realised PnL before fees since midnight UTC and ever.

    `fees` are those ever paid, `positions` how many are open.
    """

    margin: Decimal = ZERO
    unrealised: Decimal = ZERO
    realised_today: Decimal = ZERO
    realised: Decimal = ZERO
    fees: Decimal = ZERO
    positions: int = 0

    def __add__(self, other: Sums) -> Sums:
        return Sums(
            self.margin + other.margin,
            self.unrealised + other.unrealised,
            self.realised_today + other.realised_today,
            self.realised + other.realised,
            self.fees + other.fees,
            self.positions + other.positions,
        )

    def __sub__(self, other: Sums) -> Sums:
        return Sums(
            self.margin - other.margin,
            self.unrealised - other.unrealised,
            self.realised_today - other.realised_today,
            self.realised - other.realised,
            self.fees - other.fees,
            self.positions - other.positions,
        )


@dataclass(frozen=True, slots=True)
class TrackerGroup:
    """A tracker with its share; None while it only simulates."""

    row: TrackerRow
    sums: Sums | None


@dataclass(frozen=True, slots=True)
class CredentialGroup:
    """A credential with its trackers; `rest` is what no tracker's order explains, so that all adds up."""

    row: CredentialRow
    sums: Sums
    trackers: tuple[TrackerGroup, ...]
    rest: Sums | None


@dataclass(frozen=True, slots=True)
class EnvironmentGroup:
    """All credentials of one environment; `equity` and its change since midnight UTC in USDT, `share` in %."""

    environment: Environment
    equity: Decimal
    today: Decimal | None
    share: Decimal | None
    sums: Sums
    credentials: tuple[CredentialGroup, ...]


@dataclass(frozen=True, slots=True)
class Earnings:
    """What trades earned: by credential ever and since midnight, by tracker ever and since midnight."""

    ever: Mapping[str, Earned]
    today: Mapping[str, Earned]
    trackers: Mapping[str, Earned]
    trackers_today: Mapping[str, Earned]


def earnings(store: TenantStore, now: datetime) -> Earnings:
    """Return what a tenant's trades earned."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    reports = store.reports
    return Earnings(
        reports.earned(), reports.earned(midnight), reports.earned_by_tracker(), reports.earned_by_tracker(midnight)
    )


def grouped(
    rows: Iterable[CredentialRow], positions: Iterable[PositionRow], earned: Earnings
) -> tuple[EnvironmentGroup, ...]:
    """Return the groups, the environment with real money first."""
    by_credential: dict[str, list[PositionRow]] = {}
    for position in positions:
        by_credential.setdefault(position.credential_id, []).append(position)
    groups = [_credential(row, by_credential.get(row.credential_id, []), earned) for row in rows]
    order = (Environment.LIVE, Environment.TESTNET, Environment.PAPER)
    found = (_environment(each, [group for group in groups if group.row.environment is each]) for each in order)
    return tuple(group for group in found if group.credentials)


def _environment(environment: Environment, groups: list[CredentialGroup]) -> EnvironmentGroup:
    equity = sum((each.row.equity for each in groups if each.row.equity is not None), ZERO)
    changes = [each.row.today for each in groups if each.row.today is not None]
    today = sum(changes, ZERO) if changes else None
    before = equity - (today or ZERO)
    share = today / before * 100 if today is not None and before else None
    return EnvironmentGroup(
        environment, equity, today, share, sum((each.sums for each in groups), Sums()), tuple(groups)
    )


def _credential(row: CredentialRow, positions: list[PositionRow], earned: Earnings) -> CredentialGroup:
    real = [each for each in positions if not each.shadow]
    ever, today = earned.ever.get(row.credential_id, Earned()), earned.today.get(row.credential_id, Earned())
    sums = Sums(row.margin or ZERO, row.unrealised or ZERO, today.realised, ever.realised, ever.fees, len(real))
    trackers = tuple(_tracker(each, real, earned) for each in row.trackers)
    explained = sum((each.sums for each in trackers if each.sums), Sums())
    rest = sums - explained
    return CredentialGroup(row, sums, trackers, rest if rest != Sums() else None)


def _tracker(row: TrackerRow, positions: list[PositionRow], earned: Earnings) -> TrackerGroup:
    mine = [each for each in positions if each.tracker_id == row.tracker_id and each.quantity]
    ever = earned.trackers.get(row.tracker_id, Earned())
    today = earned.trackers_today.get(row.tracker_id, Earned())
    if not mine and ever == Earned() and row.mode.value == "shadow":
        return TrackerGroup(row, None)
    return TrackerGroup(
        row,
        Sums(
            margin=sum((each.margin * each.holding / each.quantity for each in mine), ZERO),
            unrealised=sum((each.unrealised * each.holding / each.quantity for each in mine), ZERO),
            realised_today=today.realised,
            realised=ever.realised,
            fees=ever.fees,
            positions=len(mine),
        ),
    )
