"""One alert per person when a source or agents they follow stop being usable, and one when they are back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from contextlib import suppress

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
_COINS = "coins of "
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
_UNMAPPED = N_("%(agents)s trades %(coins)s, which this exchange doesn't have: it is not copied, the rest is.")


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
    holding, back = health.turns({WHOLE: told.get(WHOLE, "")}, {WHOLE: now[WHOLE]})
    if holding or back:
        text = Text(_SOURCE_HELD if holding else _SOURCE_BACK, {"source": source})
        _tell_users(p, followers(source, signals), text, held=bool(holding))
    elif not now[WHOLE].holds:
        agents = {agent: each for agent, each in now.items() if agent != WHOLE}
        turned = health.turns(told, agents)
        for names, template in zip(turned, (_AGENTS_HELD, _AGENTS_BACK), strict=True):
            _tell_of_agents(p, source, followers, (names, template))
    _tell_unmapped(p, source, followers, [signal for signal in signals.values() if _new_coins(signal, told)])
    coins = {_COINS + signal.agent: " ".join(signal.unmapped) for signal in signals.values() if signal.unmapped}
    changed = {name: each for name, each in {**now, **coins}.items() if told.get(name) != each}
    p.market.health_told.put(source, {name: str(each) for name, each in changed.items()})


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


def _new_coins(signal: Signal, told: dict[str, str]) -> bool:
    return bool(set(signal.unmapped) - set(told.get(_COINS + signal.agent, "").split()))


def _tell_users(p: Ports, who: Iterable[tuple[str, str]], text: Text, *, held: bool) -> None:
    severity = Severity.WARNING if held else Severity.INFO
    kind = "source_held" if held else "source_back"
    for user_id in sorted({user_id for user_id, _ in who}):
        # Whoever is gone, or whose file is broken, must not keep it from the others.
        with suppress(NotFound, Unavailable):
            with p.tenants(user_id) as store:
                event_id = store.chronicle.add_event(Event(kind, text, p.clock(), severity, "", "", ""))
            p.bus.publish(user_id, event_id)
