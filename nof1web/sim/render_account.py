"""Accounts and their wallets as the exchange writes them (binance.md §4.2, Appendix B)."""

from __future__ import annotations

from decimal import Decimal

from nof1web.sim import collateral
from nof1web.sim.accounts import USDT, ZERO, Account
from nof1web.sim.margin import Margins, asset_available, margins, withdrawable
from nof1web.sim.market import Market
from nof1web.sim.render import Json, places, plain
from nof1web.sim.render_position import account_position, legacy_position, position_risk, shown_positions
from nof1web.sim.rules import ASSETS, Instrument

__all__ = ["account_v2", "account_v3", "asset_index", "balances", "portfolio_margin", "position_risk", "symbol_config"]

_NOTHING = Margins(*([ZERO] * 9))


def account_v3(account: Account, market: Market) -> Json:
    """GET v3/account: totals (USDT, in multi-assets mode USD), all wallets, positions with a quantity or orders."""
    sums = margins(account, market)
    return {
        **_totals(account, market, sums),
        "assets": [_asset(account, market, sums, name) for name in collateral.held(account)],
        "positions": [account_position(account, market, p) for p in shown_positions(account)],
    }


def account_v2(account: Account, market: Market, *, can_trade: bool, can_withdraw: bool) -> Json:
    """GET v2/account, the legacy one: every symbol, with leverage, isolated and entryPrice."""
    sums = margins(account, market)
    return {
        "feeTier": 0,
        "feeBurn": account.fee_burn,
        "canTrade": can_trade,
        "canDeposit": True,
        "canWithdraw": can_withdraw,
        "updateTime": 0,
        "multiAssetsMargin": account.multi_assets,
        "tradeGroupId": -1,
        **_totals(account, market, sums),
        "assets": [
            {**_asset(account, market, sums, name), "marginAvailable": True} for name in collateral.held(account)
        ],
        "positions": [
            legacy_position(account, market, instrument, side)
            for instrument in market.instruments.values()
            for side in account.sides()
        ],
    }


def balances(account: Account, market: Market) -> list[Json]:
    """GET balance: every asset with a wallet, USDT always."""
    sums = margins(account, market)
    answers: list[Json] = []
    for name in collateral.held(account):
        row = _asset(account, market, sums, name)
        answers.append(
            {
                "accountAlias": f"Sim{account.account_id}",
                "asset": name,
                "balance": row["walletBalance"],
                "crossWalletBalance": row["crossWalletBalance"],
                "crossUnPnl": row["crossUnPnl"],
                "availableBalance": row["availableBalance"],
                "maxWithdrawAmount": row["maxWithdrawAmount"],
                "marginAvailable": True,
                "updateTime": account.updated_ms,
            }
        )
    return answers


def symbol_config(account: Account, instrument: Instrument) -> Json:
    """One row of GET symbolConfig."""
    config = account.config(instrument.symbol)
    return {
        "symbol": instrument.symbol,
        "marginType": config.margin_type,
        "isAutoAddMargin": False,
        "leverage": config.leverage,
        "maxNotionalValue": plain(instrument.notional_cap(config.leverage)),
    }


def portfolio_margin(account: Account, market: Market, asset: str) -> Json:
    """GET pmAccountInfo: what may be taken out, in all (USD) and of one asset."""
    sums = margins(account, market)
    in_all = sum(
        (
            withdrawable(account, market, sums, name) * collateral.index_price(market, name)
            for name in collateral.held(account)
        ),
        ZERO,
    )
    if account.multi_assets:
        in_all = min(in_all, sums.available)
    return {
        "maxWithdrawAmountUSD": _eight(in_all),
        "asset": asset,
        "maxWithdrawAmount": _eight(withdrawable(account, market, sums, asset)),
    }


def asset_index(market: Market, asset: str, *, now_ms: int) -> Json:
    """One row of GET assetIndex: the index in USD, and what holding (bid) or owing (ask) one unit counts for."""
    index, buffer = collateral.index_price(market, asset), 1 - ASSETS[asset]
    return {
        "symbol": f"{asset}USD",
        "time": now_ms,
        "index": _eight(index),
        "bidBuffer": _eight(buffer),
        "askBuffer": _eight(buffer),
        "bidRate": _eight(index * (1 - buffer)),
        "askRate": _eight(index * (1 + buffer)),
        "autoExchangeBidBuffer": _eight(buffer),
        "autoExchangeAskBuffer": _eight(buffer),
        "autoExchangeBidRate": _eight(index * (1 - buffer)),
        "autoExchangeAskRate": _eight(index * (1 + buffer)),
    }


def _eight(value: Decimal) -> str:
    return places(value, 8)


def _totals(account: Account, market: Market, sums: Margins) -> Json:
    return {
        "totalInitialMargin": _eight(sums.position_initial + sums.order_initial),
        "totalMaintMargin": _eight(sums.maintenance),
        "totalWalletBalance": _eight(sums.wallet),
        "totalUnrealizedProfit": _eight(sums.unrealised),
        "totalMarginBalance": _eight(sums.equity),
        "totalPositionInitialMargin": _eight(sums.position_initial),
        "totalOpenOrderInitialMargin": _eight(sums.order_initial),
        "totalCrossWalletBalance": _eight(sums.cross_wallet),
        "totalCrossUnPnl": _eight(sums.cross_unrealised),
        "availableBalance": _eight(sums.available),
        "maxWithdrawAmount": _eight(min(sums.available, max(ZERO, sums.cross_wallet))),
    }


def _asset(account: Account, market: Market, sums: Margins, name: str) -> Json:
    """One wallet; margins and profit are USDT's alone, what is available may be shared."""
    wallet = account.balance(name)
    own = sums if name == USDT else _NOTHING
    # Isolated margin is set aside in USDT, and never in multi-assets mode.
    isolated = sums.wallet - sums.cross_wallet if name == USDT else ZERO
    return {
        "asset": name,
        "walletBalance": _eight(wallet),
        "unrealizedProfit": _eight(own.unrealised),
        "marginBalance": _eight(wallet + own.unrealised),
        "maintMargin": _eight(own.maintenance),
        "initialMargin": _eight(own.position_initial + own.order_initial),
        "positionInitialMargin": _eight(own.position_initial),
        "openOrderInitialMargin": _eight(own.order_initial),
        "crossWalletBalance": _eight(wallet - isolated),
        "crossUnPnl": _eight(own.cross_unrealised),
        "availableBalance": _eight(asset_available(account, market, sums, name)),
        "maxWithdrawAmount": _eight(withdrawable(account, market, sums, name)),
        "updateTime": account.updated_ms,
    }
