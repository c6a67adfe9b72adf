"""The exchange: one facade over accounts, orders, conditional orders and prices. No clock and no I/O in here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from nof1web.sim import algo as algo_service
from nof1web.sim import configs, matching, news, settlement
from nof1web.sim.accounts import Account, Income
from nof1web.sim.algo_orders import AlgoOrder, AlgoRequest
from nof1web.sim.ledger import Ledger
from nof1web.sim.margin import initial_margin, liquidation_price, margins
from nof1web.sim.market import Market, new_market
from nof1web.sim.orders import Order, OrderRequest
from nof1web.sim.refusal import Refusal
from nof1web.sim.rules import ASSETS, INSTRUMENTS, Bracket, Instrument, Instruments

__all__ = [
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

FIRST_UID = 400_000_000


@dataclass(slots=True)
class Exchange:
    """A USDⓈ-M futures exchange (binance.md §§3-8). Every call is given the time (ms); refusals raise Refusal."""

    market: Market
    ledger: Ledger = field(default_factory=Ledger)

    def open_account(self, balance: Decimal, *, hedge: bool = False, now_ms: int) -> Account:
        """A new account with a balance (USDT)."""
        number = self.ledger.next_id("account")
        account = Account(f"a{number}", balance, now_ms, hedge=hedge, updated_ms=now_ms, uid=FIRST_UID + number)
        self.ledger.touch(account)
        tran_id = self.ledger.next_id("tran")
        self.ledger.keep_income(Income(tran_id, account.account_id, "", "TRANSFER", balance, now_ms))
        return account

    def deposit(self, account_id: str, asset: str, amount: Decimal, *, now_ms: int) -> Account:
        """Move a signed amount (units of the asset) in or out; raises -1126 or -2018."""
        account = self.account(account_id)
        if asset not in ASSETS:
            raise Refusal(-1126)
        if account.balance(asset) + amount < 0:
            raise Refusal(-2018)
        account.credit(asset, amount)
        account.updated_ms = now_ms
        self.ledger.touch(account)
        income = Income(self.ledger.next_id("tran"), account_id, "", "TRANSFER", amount, now_ms, asset=asset)
        self.ledger.keep_income(income)
        reason = "DEPOSIT" if amount >= 0 else "WITHDRAW"
        news.account_changed(self.ledger, self.market, account, reason, now_ms=now_ms, changes={asset: amount})
        return account

    def account(self, account_id: str) -> Account:
        """An account by id; raises Refusal -2015."""
        return self.ledger.account(account_id)

    def place_order(self, account_id: str, request: OrderRequest, *, now_ms: int) -> Order:
        """Accept an order and match it at once; the answer carries its state after matching."""
        return matching.place(self.ledger, self.market, self.account(account_id), request, now_ms=now_ms)

    def check_order(self, account_id: str, request: OrderRequest) -> None:
        """Run the checks of place_order without placing anything."""
        matching.check(self.account(account_id), self.market, request)

    def cancel_order(self, account_id: str, order: Order, *, now_ms: int) -> Order:
        """Take an order out of the book; raises -2011 when it no longer rests."""
        if not order.is_open:
            raise Refusal(-2011)
        matching.end(self.ledger, order, "CANCELED", now_ms=now_ms)
        account = self.account(account_id)
        algo_service.follow_child(self.ledger, account, order, now_ms=now_ms)
        return order

    def find_order(self, account_id: str, symbol: str, *, order_id: int = 0, client_id: str = "") -> Order | None:
        """An order by its id, else the newest that carried the client id."""
        account = self.account(account_id)
        key = order_id or account.newest_by_client_id.get(f"{symbol}|{client_id}", 0)
        order = account.orders.get(key)
        return order if order and order.symbol == symbol else None

    def place_algo(self, account_id: str, request: AlgoRequest, *, now_ms: int) -> AlgoOrder:
        """Accept a conditional order."""
        return algo_service.place(self.ledger, self.market, self.account(account_id), request, now_ms=now_ms)

    def cancel_algo(self, algo: AlgoOrder, *, now_ms: int) -> AlgoOrder:
        """Cancel a conditional order; raises -2011 when it no longer waits."""
        algo_service.cancel(self.ledger, algo, now_ms=now_ms)
        return algo

    def find_algo(self, account_id: str, *, algo_id: int = 0, client_id: str = "") -> AlgoOrder | None:
        """A conditional order by its id, else the newest that carried the client id."""
        algos = self.account(account_id).algos
        if algo_id:
            return algos.get(algo_id)
        return next((a for a in reversed(list(algos.values())) if a.client_algo_id == client_id), None)

    def set_leverage(self, account_id: str, symbol: str, leverage: int, *, now_ms: int) -> None:
        """Choose a symbol's leverage: -4028 -4161 -2027 -2028."""
        configs.set_leverage(self.ledger, self.market, self.account(account_id), symbol, leverage, now_ms=now_ms)

    def set_margin_type(self, account_id: str, symbol: str, margin_type: str) -> None:
        """Choose CROSSED or ISOLATED: -4046 -4047 -4048 -4168."""
        configs.set_margin_type(self.ledger, self.account(account_id), symbol, margin_type)

    def set_hedge(self, account_id: str, *, hedge: bool) -> None:
        """Choose the position mode: -4059 -4067 -4068."""
        configs.set_hedge(self.ledger, self.account(account_id), hedge=hedge)

    def set_multi_assets(self, account_id: str, *, on: bool, now_ms: int) -> None:
        """Choose the asset mode: -4171 -4167 -4170."""
        configs.set_multi_assets(self.ledger, self.account(account_id), on=on, now_ms=now_ms)

    def set_prices(self, prices: Mapping[str, Decimal], *, now_ms: int) -> None:
        """Move prices at once and let all that waited for them happen; raises -1121 or -4001 before moving any."""
        for symbol, price in prices.items():
            if symbol not in self.market.instruments:
                raise Refusal(-1121)
            if not price.is_finite() or price <= 0:
                raise Refusal(-4001)
        for symbol, price in prices.items():
            self.market.set_price(symbol, price)
        self._settle(now_ms)

    def step(self, now_ms: int) -> None:
        """Walk the market up to now, second by second, and settle after each."""
        while self.market.has_step_due(now_ms):
            crossed_funding = self.market.step()
            at_ms = self.market.at_ms
            if crossed_funding:
                for account in self._active():
                    settlement.pay_funding(self.ledger, self.market, account, now_ms=at_ms)
                self.market.renew_funding_rates()
            self._settle(at_ms)

    def _active(self) -> list[Account]:
        return [account for account in self.ledger.accounts.values() if account.is_active()]

    def _settle(self, now_ms: int) -> None:
        for account in self._active():
            children = [order for order in account.open_orders.values() if order.algo_id]
            if account.open_orders:
                matching.match_resting(self.ledger, self.market, account, now_ms=now_ms)
            for order in children:
                algo_service.follow_child(self.ledger, account, order, now_ms=now_ms)
            algo_service.trigger_due(self.ledger, self.market, account, now_ms=now_ms)
            settlement.liquidate_if_due(self.ledger, self.market, account, now_ms=now_ms)


def new_exchange(*, seed: int, now_ms: int, instruments: Instruments = INSTRUMENTS) -> Exchange:
    """An exchange without accounts, at the starting prices of the instruments (by symbol) it trades."""
    return Exchange(market=new_market(seed=seed, now_ms=now_ms, instruments=instruments))
