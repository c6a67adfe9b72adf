"""Turns the exchange's JSON into values; numbers become Decimal here, once (binance.md §4, Appendix B)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from nof1web.core.trading import (
    AlgoReport,
    AlgoStatus,
    Fill,
    OrderReport,
    OrderStatus,
    Position,
    PositionSide,
    Side,
)
from nof1web.errors import N_, OutcomeUnknown, Transient

Row = Mapping[str, Any]
T = TypeVar("T")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST_DIGITS = 40
CLOSING = (("LONG", "SELL"), ("SHORT", "BUY"))
"""position and order side of hedge-mode orders that open nothing (binance.md §8)"""
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
    """Return a finite Decimal of at most 40 digits before the point from a string or number; else ValueError."""
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise ValueError(f"not a number: {value!r}")
    found = Decimal(value)
    if not found.is_finite():
        raise ValueError(f"not finite: {value!r}")
    if found.adjusted() >= MOST_DIGITS:
        raise ValueError("too large a number")
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


def listed(document: Any) -> Sequence[Row]:
    """Return the rows of a list; TypeError for anything else: what can't be read isn't empty (DESIGN §5 rule 1)."""
    if not isinstance(document, list):
        raise TypeError
    return document


def parse_positions(rows: Sequence[Row]) -> tuple[Position, ...]:
    """Read v3/positionRisk; rows that only carry open orders are left out."""
    return tuple(found for found in map(_position, listed(rows)) if found.quantity)


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


def parse_order(row: Row, client_order_id: str) -> OrderReport:
    """Read the order of that id; `avgPrice` is optional and 0 means that nothing was told."""
    _require_equal(row["clientOrderId"], client_order_id)
    return OrderReport(
        client_order_id=str(row["clientOrderId"]),
        order_id=str(row["orderId"]),
        status=OrderStatus(row["status"]),
        executed=number(row["executedQty"]),
        price=positive(row.get("avgPrice")),
        closing=bool(row.get("reduceOnly")) or (row.get("positionSide"), row.get("side")) in CLOSING,
        side=Side(row["side"]) if "side" in row else None,
    )


def parse_orders(rows: Sequence[Row]) -> tuple[OrderReport, ...]:
    """Read allOrders, oldest first."""
    return tuple(parse_order(row, str(row["clientOrderId"])) for row in listed(rows))


def parse_fills(rows: Sequence[Row]) -> tuple[Fill, ...]:
    """Read userTrades, oldest first."""
    return tuple(sorted(map(_fill, listed(rows)), key=lambda fill: (fill.traded_at, int(fill.trade_id))))


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


def parse_algo_of(row: Row, client_algo_id: str) -> AlgoReport:
    """Read the algo order of that id."""
    _require_equal(row["clientAlgoId"], client_algo_id)
    return parse_algo(row)


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
    return tuple(parse_algo(row) for row in listed(rows) if positive(row.get("triggerPrice")))


def parse_acknowledged(row: Row) -> None:
    """Read the answer to a change that says no more than that it was made: code 200, as a number or a text."""
    _require_equal(row["code"], 200)


def parse_leverage(row: Row, leverage: int) -> None:
    """Read the answer to a change of leverage: it has to be the one that was asked for."""
    _require_equal(row["leverage"], leverage)


def _require_equal(told: object, wanted: object) -> None:
    if str(told) != str(wanted):
        raise ValueError(f"{told} instead of {wanted}")
