"""`flask nof1 status|agents`: how the installation is doing and what there is to follow."""

from __future__ import annotations

from collections.abc import Iterator

import click

from nof1web import wiring
from nof1web.cli.options import ANY_USER, the_user
from nof1web.cli.output import Answer, command
from nof1web.cli.tables import Figure, Table
from nof1web.services import figures, reporting
from nof1web.services import status as installation
from nof1web.services.rows import AgentPosition, AgentView
from nof1web.services.source_views import SourceHealth
from nof1web.services.status import Status


def _source(state: SourceHealth) -> dict[str, object]:
    return {
        "source": state.source,
        "health": state.health,
        "agents": state.agents,
        "age_s": state.age_s,
        "changed_at": state.changed_at,
        "next_at": state.next_at,
        "tried_at": state.tried_at,
        "good_at": state.good_at,
        "error": state.error,
        "failures": state.failures,
    }


def _processes(found: Status) -> Iterator[str]:
    yield f"Mode {found.mode}; Redis {'answers' if found.redis else 'does not answer'}."
    workers = sum(1 for worker in found.workers if worker["alive"])
    yield f"Workers: {workers}." if workers else "No worker is running. Start one with: flask nof1 worker"
    ticking = found.scheduler is not None and found.scheduler["alive"]
    yield "The scheduler runs." if ticking else "No scheduler is running. Start one with: flask nof1 scheduler"


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
        "sources": [_source(state) for state in found.sources],
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
    tables = (
        Table(("Source", "Health", "Age (s)", "Last good read", "Failures", "Error"), sources, "No source."),
        Table(columns, rows, "No credential yet."),
    )
    return Answer(document, (*_processes(found), *tables))


def _held(position: AgentPosition) -> dict[str, object]:
    return {
        "symbol": position.symbol,
        "quantity": figures.quantity(position.quantity),
        "entry": figures.price(position.entry),
        "mark": None if position.mark is None else figures.price(position.mark),
        "leverage": position.leverage,
        "stop": None if position.stop is None else figures.price(position.stop),
        "target": None if position.target is None else figures.price(position.target),
        "since": position.first_seen_at,
        "missing": position.missing,
    }


def _agent(view: AgentView) -> dict[str, object]:
    return {
        "source": view.source,
        "agent": view.agent,
        "equity": figures.money(view.equity),
        "recorded_at": view.recorded_at,
        "age_s": view.age_s,
        "health": view.health,
        "positions": [_held(position) for position in view.positions],
        "unmapped": view.unmapped,
    }


@command("agents", example="agents --json")
@click.option("--source", help="Only this source's.")
def agents(source: str | None) -> Answer:
    """List the agents of all sources with what they hold."""
    found = [view for view in reporting.agents(wiring.ports()) if source in (None, view.source)]
    rows = [
        (
            view.source,
            view.agent,
            Figure(figures.money(view.equity)),
            view.age_s,
            view.health,
            ", ".join(f"{item.symbol} {figures.quantity(item.quantity)}" for item in view.positions) or "flat",
        )
        for view in found
    ]
    columns = ("Source", "Agent", "Equity", "Age (s)", "Signal", "Holds")
    empty = "No agent is known yet. Start the source reader with: flask nof1 scheduler"
    return Answer([_agent(view) for view in found], (Table(columns, rows, empty),))
