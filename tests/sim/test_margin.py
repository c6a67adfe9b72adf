"""Margin numbers worked out by hand: maintenance over brackets, where liquidation waits, what orders bind."""

from __future__ import annotations

from decimal import Decimal

from nof1web.sim.accounts import Account
from nof1web.sim.engine import Exchange, new_exchange
from nof1web.sim.margin import liquidation_price, maintenance_margin, margins
from nof1web.sim.orders import OrderRequest

BTC = "BTCUSDT"
D = Decimal


def holder(wallet: str, *positions: tuple[str, str, str], hedge: bool = False) -> tuple[Exchange, Account]:
    """An account with a wallet and positions (symbol, side, quantity) entered at BTC 60000, ETH 3000, the marks."""
    exchange = new_exchange(seed=1, now_ms=0)
    exchange.market.frozen = True
    exchange.set_prices({BTC: D(60000), "ETHUSDT": D(3000)}, now_ms=0)
    account = exchange.open_account(D(wallet), hedge=hedge, now_ms=0)
    for symbol, side, quantity in positions:
        position = account.position(symbol, side)
        position.quantity, position.entry_price = D(quantity), exchange.market.mark(symbol)
    exchange.ledger.touch(account)
    return exchange, account


def price_of(exchange: Exchange, account: Account, symbol: str = BTC, side: str = "BOTH") -> Decimal:
    """Where liquidation waits for a position, to four decimals."""
    sums = margins(account, exchange.market)
    found = liquidation_price(account, account.position(symbol, side), exchange.market, sums)
    return found.quantize(D("0.0001"))


def test_maintenance_counts_each_bracket_of_the_notional():
    exchange, account = holder("100000", (BTC, "LONG", "6"), (BTC, "SHORT", "-4"), hedge=True)
    long, short = account.live_positions()
    # 300000 at 0.4 % and 60000 at 0.5 %; 240000 lies within the first bracket.
    assert maintenance_margin(long, exchange.market) == D(1200) + D(300)
    assert maintenance_margin(short, exchange.market) == D(960)
    assert margins(account, exchange.market).maintenance == D(2460)


def test_a_crossed_position_is_carried_by_the_whole_wallet():
    exchange, account = holder("1000", (BTC, "BOTH", "0.1"))
    # 0.1 p - 6000 + 1000 = 0.1 p * 0.004
    assert price_of(exchange, account) == D("50200.8032")


def test_other_crossed_positions_carry_and_burden_too():
    exchange, account = holder("1000", (BTC, "BOTH", "0.1"), ("ETHUSDT", "BOTH", "-1"))
    exchange.market.set_price("ETHUSDT", D(2900))
    # ETH adds 100 profit and needs 2900 * 0.004 = 11.6.
    assert price_of(exchange, account) == ((D(6000) - D("1088.4")) / D("0.0996")).quantize(D("0.0001"))


def test_a_short_that_grows_into_the_next_bracket_is_liquidated_by_its_terms():
    exchange, account = holder("10000", (BTC, "BOTH", "-4.9"))
    found = price_of(exchange, account)
    assert found == (D(304300) / D("4.9245")).quantize(D("0.0001"))
    exchange.market.set_price(BTC, found)
    sums = margins(account, exchange.market)
    assert abs(sums.equity - sums.maintenance) < D("0.001")


def test_both_sides_of_a_hedged_symbol_share_one_liquidation_price():
    exchange, account = holder("1000", (BTC, "LONG", "0.1"), (BTC, "SHORT", "-0.04"), hedge=True)
    wanted = (D(2600) / D("0.05944")).quantize(D("0.0001"))
    assert [price_of(exchange, account, side=side) for side in ("LONG", "SHORT")] == [wanted, wanted]


def test_an_isolated_position_is_carried_by_its_own_margin_alone():
    exchange, account = holder("1000")
    exchange.set_margin_type(account.account_id, BTC, "ISOLATED")
    exchange.place_order(account.account_id, OrderRequest(BTC, "BUY", "MARKET", D("0.1")), now_ms=0)
    # Bought at 60001.2 with a twentieth set aside: (6000.12 - 300.006) / (0.1 * 0.996).
    assert account.position(BTC, "BOTH").isolated_wallet == D("300.006")
    assert price_of(exchange, account) == D("57230.0602")


def test_other_assets_move_the_liquidation_price_in_multi_assets_mode():
    exchange, account = holder("500", (BTC, "BOTH", "0.1"))
    exchange.deposit(account.account_id, "USDC", D(500), now_ms=0)
    account.multi_assets = True
    # Each dollar counts for 0.9999 of itself.
    assert price_of(exchange, account) == ((D(6000) - D("999.9")) / D("0.0996")).quantize(D("0.0001"))


def test_a_resting_order_against_a_position_binds_only_what_it_could_open():
    exchange, account = holder("1000", (BTC, "BOTH", "0.01"))
    sell = OrderRequest(BTC, "SELL", "LIMIT", D("0.015"), price=D(61000))
    exchange.place_order(account.account_id, sell, now_ms=0)
    # |600 - 915| is less than the 600 held.
    assert margins(account, exchange.market).order_initial == 0
    exchange.place_order(account.account_id, OrderRequest(BTC, "BUY", "LIMIT", D("0.01"), price=D(59000)), now_ms=0)
    assert margins(account, exchange.market).order_initial == D(590) / 20


def test_a_hedged_closing_order_binds_nothing():
    exchange, account = holder("1000", (BTC, "LONG", "0.01"), hedge=True)
    sell = OrderRequest(BTC, "SELL", "LIMIT", D("0.01"), "LONG", price=D(61000))
    exchange.place_order(account.account_id, sell, now_ms=0)
    assert margins(account, exchange.market).order_initial == 0


def test_a_resting_sell_binds_as_much_as_a_buy():
    exchange, account = holder("1000")
    sell = OrderRequest(BTC, "SELL", "LIMIT", D("0.01"), price=D(61000))
    exchange.place_order(account.account_id, sell, now_ms=0)
    assert margins(account, exchange.market).order_initial == D(610) / 20
