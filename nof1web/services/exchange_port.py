"""The port to one exchange: public facts of a host, and one account on it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from nof1web.core.open_orders import OpenOrder
from nof1web.core.overview import Overview
from nof1web.core.trading import (
    Account,
    AlgoReport,
    AlgoRequest,
    Fill,
    Instrument,
    KeyCheck,
    MarginMode,
    OrderReport,
    OrderRequest,
    Position,
    Side,
    SymbolConfig,
)


class MarketData(Protocol):
    """Public facts of one exchange host; needs no key. Raises Transient when the host doesn't answer."""

    def instruments(self) -> Mapping[str, Instrument]:
        """Return the rules by symbol, cached per host for an hour."""
        ...

    def marks(self) -> Mapping[str, Decimal]:
        """Return all mark prices by symbol (weight 10)."""
        ...


class Simulator(Protocol):
    """What an order would fill, for orders that are only recorded."""

    def fill(
        self,
        symbol: str,
        side: Side,
        quantity: Decimal,
        *,
        limit: Decimal | None,
        mark: Decimal,
        rule: Instrument | None,
    ) -> OrderReport:
        """Return executed quantity, average price and fee of a taker at a mark; what would be refused fills nothing."""
        ...


class Exchange(MarketData, Protocol):
    """One account on one exchange host. Raises only the ExchangeError family of nof1web.errors.

    Mutating calls send once and are never repeated inside.
    """

    def overview(self, *, urgent: bool = False) -> Overview:
        """Return balances and the positions' numbers (v3/account, weight 5).

        `urgent` is asked before an entry; OverBudget at once when the shared budget has nothing left for it.
        """
        ...

    def account(self) -> Account:
        """Return balances, modes, and the symbols' leverages and margin modes (weight 15)."""
        ...

    def positions(self, symbol: str | None = None) -> tuple[Position, ...]:
        """Return the live positions; a symbol that is absent is flat (weight 5)."""
        ...

    def hedged(self) -> bool:
        """Return whether the account is in hedge mode by now; it is never changed by us (accountConfig, weight 5)."""
        ...

    def symbol_config(self, symbol: str) -> SymbolConfig:
        """Return the present leverage and margin mode of a symbol (weight 5)."""
        ...

    def set_leverage(self, symbol: str, leverage: int) -> None:
        """Set a symbol's leverage (weight 1)."""
        ...

    def set_margin_mode(self, symbol: str, mode: MarginMode) -> None:
        """Set a symbol's margin mode; AlreadyDone when it is so (weight 1)."""
        ...

    def server_ms(self) -> int:
        """Return the host's present time in ms from the measured clock offset; costs no request once measured."""
        ...

    @property
    def recv_window_ms(self) -> int:
        """How long after its timestamp an order may still be accepted."""
        ...

    def place(self, order: OrderRequest) -> OrderReport:
        """Send one order signed with its own timestamp; OutcomeUnknown when it may have been accepted."""
        ...

    def order(self, symbol: str, client_order_id: str) -> OrderReport | None:
        """Return an order by its client id, None when the exchange says -2013 (weight 1)."""
        ...

    def trades(self, symbol: str, since: datetime) -> tuple[Fill, ...]:
        """Return the account's trades of a symbol since then, oldest first (weight 5)."""
        ...

    def orders(self, symbol: str, first: str) -> tuple[OrderReport, ...]:
        """Return the account's orders of a symbol from an exchange's id on, whoever sent them (weight 5)."""
        ...

    def place_protection(self, order: AlgoRequest) -> AlgoReport:
        """Rest a stop or target (algo order, binance.md §3)."""
        ...

    def cancel_protection(self, client_algo_id: str) -> None:
        """Cancel an algo order; AlreadyDone when it is gone (weight 1)."""
        ...

    def protection(self, client_algo_id: str) -> AlgoReport | None:
        """Return an algo order by its client id, None when unknown (weight 1)."""
        ...

    def protections(self, symbol: str | None = None) -> tuple[AlgoReport, ...]:
        """Return the resting algo orders (weight 1 with a symbol, 40 without)."""
        ...

    def open_orders(self) -> tuple[OpenOrder, ...]:
        """Return all that rests on the account, plain and algo orders of everybody (weight 80); OverBudget at once."""
        ...

    def check(self) -> KeyCheck:
        """Test the key: raises CredentialRefused, Blocked or Transient with a sentence that says what to do."""
        ...
