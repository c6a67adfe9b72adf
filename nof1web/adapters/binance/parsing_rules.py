"""Reads the public facts of a host: its symbols' rules, brackets, request limit and marks (binance.md §4.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from nof1web.adapters.binance.parsing import UNREADABLE, Row, listed, number, positive
from nof1web.core.trading import Bracket, Instrument

PER = {"SECOND": 1, "MINUTE": 60, "HOUR": 3_600, "DAY": 86_400}


def parse_instruments(document: Row) -> Mapping[str, Instrument]:
    """Read exchangeInfo; a symbol whose rules can't be read is left out, and so can't be traded."""
    found: dict[str, Instrument] = {}
    for row in document["symbols"]:
        try:
            instrument = _instrument(row)
        except UNREADABLE:
            continue
        found[instrument.symbol] = instrument
    if not found:
        raise ValueError("no readable symbol")
    return found


def _instrument(row: Row) -> Instrument:
    rules = {rule["filterType"]: rule for rule in row["filters"]}
    lot = rules["LOT_SIZE"]
    market = rules.get("MARKET_LOT_SIZE", lot)
    percent = rules.get("PERCENT_PRICE", {})
    tick, step = number(rules["PRICE_FILTER"]["tickSize"]), number(lot["stepSize"])
    if tick <= 0 or step <= 0:
        raise ValueError("no tick or step")
    return Instrument(
        symbol=str(row["symbol"]),
        tick=tick,
        step=step,
        min_quantity=max(number(lot["minQty"]), number(market["minQty"])),
        market_max_quantity=min(number(lot["maxQty"]), number(market["maxQty"])),
        min_notional=number(rules["MIN_NOTIONAL"]["notional"]),
        tradable=row["status"] == "TRADING" and row["contractType"] == "PERPETUAL",
        price_up=positive(percent.get("multiplierUp")),
        price_down=positive(percent.get("multiplierDown")),
    )


def parse_weight_limit(document: Row) -> int | None:
    """Read the host's request weight per minute from exchangeInfo, None when it doesn't tell: the rules still count."""
    try:
        limits = [row for row in document["rateLimits"] if row["rateLimitType"] == "REQUEST_WEIGHT"]
        found = [int(row["limit"]) * 60 // (int(row["intervalNum"]) * PER[row["interval"]]) for row in limits]
    except UNREADABLE:
        return None
    return min((limit for limit in found if limit > 0), default=None)


def parse_order_limits(document: Row) -> tuple[int, int] | None:
    """Read how many orders an account may send in 10 s and in a minute from exchangeInfo, None when it doesn't tell."""
    try:
        rows = [row for row in document["rateLimits"] if row["rateLimitType"] == "ORDERS"]
        found = {int(row["intervalNum"]) * PER[row["interval"]]: int(row["limit"]) for row in rows}
        return (found[10], found[60]) if found[10] > 0 and found[60] > 0 else None
    except UNREADABLE:
        return None


def parse_brackets(document: Sequence[Row] | Row) -> Mapping[str, tuple[Bracket, ...]]:
    """Read leverageBracket, which is one object or a list; smallest notional first.

    All accounts of a host share the answer, so caps raised for one account (`notionalCoef` above 1) are taken back.
    """
    rows = [document] if isinstance(document, Mapping) else document
    return {str(row["symbol"]): _brackets(row) for row in rows}


def _brackets(row: Row) -> tuple[Bracket, ...]:
    raised = max(number(row.get("notionalCoef") or 1), Decimal(1))
    found = (
        Bracket(number(step["notionalCap"]) / raised, int(step["initialLeverage"]), number(step["maintMarginRatio"]))
        for step in row["brackets"]
    )
    return tuple(sorted(found, key=lambda bracket: bracket.notional_cap))


def parse_marks(rows: Sequence[Row]) -> Mapping[str, Decimal]:
    """Read premiumIndex without a symbol; symbols without a mark are left out."""
    marks = {str(row["symbol"]): positive(row["markPrice"]) for row in listed(rows)}
    return {symbol: mark for symbol, mark in marks.items() if mark is not None}
