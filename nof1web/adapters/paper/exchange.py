"""One paper account: the Exchange port over the built-in engine, at a live host's marks and rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from nof1web.adapters.paper.record import PaperRecord
from nof1web.adapters.paper.refusals import NO_ENTRIES, NO_PRICE, STALE_CLOCK, TOO_LITTLE, UNKNOWN_ORDER, UNKNOWN_SYMBOL
from nof1web.adapters.paper.reports import (
    account_of,
    algo_report,
    fill_of,
    open_orders_of,
    order_report,
    overview_of,
    positions_of,
)
from nof1web.adapters.paper.requests import engine_algo, engine_order, reduces
from nof1web.adapters.paper.state import PaperAccount, ms_of
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
    SymbolConfig,
)
from nof1web.errors import N_, AlreadyDone, OutcomeUnknown
from nof1web.services.ports import MarketData
from nof1web.sim import engine

T = TypeVar("T")
BALANCE = Decimal(10_000)
RECV_WINDOW_MS = 5_000
AHEAD_MS = 1_000
ALIAS = "paper"


class PaperExchange:
    """The Exchange port without a key: orders fill at live marks with fees and slippage, nothing leaves the machine.

    `load` and `save` keep the account's text; an account nobody saved yet opens with `balance` (USDT), one-way.
    Stops, targets and liquidation happen at the first call that sees the mark across them. No funding is paid.
    What `load`, `save` and `market` raise passes through.
    """

    def __init__(
        self,
        *,
        market: MarketData,
        load: Callable[[], str | None],
        save: Callable[[str], None],
        clock: Callable[[], datetime],
        balance: Decimal = BALANCE,
    ) -> None:
        self._record = PaperRecord(market=market, load=load, save=save, clock=clock, balance=balance)

    def instruments(self) -> Mapping[str, Instrument]:
        """Return the live host's rules by symbol, with the leverage brackets this account is held to."""
        return self._record.instruments()

    def marks(self) -> Mapping[str, Decimal]:
        """Return the live host's mark prices by symbol in USDT, at most two seconds old."""
        return self._record.marks()

    def overview(self, *, urgent: bool = False) -> Overview:
        """Return balances and the positions' numbers; nothing is urgent here."""
        return self._record.use(lambda paper, _: overview_of(paper, self._record.now()))

    def account(self) -> Account:
        """Return balances in USDT and modes."""
        return self._record.use(lambda paper, _: account_of(paper, self._record.now()))

    def positions(self, symbol: str | None = None) -> tuple[Position, ...]:
        """Return the live positions; a symbol that is absent is flat."""
        held = self._record.use(lambda paper, _: positions_of(paper))
        return tuple(position for position in held if symbol in (None, position.symbol))

    def hedged(self) -> bool:
        """Return whether the account is in hedge mode."""
        return self._record.use(lambda paper, _: paper.account.hedge)

    def symbol_config(self, symbol: str) -> SymbolConfig:
        """Return the present leverage and margin mode of a symbol; Rejected when it isn't listed."""

        def read(paper: PaperAccount, _: int) -> SymbolConfig:
            _require_listed(paper, symbol)
            config = paper.account.config(symbol)
            return SymbolConfig(symbol, config.leverage, MarginMode(config.margin_type))

        return self._record.use(read)

    def set_leverage(self, symbol: str, leverage: int) -> None:
        """Set a symbol's leverage; setting the present one again is fine."""

        def choose(paper: PaperAccount, now_ms: int) -> None:
            _require_priced(paper, symbol)
            paper.exchange.set_leverage(paper.account.account_id, symbol, leverage, now_ms=now_ms)

        self._record.use(choose)

    def set_margin_mode(self, symbol: str, mode: MarginMode) -> None:
        """Set a symbol's margin mode; AlreadyDone when it is so."""

        def choose(paper: PaperAccount, _: int) -> None:
            _require_listed(paper, symbol)
            paper.exchange.set_margin_type(paper.account.account_id, symbol, mode.value)

        self._record.use(choose)

    def server_ms(self) -> int:
        """Return the present time in ms."""
        return ms_of(self._record.now())

    @property
    def recv_window_ms(self) -> int:
        """How long after its timestamp an order is still accepted."""
        return RECV_WINDOW_MS

    def place(self, order: OrderRequest) -> OrderReport:
        """Fill an order at once and return how it ended; OutcomeUnknown when its id rests already."""

        def trade(paper: PaperAccount, now_ms: int) -> OrderReport:
            _require_in_time(order.timestamp_ms, now_ms)
            _require_priced(paper, order.symbol)
            self._require_lot(order.symbol, order.quantity)
            if not reduces(order):
                self._require_tradable(order.symbol)
            placed = paper.exchange.place_order(paper.account.account_id, engine_order(order), now_ms=now_ms)
            return order_report(placed)

        return self._placed(trade)

    def order(self, symbol: str, client_order_id: str) -> OrderReport | None:
        """Return an order by its client id, None when there is none."""

        def find(paper: PaperAccount, _: int) -> OrderReport | None:
            found = paper.exchange.find_order(paper.account.account_id, symbol, client_id=client_order_id)
            return order_report(found) if found else None

        return self._record.use(find)

    def trades(self, symbol: str, since: datetime) -> tuple[Fill, ...]:
        """Return the account's trades of a symbol since then, oldest first; the newest thousand are kept."""

        def read(paper: PaperAccount, _: int) -> tuple[Fill, ...]:
            return tuple(fill_of(row) for row in paper.trades() if row["symbol"] == symbol)

        return tuple(fill for fill in self._record.use(read) if fill.traded_at >= since)

    def orders(self, symbol: str, first: str) -> tuple[OrderReport, ...]:
        """Return the orders of a symbol from an id on that are still known."""

        def read(paper: PaperAccount, _: int) -> tuple[OrderReport, ...]:
            found = (each for each in paper.account.orders.values() if each.symbol == symbol)
            return tuple(order_report(each) for each in found if each.order_id >= int(first))

        return self._record.use(read)

    def place_protection(self, order: AlgoRequest) -> AlgoReport:
        """Rest a stop or target, which never opens anything; OutcomeUnknown when its id rests already."""

        def rest(paper: PaperAccount, now_ms: int) -> AlgoReport:
            _require_in_time(order.timestamp_ms, now_ms)
            _require_priced(paper, order.symbol)
            self._require_lot(order.symbol, order.quantity)
            placed = paper.exchange.place_algo(paper.account.account_id, engine_algo(order), now_ms=now_ms)
            return algo_report(placed)

        return self._placed(rest)

    def cancel_protection(self, client_algo_id: str) -> None:
        """Cancel a stop or target; AlreadyDone when it is gone."""

        def cancel(paper: PaperAccount, now_ms: int) -> None:
            found = paper.exchange.find_algo(paper.account.account_id, client_id=client_algo_id)
            if found is None:
                raise engine.Refusal(UNKNOWN_ORDER)
            paper.exchange.cancel_algo(found, now_ms=now_ms)

        self._record.use(cancel)

    def protection(self, client_algo_id: str) -> AlgoReport | None:
        """Return a stop or target by its client id, None when unknown."""

        def find(paper: PaperAccount, _: int) -> AlgoReport | None:
            found = paper.exchange.find_algo(paper.account.account_id, client_id=client_algo_id)
            return algo_report(found) if found else None

        return self._record.use(find)

    def protections(self, symbol: str | None = None) -> tuple[AlgoReport, ...]:
        """Return what rests."""
        resting = self._record.use(lambda paper, _: tuple(map(algo_report, paper.account.open_algos.values())))
        return tuple(report for report in resting if symbol in (None, report.symbol))

    def open_orders(self) -> tuple[OpenOrder, ...]:
        """Return all that rests on the account: stops and targets, orders here never wait."""
        return self._record.use(lambda paper, _: open_orders_of(paper))

    def check(self) -> KeyCheck:
        """Say what the account is; there is no key that could be wrong. Transient when the live host doesn't answer."""
        account = self.account()
        return KeyCheck(ALIAS, account.equity, account.available, account.hedge, account.multi_assets)

    def _placed(self, call: Callable[[PaperAccount, int], T]) -> T:
        try:
            return self._record.use(call)
        except AlreadyDone as error:
            raise OutcomeUnknown(
                N_("The paper exchange already has an order with this id. It is being looked up."),
                exchange_code=error.exchange_code,
                body=error.body,
            ) from error

    def _require_lot(self, symbol: str, quantity: Decimal) -> None:
        rule = self._record.rule(symbol)
        if rule is not None and 0 < quantity < rule.min_quantity:
            raise engine.Refusal(TOO_LITTLE)

    def _require_tradable(self, symbol: str) -> None:
        rule = self._record.rule(symbol)
        if rule is None or not rule.tradable:
            raise engine.Refusal(NO_ENTRIES, message="Invalid symbol status for opening position.")


def _require_in_time(timestamp_ms: int | None, now_ms: int) -> None:
    if timestamp_ms is not None and not -AHEAD_MS <= now_ms - timestamp_ms <= RECV_WINDOW_MS:
        raise engine.Refusal(STALE_CLOCK)


def _require_listed(paper: PaperAccount, symbol: str) -> None:
    if symbol not in paper.exchange.market.instruments:
        raise engine.Refusal(UNKNOWN_SYMBOL)


def _require_priced(paper: PaperAccount, symbol: str) -> None:
    _require_listed(paper, symbol)
    if symbol not in paper.priced:
        raise engine.Refusal(NO_PRICE, message="There is no mark price of this symbol yet.")
