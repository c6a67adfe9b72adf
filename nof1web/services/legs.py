"""Stops and targets that rest on the exchange, against what is known of them: counted again, adopted or left alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from nof1web.core.records import Protection, ProtectionStatus
from nof1web.core.trading import AlgoReport, Position
from nof1web.errors import N_, Text
from nof1web.services.adopting import adopt_leg, places
from nof1web.services.placing import put
from nof1web.services.ports import AccountPorts
from nof1web.services.recognising import Whose, stop_entries, whose
from nof1web.services.reconciling import tell_once

_GIVEN_UP = (ProtectionStatus.CANCELLED, ProtectionStatus.FAILED)


def look_at_legs(
    ports: AccountPorts, symbol: str, listed: Iterable[AlgoReport], positions: Iterable[Position]
) -> int:
    """Recognise what rests in a symbol; return how many legs count as ours from now on.

    Ours that were taken for gone are counted again, lost ones adopted; entries stop for another installation's, others
    are left alone.
    """
    rows = ports.store.journal.protections(ports.credential_id, open_only=False)
    known = {each.client_algo_id: each for each in rows}
    found = 0
    for report in (each for each in listed if each.status.resting):
        row = known.get(report.client_algo_id)
        if row is not None:
            found += _counted_again(ports, row)
            continue
        match whose(report.client_algo_id, ports.installation_code):
            case Whose.OURS:
                place = places(ports, symbol).get(report.client_algo_id)
                mark = next((each.mark for each in positions if each.symbol == symbol), None)
                kept = adopt_leg(ports, place, report, mark) if place and mark else None
                found += kept is not None
                if kept is None:
                    stop_entries(ports, symbol, Whose.OURS)
            case Whose.OTHER:
                stop_entries(ports, symbol, Whose.OTHER)
            case _:
                word = N_("A stop or target in %(symbol)s that this app did not place rests there; it is left alone.")
                tell_once(ports, "foreign_protection", symbol, Text(word, {"symbol": symbol}))
    return found


def _counted_again(ports: AccountPorts, row: Protection) -> bool:
    """Keep that a leg given up rests after all, so that it is cancelled where another took its place."""
    if row.status not in _GIVEN_UP:
        return False
    # The listing may be older than its cancelling, or lag behind it.
    report = ports.exchange.protection(row.client_algo_id)
    if report is None or not report.status.resting:
        return False
    put(ports, replace(row, status=ProtectionStatus.RESTING, verified=True))
    return True
