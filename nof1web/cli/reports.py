"""`flask nof1 status|agents`: how the installation is doing and what there is to follow."""

from __future__ import annotations

from collections.abc import Iterator

import click

from nof1web import wiring
from nof1web.cli.completing import names
from nof1web.cli.options import ANY_USER, the_user
from nof1web.cli.output import Answer, command
from nof1web.cli.tables import Cell, Figure, Table
from nof1web.services import figures, market_documents, reporting
from nof1web.services import status as installation
from nof1web.services.rows import AgentView
from nof1web.services.status import Status

LANES = ("exit", "protection", "entry", "sync", "read")


def _processes(found: Status) -> Iterator[str]:
    yield f"Mode {found.mode}; Redis {'answers' if found.redis else 'does not answer'}."
    workers = sum(1 for worker in found.workers if worker["alive"])
    yield f"Workers: {workers}." if workers else "No worker is running. Start one with: flask nof1 worker"
    for silent in (each for each in found.workers if not each["alive"]):
        yield f"Worker {silent['name']} has been silent since {silent['at']:%H:%M:%S} UTC; its parent restarts it."
    ticking = found.scheduler is not None and found.scheduler["alive"]
    yield "The scheduler runs." if ticking else "No scheduler is running. Start one with: flask nof1 scheduler"


def _weights(found: Status) -> list[tuple[Cell, ...]]:
    """Per host and egress: what the host counted of this minute, its limit, and what was spent here by lane."""
    return [
        (
            each["host"],
            each["egress"],
            each["used"],
            each["limit_per_minute"],
            *(each["by_lane"].get(lane, 0) for lane in LANES),
            each["stopped_until"],
        )
        for each in found.egress
    ]


@command("status", example="status --json")
@ANY_USER
def status(user: str | None) -> Answer:
    """Show processes, sources, request budgets and the state of every credential."""
    p = wiring.ports()
    found = installation.read(p, the_user(p, user).id if user else None)
    document = {
        "mode": found.mode,
        "redis": found.redis,
        "workers": found.workers,
        "scheduler": found.scheduler,
        "sources": [market_documents.source(state) for state in found.sources],
        "egress": found.egress,
        "credentials": found.credentials,
    }
    sources = [
        (item.source, item.health or "not read", item.age_s, item.good_at, item.failures, item.error)
        for item in found.sources
    ]
    rows = [
        (item.user, item.name, item.environment, item.state, item.last_cycle_at, item.last_error)
        for item in found.credentials
    ]
    columns = ("User", "Credential", "Environment", "State", "Last cycle", "Last error")
    budgets = ("Host", "Egress", "Used", "Limit", *map(str.capitalize, LANES), "Quiet until")
    tables = (
        Table(("Source", "Health", "Age (s)", "Last good read", "Failures", "Error"), sources, "No source."),
        Table(budgets, _weights(found), "No host was asked anything yet."),
        Table(columns, rows, "No credential yet."),
    )
    return Answer(document, (*_processes(found), *tables))


@command("agents", example="agents --json")
@click.option("--source", help="Only this source's.", shell_complete=names)
def agents(source: str | None) -> Answer:
    """List the agents of all sources with what they hold."""
    p = wiring.ports()
    found = [view for view in reporting.agents(p) if source in (None, view.source)]
    rows = [
        (
            view.source,
            view.agent,
            Figure(figures.money(view.equity)),
            view.age_s,
            view.health,
            _holds(view),
        )
        for view in found
    ]
    columns = ("Source", "Agent", "Equity (USD)", "Age (s)", "Signal", "Holds")
    empty = "No agent is known yet. Start the source reader with: flask nof1 scheduler"
    if source not in (None, *p.sources):
        empty = f"There is no source called {source}. Choose one of: {', '.join(p.sources)}."
    return Answer([market_documents.agent(view) for view in found], (Table(columns, rows, empty),))


def _holds(view: AgentView) -> str:
    held = ", ".join(f"{item.symbol} {figures.quantity(item.quantity)}" for item in view.positions)
    unmapped = ", ".join(view.unmapped)
    return "; ".join(filter(None, (held, unmapped and f"not copied, no counterpart here: {unmapped}"))) or "flat"
