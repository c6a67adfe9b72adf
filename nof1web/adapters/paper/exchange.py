"""One paper account: the Exchange port over the built-in engine at a live host's marks and rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from nof1web.adapters.paper import engine
from nof1web.adapters.paper.refusals import DUPLICATE_ID, NO_ENTRIES, STALE_CLOCK, TOO_LITTLE, UNKNOWN_SYMBOL, failure
from nof1web.adapters.paper.reports import account_of, algo_report, fill_of, ms_of, order_report, positions_of
from nof1web.adapters.paper.rules import Rules, delisted_rule, engine_rules, trading_by, with_brackets
from nof1web.adapters.paper.state import PaperAccount, Row, open_paper, read_document, restore, saved_marks, text_of
from nof1web.core.trading import (
    Account,
    AlgoReport,
    AlgoRequest,
    Fill,
    Instrument,
    KeyCheck,
    Leg,
    MarginMode,
    OrderReport,
    OrderRequest,
    Position,
    PositionSide,
    Side,
    SymbolConfig,
)
from nof1web.errors import N_, AlreadyDone, OutcomeUnknown, Transient
from nof1web.services.ports import MarketData

T = TypeVar("T")
FRESH = timedelta(seconds=2)
RECV_WINDOW_MS = 5_000
AHEAD_MS = 1_000
ALGO_TYPES = {Leg.STOP: "STOP_MARKET", Leg.TARGET: "TAKE_PROFIT_MARKET"}
CLOSING = {(PositionSide.LONG, Side.SELL), (PositionSide.SHORT, Side.BUY)}
EMPTY: Row = {"marks": {}}


@dataclass(frozen=True, slots=True)
class _Rulebook:
    """The host's rules as read, as told to callers, and as the engine wants them."""

    read: Mapping[str, Instrument]
    told: Mapping[str, Instrument]
    engine: Rules


@dataclass(frozen=True, slots=True)
class _Kept:
    """The state as last loaded: its text, its document, and the account unless it has changed since."""

    text: str | None
    document: Row
    paper: PaperAccount | None = None
