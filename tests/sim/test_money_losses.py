"""Who pays for what an account can't: the fund, other holders, and never more than they can bear (§4.2)."""

from __future__ import annotations

from decimal import Decimal

from nof1web.sim.accounts import ISOLATED, Account
from nof1web.sim.algo_orders import AlgoRequest
from nof1web.sim.engine import Exchange, new_exchange
from nof1web.sim.margin import margins, withdrawable
from nof1web.sim.orders import OrderRequest

BTC, ETH, D = "BTCUSDT", "ETHUSDT", Decimal


def floor(*wallets: str, fund: str = "0", hedge: bool = False) -> tuple[Exchange, list[Account]]:
    """An exchange at BTC 60000, ETH 3000 with so much in the fund, and accounts with these wallets."""
    exchange = new_exchange(seed=1, now_ms=0)
    exchange.market.frozen = True
    exchange.set_prices({BTC: D(60000), ETH: D(3000)}, now_ms=0)
    exchange.ledger.fund.balances["USDT"] = D(fund)
    return exchange, [exchange.open_account(D(wallet), hedge=hedge, now_ms=0) for wallet in wallets]


def hold(exchange: Exchange, account: Account, symbol: str, quantity: str, side: str = "BOTH") -> None:
    """Give an account a position entered at the mark, without fee; an isolated one with a twentieth set aside."""
    position = account.position(symbol, side)
    position.quantity, position.entry_price = D(quantity), exchange.market.mark(symbol)
    if account.is_isolated(symbol):
        position.isolated_wallet = abs(position.quantity) * position.entry_price / 20
    exchange.ledger.touch(account)


def income(account: Account, kind: str) -> Decimal:
    """The sum of a kind of income."""
    return sum((row.amount for row in account.income if row.kind == kind), D(0))


def test_a_liquidation_costs_an_eightieth_of_the_notional_while_there_is_so_much():
    exchange, (account,) = floor("1000")
    hold(exchange, account, BTC, "0.01")
    hold(exchange, account, ETH, "-10")
    exchange.set_prices({ETH: D(3095)}, now_ms=1)
    # BTC goes first: 600 * 0.0125, then ETH takes the 18.9 that fees and BTC left of 50.
    cleared = [row.amount for row in account.income if row.kind == "INSURANCE_CLEAR"]
    assert cleared[0] == D("-7.5") and len(cleared) == 2
    assert account.wallet == 0


def test_a_small_leg_does_not_carry_the_deficit_of_a_large_one():
    exchange, (holder, victim) = floor("20000", "4000")
    hold(exchange, holder, BTC, "-0.5")
    hold(exchange, victim, ETH, "-20")
    hold(exchange, victim, BTC, "0.1")
    exchange.set_prices({BTC: D(60600), ETH: D(12000)}, now_ms=1)
    assert holder.quantity(BTC, "BOTH") == D("-0.5") and income(holder, "REALIZED_PNL") == 0
    fills = {trade.symbol: trade.price for trade in victim.trades}
    assert fills == {BTC: D(60600), ETH: D(12000)} and victim.wallet == 0


def test_nobody_is_taken_over_beyond_the_own_entry():
    exchange, (holder, victim) = floor("20000", "500")
    hold(exchange, holder, BTC, "-0.1")
    hold(exchange, victim, BTC, "0.1")
    victim.wallet = D(-500)
    exchange.set_prices({BTC: D(59000)}, now_ms=1)
    assert [trade.price for trade in victim.trades] == [60000] and victim.wallet == 0


def test_nobody_is_deleveraged_into_a_loss():
    exchange, (early, late, victim) = floor("20000", "20000", "1000")
    hold(exchange, early, BTC, "-0.1")
    exchange.set_prices({BTC: D(50000)}, now_ms=1)
    hold(exchange, late, BTC, "-0.1")
    exchange.set_prices({BTC: D(60000)}, now_ms=1)
    hold(exchange, victim, BTC, "0.2")
    exchange.set_prices({BTC: D(40000)}, now_ms=1)
    # 60000 less 1000 / 0.2: a loss for who sold at 50000.
    assert early.trades[0].price == D(55000)
    assert late.quantity(BTC, "BOTH") == D("-0.1")
    assert victim.wallet == 0 and exchange.ledger.fund.balance("USDT") < -1400


def test_who_would_be_left_owing_is_not_deleveraged():
    exchange, (holder, victim) = floor("3000", "1000")
    hold(exchange, holder, BTC, "-0.2")
    hold(exchange, holder, ETH, "4")
    hold(exchange, victim, BTC, "0.2")
    exchange.set_prices({BTC: D(40000), ETH: D(1450)}, now_ms=1)
    # 3000 + 4000 - 6200 is less than the 3000 that giving up 15000 on 0.2 would cost.
    assert holder.quantity(BTC, "BOTH") == D("-0.2") and holder.wallet == 3000


def test_a_fund_that_can_pay_for_one_leg_pays_for_one():
    exchange, (holder, victim) = floor("100000", "1000", fund="1200")
    hold(exchange, holder, ETH, "-10")
    hold(exchange, victim, BTC, "0.1")
    hold(exchange, victim, ETH, "2")
    exchange.set_prices({BTC: D(45000), ETH: D(2250)}, now_ms=1)
    # Each leg lost 1500, and 1000 of that is missing: the fund pays for BTC, who sold ETH for the other.
    assert (holder.quantity(ETH, "BOTH"), holder.trades[0].price) == (-8, 2750)
    # 1200 less 1000 and the fees of 4500 and 5500.
    assert (victim.wallet, exchange.ledger.fund.balance("USDT")) == (0, 195)


def test_deleveraging_costs_an_isolated_position_no_more_than_its_margin():
    exchange, (account,) = floor("10000")
    exchange.set_margin_type(account.account_id, BTC, ISOLATED)
    hold(exchange, account, BTC, "0.1")
    exchange.auto_deleverage(account.account_id, BTC, "BOTH", price=D(50000), now_ms=1)
    assert account.wallet == D(10000) - D(300)


def test_the_end_of_a_symbol_costs_an_isolated_position_no_more_than_its_margin():
    exchange, (account,) = floor("10000")
    exchange.set_margin_type(account.account_id, BTC, ISOLATED)
    hold(exchange, account, BTC, "0.1")
    exchange.market.set_price(BTC, D(50000))
    exchange.delist(BTC, now_ms=1)
    assert account.wallet == D(10000) - D(300)


def test_the_end_of_a_symbol_leaves_nobody_owing():
    exchange, (account,) = floor("1000")
    hold(exchange, account, BTC, "0.3")
    exchange.market.set_price(BTC, D(50000))
    exchange.delist(BTC, now_ms=1)
    assert (account.wallet, exchange.ledger.fund.balance("USDT")) == (0, -2000)


def test_the_end_of_a_symbol_is_not_paid_with_isolated_margin():
    exchange, (account,) = floor("1000")
    exchange.set_margin_type(account.account_id, ETH, ISOLATED)
    hold(exchange, account, ETH, "4")
    hold(exchange, account, BTC, "0.05")
    exchange.market.set_price(BTC, D(48000))
    exchange.delist(BTC, now_ms=1)
    # 600 lost of the 400 beside ETH's margin.
    assert (account.wallet, exchange.ledger.fund.balance("USDT")) == (600, -200)


def test_what_the_end_of_a_symbol_leaves_without_margin_is_liquidated():
    exchange, (account,) = floor("1000")
    hold(exchange, account, BTC, "0.3")
    hold(exchange, account, ETH, "1")
    exchange.market.set_price(BTC, D(56680))
    exchange.delist(BTC, now_ms=1)
    assert account.live_positions() == [] and account.wallet >= 0


def test_only_the_wallet_may_be_taken_out_and_no_profit():
    exchange, (account,) = floor("1000")
    hold(exchange, account, BTC, "0.01")
    exchange.set_prices({BTC: D(160000)}, now_ms=1)
    # 1000 of profit, and 80 of initial margin covered by it.
    assert withdrawable(account, exchange.market, margins(account, exchange.market), "USDT") == 1000


def test_no_more_of_an_asset_may_be_taken_out_than_there_is():
    exchange, (account,) = floor("1000")
    exchange.deposit(account.account_id, "USDC", D(50), now_ms=0)
    exchange.set_multi_assets(account.account_id, on=True, now_ms=0)
    assert withdrawable(account, exchange.market, margins(account, exchange.market), "USDC") == 50


def test_a_stop_does_not_outrun_the_liquidation_of_the_same_gap():
    exchange, (account,) = floor("1000")
    exchange.place_order(account.account_id, OrderRequest(BTC, "BUY", "MARKET", D("0.1")), now_ms=0)
    stop = AlgoRequest(BTC, "SELL", "STOP_MARKET", D(0), D(58000), close_position=True)
    placed = exchange.place_algo(account.account_id, stop, now_ms=0)
    exchange.set_prices({BTC: D(50000)}, now_ms=1)
    assert "autoclose-" in list(account.orders.values())[-1].client_order_id
    assert placed.status == "EXPIRED"
