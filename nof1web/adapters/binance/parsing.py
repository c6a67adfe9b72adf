"""Turns the exchange's JSON into values; numbers become Decimal here, once (binance.md §4, Appendix B)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from nof1web.core.trading import (
    Account,
    AlgoReport,
    AlgoStatus,
    Bracket,
    Fill,
    Instrument,
    MarginMode,
    OrderReport,
    OrderStatus,
    Position,
    PositionSide,
    Side,
    SymbolConfig,
)
from nof1web.errors import N_, OutcomeUnknown, Transient

Row = Mapping[str, Any]
T = TypeVar("T")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
UNREADABLE = (LookupError, TypeError, ValueError, ArithmeticError, AttributeError)


def parsed(parse: Callable[[Any], T], document: object, *, mutating: bool = False) -> T:
    """Return `parse(document)`; an unknown shape is OutcomeUnknown after a mutating call, Transient after a read."""
    try:
        return parse(document)
    except UNREADABLE as error:
        kind = OutcomeUnknown if mutating else Transient
        raise kind(
            N_("The exchange's answer was not understood (%(cause)s). It is being looked up again."),
            body=str(document)[:2_000],
            cause=f"{type(error).__name__}: {error}",
        ) from error


def number(value: object) -> Decimal:
    """Return a finite Decimal from a string or JSON number; ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise ValueError(f"not a number: {value!r}")
    found = Decimal(value)
    if not found.is_finite():
        raise ValueError(f"not finite: {value!r}")
    return found


def positive(value: object) -> Decimal | None:
    """Return the number, or None where the exchange leaves it out or writes 0 for "none" (binance.md §0.2)."""
    found = None if value in (None, "") else number(value)
    return found if found is not None and found > 0 else None


def plain(value: Decimal) -> str:
    """Return a quantity or price as the exchange wants it: fixed-point, no exponent, no spare zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def instant(ms: object) -> datetime:
    """Return aware UTC from ms since 1970."""
    return EPOCH + timedelta(milliseconds=int(number(ms)))


def ms_of(at: datetime) -> int:
    """Return ms since 1970 of an aware datetime, rounded down."""
    return (at - EPOCH) // timedelta(milliseconds=1)


def parse_account(row: Row, config: Row, read_at: datetime) -> Account:
    """Read v3/account with accountConfig; in single-asset mode the totals count USDT only."""
    return Account(
        equity=number(row["totalMarginBalance"]),
        wallet=number(row["totalWalletBalance"]),
        available=number(row["availableBalance"]),
        initial_margin=number(row["totalInitialMargin"]),
        unrealised=number(row["totalUnrealizedProfit"]),
        hedge=_flag(config["dualSidePosition"]),
        multi_assets=_flag(config["multiAssetsMargin"]),
        read_at=read_at,
    )


def parse_positions(rows: Sequence[Row]) -> tuple[Position, ...]:
    """Read v3/positionRisk; rows that only carry open orders are left out."""
    return tuple(found for found in map(_position, rows) if found.quantity)


def _position(row: Row) -> Position:
    side, quantity = PositionSide(row["positionSide"]), number(row["positionAmt"])
    return Position(
        symbol=str(row["symbol"]),
        side=side,
        quantity=-abs(quantity) if side is PositionSide.SHORT else quantity,
        entry_price=number(row["entryPrice"]),
        mark=number(row["markPrice"]),
        liquidation=number(row["liquidationPrice"]),
        unrealised=number(row["unRealizedProfit"]),
        initial_margin=number(row.get("positionInitialMargin", row["initialMargin"])),
    )


def parse_symbol_config(rows: Sequence[Row], symbol: str) -> SymbolConfig:
    """Read symbolConfig's row of one symbol."""
    row = next(row for row in rows if row["symbol"] == symbol) if rows else {}
    mode = MarginMode.ISOLATED if str(row["marginType"]).upper().startswith("ISO") else MarginMode.CROSSED
    return SymbolConfig(symbol, int(row["leverage"]), mode)


def parse_order(row: Row) -> OrderReport:
    """Read an order; `avgPrice` is optional and 0 means that nothing was told."""
    return OrderReport(
        client_order_id=str(row["clientOrderId"]),
        order_id=str(row["orderId"]),
        status=OrderStatus(row["status"]),
        executed=number(row["executedQty"]),
        price=positive(row.get("avgPrice")),
    )


def parse_fills(rows: Sequence[Row]) -> tuple[Fill, ...]:
    """Read userTrades, oldest first."""
    return tuple(sorted(map(_fill, rows), key=lambda fill: (fill.traded_at, int(fill.trade_id))))


def _fill(row: Row) -> Fill:
    return Fill(
        trade_id=str(row["id"]),
        order_id=str(row["orderId"]),
        symbol=str(row["symbol"]),
        side=Side(row["side"]),
        quantity=number(row["qty"]),
        price=number(row["price"]),
        fee=number(row["commission"]),
        fee_asset=str(row["commissionAsset"]),
        realised=number(row["realizedPnl"]),
        traded_at=instant(row["time"]),
    )


def parse_algo(row: Row) -> AlgoReport:
    """Read an algo order; `actualOrderId` is the child once triggered."""
    child = row.get("actualOrderId")
    return AlgoReport(
        client_algo_id=str(row["clientAlgoId"]),
        symbol=str(row["symbol"]),
        status=AlgoStatus(row["algoStatus"]),
        trigger=number(row["triggerPrice"]),
        quantity=number(row.get("quantity") or 0),
        order_id=str(child) if child else "",
    )


def parse_algos(rows: Sequence[Row]) -> tuple[AlgoReport, ...]:
    """Read openAlgoOrders; orders without a trigger price (trailing stops) are nobody's stop or target here."""
    return tuple(parse_algo(row) for row in rows if positive(row["triggerPrice"]))


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
    )


def parse_weight_limit(document: Row) -> int:
    """Read the host's request weight per minute from exchangeInfo."""
    return next(
        int(row["limit"]) * (60 if row["interval"] == "SECOND" else 1) // int(row["intervalNum"])
        for row in document["rateLimits"]
        if row["rateLimitType"] == "REQUEST_WEIGHT"
    )


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
    marks = {str(row["symbol"]): positive(row["markPrice"]) for row in rows}
    return {symbol: mark for symbol, mark in marks.items() if mark is not None}


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"not a flag: {value!r}")
    return value
