"""The exchange: one facade over accounts, orders, conditional orders and prices. No clock and no I/O in here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from nof1web.sim import algo as algo_service
from nof1web.sim import calm, delisting, liquidation, matching, retention, settlement, timers
from nof1web.sim.accounts import Account
from nof1web.sim.algo_orders import AlgoOrder, AlgoRequest
from nof1web.sim.amend import AmendRequest, amend
from nof1web.sim.bank import FIRST_UID, Bank
from nof1web.sim.listings import Listing
from nof1web.sim.margin import initial_margin, liquidation_price, margins
from nof1web.sim.market import LONGEST_CATCH_UP_MS, new_market
from nof1web.sim.orders import Order, OrderRequest
from nof1web.sim.refusal import Refusal
from nof1web.sim.rules import INSTRUMENTS, Bracket, Instrument, Instruments
from nof1web.sim.tape import Tape

__all__ = [
    "FIRST_UID",
    "INSTRUMENTS",
    "Account",
    "AlgoOrder",
    "AlgoRequest",
    "Bracket",
    "Exchange",
    "Instrument",
    "Instruments",
    "Order",
    "OrderRequest",
    "Refusal",
    "initial_margin",
    "liquidation_price",
    "margins",
    "new_exchange",
]


@dataclass(slots=True)
class Exchange(Bank):
    """A USDⓈ-M futures exchange (binance.md §§3-8). Every call is given the time (ms); refusals raise Refusal."""

    tape: Tape | None = None
    forgot_ms: int = 0

    def place_order(self, account_id: str, request: OrderRequest, *, now_ms: int) -> Order:
        """Accept an order and match it at once; the answer carries its state after matching."""
        account = self.account(account_id)
        liquidation.refuse_in_liquidation(account, self.market)
        return matching.place(self.ledger, self.market, account, request, now_ms=now_ms)

    def check_order(self, account_id: str, request: OrderRequest, *, now_ms: int) -> None:
        """Raise what place_order would raise, without placing anything."""
        account = self.account(account_id)
        liquidation.refuse_in_liquidation(account, self.market)
        matching.admit(self.market, account, request, now_ms=now_ms)

    def amend_order(self, account_id: str, order: Order, request: AmendRequest, *, now_ms: int) -> Order:
        """Change a resting order's price and quantity: -2013 -5024 -5025 -5026 -5027 -5029 -5047 and its filters'."""
        account = self.account(account_id)
        liquidation.refuse_in_liquidation(account, self.market)
        return amend(self.ledger, self.market, account, order, request, now_ms=now_ms)

    def cancel_order(self, account_id: str, order: Order, *, now_ms: int) -> Order:
        """Take an order out of the book; raises -2011 when it no longer rests."""
        if not order.is_open:
            raise Refusal(-2011)
        matching.end(self.ledger, order, "CANCELED", now_ms=now_ms)
        return order

    def set_countdown(self, account_id: str, symbol: str, after_ms: int, *, now_ms: int) -> None:
        """Cancel a symbol's regular orders `after_ms` from now unless set anew; 0 stops the countdown."""
        timers.set_countdown(self.ledger, self.account(account_id), symbol, after_ms, now_ms=now_ms)

    def run_out(self, account_id: str, *, now_ms: int) -> None:
        """End what of an account's orders ends by itself until now: GTD and countdowns."""
        timers.run_out(self.ledger, self.account(account_id), now_ms=now_ms)

    def find_order(
        self, account_id: str, symbol: str, *, order_id: int = 0, client_id: str = "", now_ms: int = 0
    ) -> Order | None:
        """An order by its id, else the newest that carried the client id; None for one past its time at `now_ms`."""
        account = self.account(account_id)
        key = order_id or account.newest_by_client_id.get(f"{symbol}|{client_id}", 0)
        order = account.orders.get(key)
        if order is None or order.symbol != symbol:
            return None
        return None if retention.order_is_gone(order, max(now_ms, self.market.at_ms)) else order

    def place_algo(self, account_id: str, request: AlgoRequest, *, now_ms: int) -> AlgoOrder:
        """Accept a conditional order."""
        return algo_service.place(self.ledger, self.market, self.account(account_id), request, now_ms=now_ms)

    def cancel_algo(self, algo: AlgoOrder, *, now_ms: int) -> AlgoOrder:
        """Cancel a conditional order; raises -2011 when it no longer waits."""
        algo_service.cancel(self.ledger, algo, now_ms=now_ms)
        return algo

    def find_algo(self, account_id: str, *, algo_id: int = 0, client_id: str = "", now_ms: int = 0) -> AlgoOrder | None:
        """A conditional order by its id, else the newest that carried the client id; None for one past its time."""
        algos = self.account(account_id).algos
        algo = algos.get(algo_id)
        if not algo_id:
            algo = next((a for a in reversed(algos.values()) if a.client_algo_id == client_id), None)
        return None if algo is None or retention.algo_is_gone(algo, max(now_ms, self.market.at_ms)) else algo

    def refuse_next_triggers(self, account_id: str, count: int) -> None:
        """Refuse so many of an account's next conditional orders at the moment they trigger."""
        self.ledger.refuse_triggers[self.account(account_id).account_id] = count

    def set_prices(
        self,
        prices: Mapping[str, Decimal],
        *,
        marks: Mapping[str, Decimal] = MappingProxyType({}),
        lasts: Mapping[str, Decimal] = MappingProxyType({}),
        now_ms: int,
    ) -> None:
        """Move prices (USDT by symbol) at once, then marks and lasts apart from them, and let all that waited happen.

        Marks and lasts stay apart until the market next walks. Raises -1121 or -4001 before moving any.
        """
        for symbol, price in (*prices.items(), *marks.items(), *lasts.items()):
            self._require_listed(symbol)
            if not price.is_finite() or price <= 0:
                raise Refusal(-4001)
        for symbol, price in prices.items():
            self.market.set_price(symbol, price)
        for symbol, price in marks.items():
            self.market.quotes[symbol].mark = price
        for symbol, price in lasts.items():
            self.market.quotes[symbol].last = price
            self.market.taken.pop(symbol, None)
        if self.tape is not None:
            self.tape.reach(self.market, (*prices, *lasts))
        self._settle(now_ms)

    def set_listing(
        self, symbol: str, *, status: str | None = None, control: str | None = None, tradfi: bool | None = None
    ) -> Listing:
        """Change a symbol's status, the side whose orders must be reduce-only, or whether it is TradFi; the rest stays.

        Raises -1121 for an unknown symbol, -1122 for an unknown status, -1130 for an unknown side.
        """
        self._require_listed(symbol)
        new = self.market.listing(symbol).changed(status=status, control=control, tradfi=tradfi)
        self.market.listings[symbol] = new
        return new

    def delist(self, symbol: str, *, now_ms: int) -> None:
        """End a symbol: its orders expire, its positions settle at the mark, nothing more is traded; raises -1121."""
        self._require_listed(symbol)
        delisting.delist(self.ledger, self.market, symbol, now_ms=now_ms)

    def agree_to_tradfi(self, account_id: str) -> None:
        """Sign the agreement that TradFi symbols need."""
        account = self.account(account_id)
        account.tradfi_agreed = True
        self.ledger.touch(account)

    def step(self, now_ms: int) -> None:
        """Walk the market up to now, second by second, and settle after each."""
        # A long sleep isn't walked through, but the funding of its hours is owed.
        while self.market.next_funding_ms() + LONGEST_CATCH_UP_MS <= now_ms:
            self.market.at_ms = self.market.next_funding_ms()
            self._exchange_funding()
        while self.market.has_step_due(now_ms):
            crossed_funding = self.market.step()
            at_ms = self.market.at_ms
            if crossed_funding:
                self._exchange_funding()
            self._settle(at_ms)
            if self.tape is not None:
                self.tape.note(self.market)
                self.tape.note_fills(self.ledger.take_fills())
        if now_ms - self.forgot_ms >= retention.HOUR_MS:
            self.forgot_ms = now_ms
            retention.forget_due(self.ledger, now_ms=now_ms)

    def _require_listed(self, symbol: str) -> None:
        if symbol not in self.market.instruments:
            raise Refusal(-1121)

    def _exchange_funding(self) -> None:
        if self.tape is not None:
            self.tape.note_funding(self.market)
        for account in self._active():
            settlement.pay_funding(self.ledger, self.market, account, now_ms=self.market.at_ms)
        self.market.renew_funding_rates()

    def _active(self) -> list[Account]:
        """The accounts prices matter to, in the order they were opened: the same after a restart."""
        return sorted(self.ledger.active.values(), key=lambda account: (len(account.account_id), account.account_id))

    def _settle(self, now_ms: int) -> None:
        for account in self._active():
            if calm.is_calm(account, self.market):
                continue
            timers.run_out(self.ledger, account, now_ms=now_ms)
            if account.open_orders:
                matching.match_resting(self.ledger, self.market, account, now_ms=now_ms)
            if account.open_algos:
                # No stop outruns the liquidation that the same prices make due.
                sums = margins(account, self.market)
                liquidation.liquidate_if_due(self.ledger, self.market, account, sums, now_ms=now_ms)
                algo_service.trigger_due(self.ledger, self.market, account, now_ms=now_ms)
            liquidation.look_after(self.ledger, self.market, account, now_ms=now_ms)

    def print_tape(self) -> Tape:
        """Begin to print candles and funding rates, which an exchange doesn't by itself."""
        self.ledger.fills = []
        self.tape = Tape()
        return self.tape


def new_exchange(*, seed: int, now_ms: int, instruments: Instruments = INSTRUMENTS) -> Exchange:
    """An exchange without accounts, at the starting prices of the instruments (by symbol) it trades."""
    return Exchange(market=new_market(seed=seed, now_ms=now_ms, instruments=instruments))
