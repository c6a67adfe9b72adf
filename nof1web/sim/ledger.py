"""Everything the accounts own, and what changed since the state was last written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from nof1web.sim.accounts import Account, Income, MarginChange, Trade
from nof1web.sim.algo_orders import AlgoOrder
from nof1web.sim.events import Event
from nof1web.sim.insurance import Fund
from nof1web.sim.orders import Amendment, Order
from nof1web.sim.refusal import Refusal

_Kept = TypeVar("_Kept")


@dataclass(slots=True)
class Counters:
    """The last ids given out."""

    account: int = 0
    order: int = 28_000_000_000
    trade: int = 536_000_000
    algo: int = 1_000_000_200_000_000
    tran: int = 9_000_000_000
    margin_change: int = 0
    amendment: int = 5_000


@dataclass(slots=True)
class Ledger:
    """All accounts with their orders, trades and income; every write is remembered until `take_changes`.

    `active` are the accounts to which a change of price can matter, `fund` is the insurance fund;
    `watched` are the accounts whose user-data stream somebody listens to; `refuse_triggers` how many of an account's
    next conditional orders are refused when they trigger.
    """

    accounts: dict[str, Account] = field(default_factory=dict)
    active: dict[str, Account] = field(default_factory=dict)
    fund: Fund = field(default_factory=Fund)
    counters: Counters = field(default_factory=Counters)
    changed: dict[tuple[str, str], object] = field(default_factory=dict)
    watched: set[str] = field(default_factory=set)
    events: list[Event] = field(default_factory=list)
    fills: list[Trade] | None = None
    refuse_triggers: dict[str, int] = field(default_factory=dict)

    def account(self, account_id: str) -> Account:
        """An account by id; raises -2015 when there is none."""
        account = self.accounts.get(account_id)
        if account is None:
            raise Refusal(-2015)
        return account

    def next_id(self, kind: str) -> int:
        """A new id of a kind named in Counters."""
        value = int(getattr(self.counters, kind)) + 1
        setattr(self.counters, kind, value)
        return value

    def touch(self, account: Account) -> None:
        """Remember that an account changed."""
        self.accounts[account.account_id] = account
        self.changed["account", account.account_id] = account
        self._look_again(account)

    def keep_order(self, order: Order) -> None:
        """Store an order's present state in its account."""
        account = self.accounts[order.account_id]
        account.orders[order.order_id] = order
        if order.executed == order.quantity:
            # One number instead of two equal ones: there are many orders.
            order.executed = order.quantity
        account.newest_by_client_id[f"{order.symbol}|{order.client_order_id}"] = order.order_id
        _index(account.open_orders, order.order_id, order, keep=order.is_open)
        self._look_again(account)
        self.changed["order", str(order.order_id)] = order

    def keep_algo(self, algo: AlgoOrder) -> None:
        """Store a conditional order's present state in its account."""
        account = self.accounts[algo.account_id]
        account.algos[algo.algo_id] = algo
        _index(account.open_algos, algo.algo_id, algo, keep=not algo.is_done)
        self._look_again(account)
        self.changed["algo", str(algo.algo_id)] = algo

    def keep_amendment(self, amendment: Amendment) -> None:
        """Append a change of a resting order to its account's history."""
        self.accounts[amendment.account_id].amendments.append(amendment)
        self.changed["amendment", str(amendment.amendment_id)] = amendment

    def keep_trade(self, trade: Trade) -> None:
        """Append a fill to its account's history."""
        self.accounts[trade.account_id].trades.append(trade)
        if self.fills is not None:
            self.fills.append(trade)
        self.changed["trade", str(trade.trade_id)] = trade

    def keep_income(self, income: Income) -> None:
        """Append a change of the wallet to its account's history."""
        self.accounts[income.account_id].income.append(income)
        self.changed["income", str(income.tran_id)] = income

    def keep_margin_change(self, change: MarginChange) -> None:
        """Append a change of an isolated position's margin to its account's history."""
        self.accounts[change.account_id].margin_changes.append(change)
        self.changed["margin_change", str(change.change_id)] = change

    def use_fund(self, asset: str, amount: Decimal) -> None:
        """Put a signed amount (units of the asset) into the insurance fund."""
        self.fund.credit(asset, amount)
        self.changed["fund", "all"] = self.fund

    def _look_again(self, account: Account) -> None:
        account.calm = None
        if account.is_active():
            self.active[account.account_id] = account
        else:
            self.active.pop(account.account_id, None)

    def tell(self, account_id: str, event: Callable[[], Event]) -> None:
        """Note an event for whoever watches the account; it is made only when somebody does."""
        if account_id in self.watched:
            self.events.append(event())

    def take_events(self) -> list[Event]:
        """What watched accounts have to be told since the last call, oldest first."""
        events, self.events = self.events, []
        return events

    def take_fills(self) -> list[Trade]:
        """The fills since the last call, where somebody asked for them to be collected (`fills` isn't None)."""
        fills = self.fills or []
        if fills:
            self.fills = []
        return fills

    def take_changes(self) -> dict[tuple[str, str], object]:
        """What changed since the last call, by kind and id."""
        changed, self.changed = self.changed, {}
        return changed


def _index(index: dict[int, _Kept], key: int, value: _Kept, *, keep: bool) -> None:
    if keep:
        index[key] = value
    else:
        index.pop(key, None)
