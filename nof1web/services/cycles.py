"""Notes how long a cycle took and what came of it, for whoever looks at the credential's page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from nof1web.errors import LeaseLost, Nof1Error, Text
from nof1web.services.ports import AccountPorts, Tallies
from nof1web.services.stores import Cycle
from nof1web.services.tallying import note_cycle

Answer = dict[str, Any]


def noted(
    ports: AccountPorts, run: Callable[[], dict[str, object]], tallies: Tallies | None = None
) -> dict[str, object]:
    """Run a cycle and keep when it began and ended; one that was put off, or only planned, leaves no note.

    What the cycle raises is noted and raised again; LeaseLost means that somebody else keeps the notes now. `tallies`
    count it too.
    """
    began_at, before = ports.clock(), _last(ports)
    try:
        answer = run()
    except LeaseLost:
        raise
    except Nof1Error as error:
        _keep(ports, began_at, {}, error.text)
        _count(tallies, ports.clock() - began_at)
        raise
    if _last(ports) != before:
        _keep(ports, began_at, answer, None)
        _count(tallies, ports.clock() - began_at)
    return answer


def _count(tallies: Tallies | None, took: timedelta) -> None:
    if tallies is not None:
        note_cycle(tallies, took)


def _last(ports: AccountPorts) -> datetime | None:
    found = ports.store.credentials.get(ports.credential_id)
    return found.last_cycle_at if found else None


def _keep(ports: AccountPorts, began_at: datetime, answer: Answer, error: Text | None) -> None:
    found = ports.store.credentials.get(ports.credential_id)
    if found is None:
        return
    verdicts = answer.get("verdicts", ())
    cycle = Cycle(
        credential_id=found.id,
        id=str(answer.get("cycle_id") or uuid4().hex[:12]),
        began_at=began_at,
        ended_at=ports.clock(),
        orders=len(answer.get("orders", ())),
        refusals=sum(1 for each in verdicts if each["verdict"] == "refused"),
        error=error or found.last_error,
    )
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        ports.store.reports.add_cycle(cycle)
