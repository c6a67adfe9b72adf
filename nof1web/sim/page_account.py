"""The page of one account: what it holds, what it waits for, what happened, and the forms to change that."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any

from nof1web.sim.accounts import ZERO, Account, Position
from nof1web.sim.keys import ApiKey
from nof1web.sim.margin import Margins, initial_margin, liquidation_price, margins
from nof1web.sim.market import Market
from nof1web.sim.page_prices import price_rows
from nof1web.sim.page_view import NO_PROBLEM, Problem, render
from nof1web.sim.routing import Answer, Call
from nof1web.sim.rules import ASSETS, Instrument

ORDER_TYPES = ("MARKET", "LIMIT", "STOP_MARKET", "TAKE_PROFIT_MARKET")
TIMES_IN_FORCE = ("GTC", "IOC", "FOK", "GTX")
LAST_ROWS = 20


@dataclass(frozen=True, slots=True)
class Held:
    """A position as the page shows it; `roe` is a share of its initial margin, `liquidation` 0 when there is none."""

    position: Position
    instrument: Instrument
    mark: Decimal
    unrealised: Decimal
    roe: Decimal
    margin: Decimal
    liquidation: Decimal
    leverage: int
    margin_type: str

    @property
    def side(self) -> str:
        """LONG or SHORT, whatever the position mode."""
        return "LONG" if self.position.quantity > 0 else "SHORT"


def show(call: Call) -> Answer:
    """GET /accounts/<id>."""
    return page(call)


def figures(call: Call) -> Answer:
    """GET /accounts/<id>/figures: the parts of the page that move."""
    account = account_of(call)
    return render(call, "_account_figures.html", path=path_of(account), **_figures(call, account))


def account_of(call: Call) -> Account:
    """The account an address under /accounts names."""
    return call.world.exchange.account(call.path.split("/")[2])


def path_of(account: Account) -> str:
    """The address of an account's page."""
    return f"/accounts/{account.account_id}"


def page(call: Call, *, status: int = 200, problem: Problem = NO_PROBLEM) -> Answer:
    """The whole page, with a form's problem when it was refused."""
    account = account_of(call)
    shown = {
        **_figures(call, account),
        "problem": problem,
        "assets": ASSETS,
        "order_types": ORDER_TYPES,
        "times_in_force": TIMES_IN_FORCE,
        "keys": _keys(call, account),
        "settings": [(each, account.config(each.symbol)) for each in call.instruments.values()],
    }
    return render(call, "account.html", path=path_of(account), status=status, **shown)


def _figures(call: Call, account: Account) -> dict[str, Any]:
    market = call.world.exchange.market
    sums = margins(account, market)
    return {
        "account": account,
        "rows": price_rows(call),
        "sums": sums,
        "margin_ratio": sums.maintenance / sums.equity if sums.equity > 0 else ZERO,
        "balances": [(asset, account.balance(asset)) for asset in ASSETS if asset == "USDT" or account.balance(asset)],
        "held": [_held(account, market, sums, position) for position in account.live_positions()],
        "orders": list(account.open_orders.values()),
        "algos": [algo for algo in account.open_algos.values() if algo.is_open],
        "trades": list(islice(reversed(account.trades), LAST_ROWS)),
        "income": list(islice(reversed(account.income), LAST_ROWS)),
        "instruments": call.instruments,
    }


def _held(account: Account, market: Market, sums: Margins, position: Position) -> Held:
    mark, config = market.mark(position.symbol), account.config(position.symbol)
    unrealised, margin = position.unrealised(mark), initial_margin(account, position, mark)
    return Held(
        position=position,
        instrument=market.instruments[position.symbol],
        mark=mark,
        unrealised=unrealised,
        roe=unrealised / margin if margin else ZERO,
        margin=margin,
        liquidation=liquidation_price(account, position, market, sums),
        leverage=config.leverage,
        margin_type=config.margin_type,
    )


def _keys(call: Call, account: Account) -> list[ApiKey]:
    return [key for key in call.world.keys.keys.values() if key.account_id == account.account_id and not key.revoked]
