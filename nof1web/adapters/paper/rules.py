"""The live host's rules in the engine's form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from nof1web.core.trading import Bracket, Instrument
from nof1web.sim import engine

# Depth and leverage ladder of a symbol the engine doesn't list itself: those of a middling one.
_MIDDLING = engine.INSTRUMENTS["SOLUSDT"]
_LARGEST_PRICE = Decimal(10**9)
_TINY = Decimal("0.00000001")


def with_brackets(instruments: Mapping[str, Instrument]) -> Mapping[str, Instrument]:
    """Return the rules with leverage brackets: where the host's public rules tell none, those the engine applies."""
    return {
        symbol: rule if rule.brackets else replace(rule, brackets=_usual_brackets(symbol))
        for symbol, rule in instruments.items()
    }


def engine_rules(instruments: Mapping[str, Instrument]) -> engine.Instruments:
    """Return rules that have brackets in the engine's form."""
    return {symbol: _engine_rule(rule) for symbol, rule in instruments.items()}


def with_delisted(rules: engine.Instruments, symbols: Iterable[str]) -> engine.Instruments:
    """Return the rules and, of symbols the host no longer lists, those under which a position can be closed."""
    return {**rules, **{symbol: _delisted_rule(symbol) for symbol in symbols if symbol not in rules}}


def _delisted_rule(symbol: str) -> engine.Instrument:
    return _engine_rule(
        Instrument(symbol, _TINY, _TINY, _TINY, _LARGEST_PRICE, Decimal(0), brackets=_usual_brackets(symbol))
    )


def _usual_brackets(symbol: str) -> tuple[Bracket, ...]:
    ladder = engine.INSTRUMENTS.get(symbol, _MIDDLING).brackets
    return tuple(Bracket(step.cap, step.leverage, step.maintenance_ratio) for step in ladder)


def _engine_rule(rule: Instrument) -> engine.Instrument:
    return replace(
        engine.INSTRUMENTS.get(rule.symbol, _MIDDLING),
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


def _engine_brackets(brackets: tuple[Bracket, ...]) -> tuple[engine.Bracket, ...]:
    floors = [Decimal(0), *(step.notional_cap for step in brackets)]
    cum = Decimal(0)
    rungs: list[engine.Bracket] = []
    for number, (step, floor) in enumerate(zip(brackets, floors, strict=False), start=1):
        if rungs:
            # What keeps maintenance margin without a jump where one bracket ends and the next begins.
            cum += floor * (step.maintenance_rate - rungs[-1].maintenance_ratio)
        rungs.append(
            engine.Bracket(
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
