"""What programs read of sums: a person's money by environment, credential and tracker."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from nof1web.services import figures
from nof1web.services.curves import Curve
from nof1web.services.grouping import CredentialGroup, EnvironmentGroup, Sums, TrackerGroup

Document = dict[str, Any]


def environment(group: EnvironmentGroup) -> Document:
    """Return what all credentials of an environment come to, in USDT; `share` is today's change in %."""
    return {
        "environment": group.environment,
        "equity": figures.money(group.equity),
        "today": _money(group.today),
        "share": _money(group.share),
        "sums": sums(group.sums),
        "credentials": [_credential(each) for each in group.credentials],
    }


def curve(found: Curve | None, range: str, of: str) -> Document:
    """Return equity over time, in USDT; empty while there is no credential."""
    line = found.line if found else ()
    return {
        "range": range,
        "of": found.of if found else of,
        "points": [{"at": at, "equity": figures.money(amount)} for at, amount in line],
        "change": _money(found.change) if found else None,
        "share": _money(found.share) if found else None,
        "high": _money(found.high) if found else None,
        "low": _money(found.low) if found else None,
    }


def sums(found: Sums) -> Document:
    """Return amounts in USDT; realised before fees."""
    return {
        "margin": figures.money(found.margin),
        "unrealised": figures.money(found.unrealised),
        "realised_today": figures.money(found.realised_today),
        "realised": figures.money(found.realised),
        "fees": figures.money(found.fees),
        "positions": found.positions,
    }


def _credential(group: CredentialGroup) -> Document:
    return {
        "credential_id": group.row.credential_id,
        "name": group.row.name,
        "sums": sums(group.sums),
        "trackers": [_tracker(each) for each in group.trackers],
        "rest": _sums(group.rest),
    }


def _tracker(group: TrackerGroup) -> Document:
    return {"tracker_id": group.row.tracker_id, "name": group.row.name, "sums": _sums(group.sums)}


def _sums(found: Sums | None) -> Document | None:
    return None if found is None else sums(found)


def _money(value: Decimal | None) -> str | None:
    return None if value is None else figures.money(value)
