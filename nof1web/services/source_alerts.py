"""One alert per person when a source or agents they follow stop being usable, and one when they are back."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from nof1web.core import health
from nof1web.core.health import Health
from nof1web.core.records import Event, Severity
from nof1web.core.signals import Signal
from nof1web.errors import N_, NotFound, Text, Unavailable
from nof1web.services.ports import Ports
from nof1web.services.stores import SourceState

Followers = Callable[[str, Iterable[str]], Collection[tuple[str, str]]]
"""(source, agents) -> the (user id, credential id) of whoever follows one of them"""

WHOLE = ""
"""the source itself, among what was told of its agents"""
STEADY = timedelta(seconds=60)
"""how long it must have been good again before that is told: what comes and goes is told once"""
_COINS, _GOOD = "told coins of ", "good since "
_MOST_COINS = 2000
"""coins of one agent that are remembered as told"""
_SOURCE_HELD = N_(
    "The source %(source)s can't be used now: nothing is opened or closed because of it until it is back. "
    "Stops and targets on the exchange stay."
)
_SOURCE_BACK = N_("The source %(source)s is back: copying goes on.")
_AGENTS_HELD = N_(
    "There is no fresh signal of %(agents)s: nothing is opened or closed because of it until there is one. "
    "Stops and targets on the exchange stay."
)
_AGENTS_BACK = N_("There are fresh signals of %(agents)s again: copying goes on.")
_UNMAPPED = N_("%(agents)s holds %(coins)s, which has no counterpart here: it is not copied, the rest is.")


def tell(p: Ports, source: str, followers: Followers) -> None:
    """Compare a source's health with what was told last, and tell its followers what turned.

    Told at least once: who dies in between tells it again. Raises what the stores raise.
    """
    state = p.market.source_state(source)
    if state is None:
        return
    signals = {signal.agent: signal for signal in p.market.signals(source)}
    now = _health(p, state, signals.values())
    told = dict(p.market.health_told.health(source))
    turns = _turns(told, now, p.clock())
    if WHOLE in turns.holding | turns.back:
        held = WHOLE in turns.holding
        text = Text(_SOURCE_HELD if held else _SOURCE_BACK, {"source": source})
        _tell_users(p, followers(source, signals), text, held=held)
    elif not now[WHOLE].holds and WHOLE not in turns.waiting:
        for names, template in ((turns.holding, _AGENTS_HELD), (turns.back, _AGENTS_BACK)):
            _tell_of_agents(p, source, followers, (names, template))
    _tell_unmapped(p, source, followers, [signal for signal in signals.values() if _new_coins(signal, told)])
    fresh = {name: str(each) for name, each in now.items() if name not in turns.waiting}
    fresh |= turns.since | {_COINS + each.agent: _coins(each, told) for each in signals.values() if each.unmapped}
    p.market.health_told.put(source, {name: each for name, each in fresh.items() if told.get(name, "") != each})


@dataclass(frozen=True, slots=True)
class _Turns:
    """Who holds now, who is back, who is good but not for long; `since` says when that began, to be kept."""

    holding: frozenset[str]
    back: frozenset[str]
    waiting: frozenset[str]
    since: dict[str, str]


def _turns(told: Mapping[str, str], now: Mapping[str, Health], at: datetime) -> _Turns:
    holding, good = health.turns(told, now)
    began = {name: told.get(_GOOD + name) or at.isoformat() for name in good}
    back = frozenset(name for name, since in began.items() if at - datetime.fromisoformat(since) >= STEADY)
    return _Turns(holding, back, good - back, {_GOOD + name: began.get(name, "") for name in now})


def _health(p: Ports, state: SourceState, signals: Collection[Signal]) -> dict[str, Health]:
    now, broken = p.clock(), health.broken(held=state.held, unusable=state.unusable)
    agents = {signal.agent: health.of_agent(signal, now, broken) for signal in signals}
    return agents | {WHOLE: health.of_source(signals, now, broken)}


def _tell_of_agents(p: Ports, source: str, followers: Followers, turned: tuple[frozenset[str], str]) -> None:
    """One alert to each person, of all the agents that they follow."""
    names, template = turned
    by_user: dict[str, set[str]] = {}
    for agent in names:
        for user_id, _ in followers(source, [agent]):
            by_user.setdefault(user_id, set()).add(agent)
    for user_id, agents in sorted(by_user.items()):
        text = Text(template, {"agents": ", ".join(sorted(agents))})
        _tell_users(p, [(user_id, "")], text, held=template is _AGENTS_HELD)


def _tell_unmapped(p: Ports, source: str, followers: Followers, signals: Iterable[Signal]) -> None:
    for signal in signals:
        text = Text(_UNMAPPED, {"agents": signal.agent, "coins": ", ".join(signal.unmapped)})
        _tell_users(p, followers(source, [signal.agent]), text, held=True)


def _new_coins(signal: Signal, told: Mapping[str, str]) -> bool:
    return not set(signal.unmapped).issubset(_told_coins(signal, told))


def _coins(signal: Signal, told: Mapping[str, str]) -> str:
    """All coins ever told of an agent, those of now first: one that comes and goes is told once."""
    return json.dumps(list(dict.fromkeys([*signal.unmapped, *_told_coins(signal, told)]))[:_MOST_COINS])


def _told_coins(signal: Signal, told: Mapping[str, str]) -> list[str]:
    return list(json.loads(told.get(_COINS + signal.agent, "[]")))


def _tell_users(p: Ports, who: Iterable[tuple[str, str]], text: Text, *, held: bool) -> None:
    severity = Severity.WARNING if held else Severity.INFO
    kind = "source_held" if held else "source_back"
    for user_id in sorted({user_id for user_id, _ in who}):
        # Whoever is gone, or whose file is broken, must not keep it from the others.
        with suppress(NotFound, Unavailable):
            with p.tenants(user_id) as store:
                event_id = store.chronicle.add_event(Event(kind, text, p.clock(), severity, "", "", ""))
            p.bus.publish(user_id, event_id)
