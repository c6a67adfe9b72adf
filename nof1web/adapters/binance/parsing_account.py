"""Reads accounts and their modes: v3/account, accountConfig, symbolConfig (binance.md §4.2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from nof1web.adapters.binance.parsing import Row, listed, number
from nof1web.core.leverages import Leverages
from nof1web.core.overview import Holding, Overview
from nof1web.core.trading import Account, MarginMode, PositionSide, SymbolConfig


def parse_overview(row: Row) -> Overview:
    """Read v3/account; in single-asset mode the totals count USDT only. Flat symbols with orders are left out."""
    return Overview(
        equity=number(row["totalMarginBalance"]),
        wallet=number(row["totalWalletBalance"]),
        available=number(row["availableBalance"]),
        initial_margin=number(row["totalInitialMargin"]),
        unrealised=number(row["totalUnrealizedProfit"]),
        holdings=tuple(each for each in map(_holding, listed(row["positions"])) if each.quantity),
    )


def _holding(row: Row) -> Holding:
    side, quantity = PositionSide(row["positionSide"]), number(row["positionAmt"])
    signed = -abs(quantity) if side is PositionSide.SHORT else quantity
    notional = abs(number(row["notional"]))
    return Holding(
        symbol=str(row["symbol"]),
        side=side,
        quantity=signed,
        notional=notional if signed > 0 else -notional,
        unrealised=number(row["unrealizedProfit"]),
        initial_margin=number(row["initialMargin"]),
        isolated=bool(number(row["isolatedWallet"]) or number(row["isolatedMargin"])),
    )


def parse_account(row: Row, config: Row, read_at: datetime, symbols: Sequence[Row] | None = None) -> Account:
    """Read v3/account's balances, accountConfig and, where given, all of symbolConfig."""
    rows = () if symbols is None else listed(symbols)
    isolated = (str(each["symbol"]) for each in rows if _margin_mode(each) is MarginMode.ISOLATED)
    return Account(
        equity=number(row["totalMarginBalance"]),
        wallet=number(row["totalWalletBalance"]),
        available=number(row["availableBalance"]),
        initial_margin=number(row["totalInitialMargin"]),
        unrealised=number(row["totalUnrealizedProfit"]),
        hedge=parse_hedge(config),
        multi_assets=_flag(config["multiAssetsMargin"]),
        read_at=read_at,
        isolated=None if symbols is None else frozenset(isolated),
        leverages=Leverages.of({str(each["symbol"]): int(each["leverage"]) for each in rows}),
        modes_at=None if symbols is None else read_at,
    )


def parse_hedge(config: Row) -> bool:
    """Read the position mode of accountConfig."""
    return _flag(config["dualSidePosition"])


def parse_symbol_config(rows: Sequence[Row], symbol: str) -> SymbolConfig:
    """Read symbolConfig's row of one symbol."""
    row = {str(row["symbol"]): row for row in rows}[symbol]
    return SymbolConfig(symbol, int(row["leverage"]), _margin_mode(row))


def _margin_mode(row: Row) -> MarginMode:
    return MarginMode.ISOLATED if str(row["marginType"]).upper().startswith("ISO") else MarginMode.CROSSED


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"not a flag: {value!r}")
    return value
