"""Money is moved, never made: over any days of trading every wallet is the sum of its income."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from nof1web.sim import calm
from nof1web.sim.accounts import ZERO, Account, Income
from nof1web.sim.algo_orders import AlgoRequest
from nof1web.sim.engine import Exchange, new_exchange
from nof1web.sim.insurance import START
from nof1web.sim.margin import margins
from nof1web.sim.orders import OrderRequest
from nof1web.sim.refusal import Refusal
from nof1web.sim.rules import ASSETS

BTC, D = "BTCUSDT", Decimal
WHO = st.integers(0, 3)
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("market"), WHO, st.sampled_from(["BUY", "SELL"]), st.integers(1, 4000)),
        st.tuples(st.just("limit"), WHO, st.sampled_from(["BUY", "SELL"]), st.integers(1, 4000)),
        st.tuples(st.just("stop"), WHO, st.sampled_from(["BUY", "SELL"]), st.integers(1, 4000)),
        st.tuples(st.just("margin"), WHO, st.sampled_from([1, 2]), st.integers(1, 100)),
        st.tuples(st.just("price"), st.integers(30_000, 120_000)),
        st.tuples(st.just("fund"), st.sampled_from([0, 1_000_000])),
        st.tuples(st.just("adl"), WHO),
        st.tuples(st.just("funding")),
    ),
    max_size=25,
)


def crowd() -> tuple[Exchange, list[Account]]:
    """A crossed, an isolated, a multi-assets account and one that pays its fees in BNB."""
    exchange = new_exchange(seed=1, now_ms=0)
    exchange.market.frozen = True
    accounts = [exchange.open_account(D(2000), now_ms=0) for _ in range(4)]
    exchange.set_margin_type("a2", BTC, "ISOLATED")
    exchange.deposit("a3", "BNB", D(1), now_ms=0)
    exchange.set_multi_assets("a3", on=True, now_ms=0)
    exchange.deposit("a4", "BNB", D("0.05"), now_ms=0)
    exchange.set_fee_burn("a4", on=True)
    return exchange, accounts


def act(exchange: Exchange, action: tuple) -> None:
    """Do one thing; what is refused changes nothing."""
    name = f"a{action[1] + 1}" if len(action) > 1 else ""
    mark = exchange.market.mark(BTC)
    with suppress(Refusal):
        match action:
            case ("market", _, side, steps):
                exchange.place_order(name, OrderRequest(BTC, side, "MARKET", D(steps) / 10_000), now_ms=1)
            case ("limit", _, side, steps):
                price = (mark * D("0.99") if side == "BUY" else mark * D("1.01")).quantize(D("0.1"))
                wish = OrderRequest(BTC, side, "LIMIT", D(steps) / 10_000, price=price)
                exchange.place_order(name, wish, now_ms=1)
            case ("stop", _, side, steps):
                trigger = (mark * D("1.05") if side == "BUY" else mark * D("0.95")).quantize(D("0.1"))
                exchange.place_algo(name, AlgoRequest(BTC, side, "STOP_MARKET", D(steps) / 10_000, trigger), now_ms=1)
            case ("margin", _, kind, amount):
                exchange.change_margin(name, BTC, "BOTH", kind=kind, amount=D(amount), now_ms=1)
            case ("price", price):
                exchange.set_prices({BTC: D(price)}, now_ms=1)
            case ("fund", left):
                exchange.ledger.use_fund("USDT", left - exchange.ledger.fund.balance("USDT"))
            case ("adl", _):
                exchange.auto_deleverage(name, BTC, "BOTH", now_ms=1)
            case _:
                exchange.market.at_ms = exchange.market.next_funding_ms() - 1000
                exchange.step(exchange.market.at_ms + 1000)


def unasked(account: Account) -> list[Income]:
    """What the fund paid although no forced fill came just before and nothing was owed."""
    orders = {trade.trade_id: account.orders[trade.order_id] for trade in account.trades}
    wallet, forced, found = ZERO, False, []
    for row in (row for row in account.income if row.asset == "USDT"):
        if row.trade_id in orders:
            forced = "autoclose" in orders[row.trade_id].client_order_id
        if row.kind == "INSURANCE_CLEAR" and row.amount > 0 and not forced and wallet >= 0:
            found.append(row)
        wallet += row.amount
    return found


@settings(max_examples=150, deadline=None)
@given(ACTIONS)
def test_every_wallet_is_its_income_and_the_fund_the_other_side(actions):
    exchange, accounts = crowd()
    given_to_fund = ZERO
    for action in actions:
        before = exchange.ledger.fund.balance("USDT")
        act(exchange, action)
        if action[0] == "fund":
            given_to_fund += exchange.ledger.fund.balance("USDT") - before
    for account in accounts:
        for asset in ASSETS:
            booked = sum((row.amount for row in account.income if row.asset == asset), ZERO)
            assert account.balance(asset) == booked
        assert unasked(account) == []
    rows = [row for account in accounts for row in account.income]
    for asset in ASSETS:
        moved = [r.amount for r in rows if r.asset == asset and r.kind in ("INSURANCE_CLEAR", "AUTO_EXCHANGE")]
        start = START + given_to_fund if asset == "USDT" else ZERO
        assert exchange.ledger.fund.balance(asset) == start - sum(moved, ZERO)


@settings(max_examples=100, deadline=None)
@given(ACTIONS)
def test_no_position_lives_on_less_than_its_maintenance(actions):
    exchange, accounts = crowd()
    for action in [*actions, ("price", 55_000), ("price", 65_000)]:
        act(exchange, action)
    for account in accounts:
        sums = margins(account, exchange.market)
        assert sums.cross_equity > sums.cross_maintenance or not sums.cross_maintenance
        holds_crossed = any(not account.is_isolated(position.symbol) for position in account.live_positions())
        assert account.multi_assets or sums.cross_wallet >= 0 or holds_crossed
        assert (account.account_id in exchange.ledger.active) == account.is_active()


@settings(max_examples=100, deadline=None)
@given(ACTIONS, st.lists(st.integers(-30, 30), min_size=5, max_size=20))
def test_leaving_calm_accounts_alone_changes_nothing(actions, walk):
    def wallets(look_always: bool) -> list[tuple[Decimal, Decimal, int]]:
        exchange, accounts = crowd()
        for action in actions:
            act(exchange, action)
        for part in walk:
            if look_always:
                for account in accounts:
                    account.calm = None
            exchange.set_prices({BTC: (exchange.market.mark(BTC) * (1 + D(part) / 1000)).quantize(D("0.1"))}, now_ms=2)
        return [(each.wallet, each.quantity(BTC, "BOTH"), len(each.open_algos)) for each in accounts]

    assert wallets(look_always=False) == wallets(look_always=True)


def test_an_idle_holder_is_calm_until_its_stop_comes_near():
    exchange, (account, *_) = crowd()
    exchange.set_prices({BTC: D(60000)}, now_ms=0)
    exchange.place_order("a1", OrderRequest(BTC, "BUY", "MARKET", D("0.01")), now_ms=0)
    exchange.place_algo("a1", AlgoRequest(BTC, "SELL", "STOP_MARKET", D("0.01"), D(58000)), now_ms=0)
    exchange.set_prices({BTC: D(60001)}, now_ms=0)
    low, high = (account.calm or {})[BTC]
    assert D(58000) < low < D(58200) and high > D(66000)
    exchange.market.set_price(BTC, D(58100))
    assert not calm.is_calm(account, exchange.market)
