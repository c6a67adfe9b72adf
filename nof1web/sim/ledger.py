"""Everything the accounts own, and what changed since the state was last written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from nof1web.sim.accounts import Account, Income, Trade
from nof1web.sim.algo_orders import AlgoOrder
from nof1web.sim.events import Event
from nof1web.sim.orders import Order
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


@dataclass(slots=True)
class Ledger:
    """All accounts with their orders, trades and income; every write is remembered until `take_changes`.

    `watched` are the accounts whose user-data stream somebody listens to.
    """

    accounts: dict[str, Account] = field(default_factory=dict)
    counters: Counters = field(default_factory=Counters)
    changed: dict[tuple[str, str], object] = field(default_factory=dict)
    watched: set[str] = field(default_factory=set)
    events: list[Event] = field(default_factory=list)

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

    def keep_order(self, order: Order) -> None:
        """Store an order's present state in its account."""
        account = self.accounts[order.account_id]
        account.orders[order.order_id] = order
        account.newest_by_client_id[f"{order.symbol}|{order.client_order_id}"] = order.order_id
        _index(account.open_orders, order.order_id, order, keep=order.is_open)
        self.changed["order", str(order.order_id)] = order

    def keep_algo(self, algo: AlgoOrder) -> None:
        """Store a conditional order's present state in its account."""
        account = self.accounts[algo.account_id]
        account.algos[algo.algo_id] = algo
        _index(account.open_algos, algo.algo_id, algo, keep=not algo.is_done)
        self.changed["algo", str(algo.algo_id)] = algo

    def keep_trade(self, trade: Trade) -> None:
        """Append a fill to its account's history."""
        self.accounts[trade.account_id].trades.append(trade)
        self.changed["trade", str(trade.trade_id)] = trade

    def keep_income(self, income: Income) -> None:
        """Append a change of the wallet to its account's history."""
        self.accounts[income.account_id].income.append(income)
        self.changed["income", str(income.tran_id)] = income

    def tell(self, account_id: str, event: Callable[[], Event]) -> None:
        """Note an event for whoever watches the account; it is made only when somebody does."""
        if account_id in self.watched:
            self.events.append(event())

    def take_events(self) -> list[Event]:
        """What watched accounts have to be told since the last call, oldest first."""
        events, self.events = self.events, []
        return events

    def take_changes(self) -> dict[tuple[str, str], object]:
        """What changed since the last call, by kind and id."""
        changed, self.changed = self.changed, {}
        return changed


def _index(index: dict[int, _Kept], key: int, value: _Kept, *, keep: bool) -> None:
    if keep:
        index[key] = value
    else:
        index.pop(key, None)
