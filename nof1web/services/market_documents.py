"""What programs read of sources, agents and the installation: the same in the command line and the API."""

from __future__ import annotations

from nof1web.core.signals import Signal, SignalPosition
from nof1web.services import figures
from nof1web.services.documents import Document
from nof1web.services.rows import AgentPosition, AgentView
from nof1web.services.source_views import SourceHealth


def source(found: SourceHealth) -> Document:
    """Return how a source is doing."""
    return {
        "source": found.source,
        "health": found.health,
        "agents": found.agents,
        "age_s": found.age_s,
        "changed_at": found.changed_at,
        "next_at": found.next_at,
        "tried_at": found.tried_at,
        "good_at": found.good_at,
        "error": found.error,
        "failures": found.failures,
    }


def agent(view: AgentView) -> Document:
    """Return an agent with its book."""
    return {
        "source": view.source,
        "agent": view.agent,
        "equity": figures.money(view.equity),
        "recorded_at": view.recorded_at,
        "age_s": view.age_s,
        "health": view.health,
        "positions": [_held(position) for position in view.positions],
        "unmapped": list(view.unmapped),
    }


def signal(found: Signal) -> Document:
    """Return what a source's newest record of an agent says, as decisions see it."""
    return {
        "source": found.source,
        "agent": found.agent,
        "equity": figures.money(found.equity),
        "recorded_at": found.recorded_at,
        "read_at": found.read_at,
        "health": found.health,
        "records": found.records,
        "positions": [_seen(position) for position in found.positions],
        "unmapped": list(found.unmapped),
    }


def _held(position: AgentPosition) -> Document:
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


def _seen(position: SignalPosition) -> Document:
    return {
        "symbol": position.symbol,
        "epoch": position.epoch,
        "quantity": figures.quantity(position.quantity),
        "entry": figures.price(position.entry_price),
        "leverage": position.leverage,
        "stop": None if position.stop is None else figures.price(position.stop),
        "target": None if position.target is None else figures.price(position.target),
        "first_seen_at": position.first_seen_at,
        "changed_at": position.changed_at,
        "missing_since": position.missing.since if position.missing else None,
    }
