"""The live host's rules in the engine's form, and the engine made to trade by them for the length of a call."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any

from nof1web.adapters.paper.engine import INSTRUMENTS
from nof1web.core.trading import Bracket, Instrument

Rules = Mapping[str, Any]

_OWN = dict(INSTRUMENTS)
# Depth and leverage ladder of a symbol the engine doesn't list itself: those of a middling one.
_MIDDLING = _OWN["SOLUSDT"]
_LARGEST_PRICE = Decimal(10**9)
_TINY = Decimal("0.00000001")
_turn = threading.Lock()


@contextmanager
def trading_by(rules: Rules) -> Iterator[None]:
    """Let the engine trade by these rules inside the block; nothing in it may wait for anything.

    The engine has one table per process: accounts take turns, and its own rules are back afterwards.
    """
    with _turn:
        _fill_table(rules)
        try:
            yield
        finally:
            _fill_table(_OWN)


def with_brackets(instruments: Mapping[str, Instrument]) -> Mapping[str, Instrument]:
    """Return the rules with leverage brackets: where the host's public rules tell none, those the engine applies."""
    return {
        symbol: rule if rule.brackets else replace(rule, brackets=_usual_brackets(symbol))
        for symbol, rule in instruments.items()
    }


def engine_rules(instruments: Mapping[str, Instrument]) -> Rules:
    """Return rules that have brackets in the engine's form."""
    return {symbol: _engine_rule(rule) for symbol, rule in instruments.items()}


def delisted_rule(symbol: str) -> Any:
    """Return rules under which a position can be closed whose symbol the host no longer lists."""
    return _engine_rule(
        Instrument(symbol, _TINY, _TINY, _TINY, _LARGEST_PRICE, Decimal(0), brackets=_usual_brackets(symbol))
    )


def _fill_table(rules: Rules) -> None:
    INSTRUMENTS.clear()
    INSTRUMENTS.update(rules)


def _usual_brackets(symbol: str) -> tuple[Bracket, ...]:
    ladder = _OWN.get(symbol, _MIDDLING).brackets
    return tuple(Bracket(step.cap, step.leverage, step.maintenance_ratio) for step in ladder)


def _engine_rule(rule: Instrument) -> Any:
    return replace(
        _OWN.get(rule.symbol, _MIDDLING),
        symbol=rule.symbol,
        base=rule.symbol.removesuffix("USDT"),
        tick=rule.tick,
        step=rule.step,
        min_notional=rule.min_notional,
        max_quantity=rule.market_max_quantity,
        market_max_quantity=rule.market_max_quantity,
        price_precision=_places(rule.tick),
        quantity_precision=_places(rule.step),
        min_price=rule.tick,
        max_price=_LARGEST_PRICE,
        brackets=_engine_brackets(rule.brackets),
    )


def _engine_brackets(brackets: tuple[Bracket, ...]) -> tuple[Any, ...]:
    floors = [Decimal(0), *(step.notional_cap for step in brackets)]
    cum = Decimal(0)
    rungs: list[Any] = []
    for number, (step, floor) in enumerate(zip(brackets, floors, strict=False), start=1):
        if rungs:
            # What keeps maintenance margin without a jump where one bracket ends and the next begins.
            cum += floor * (step.maintenance_rate - rungs[-1].maintenance_ratio)
        rungs.append(
            replace(
                _MIDDLING.brackets[0],
                number=number,
                leverage=step.max_leverage,
                floor=floor,
                cap=step.notional_cap,
                maintenance_ratio=step.maintenance_rate,
                cum=cum,
            )
        )
    return tuple(rungs)


def _places(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
