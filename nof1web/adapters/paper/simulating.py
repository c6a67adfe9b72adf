"""What an order would fill at the present mark: the paper exchange's engine, on an account nobody keeps."""

from __future__ import annotations

from decimal import Decimal

from nof1web.adapters.paper.rules import engine_rules, with_brackets, with_delisted
from nof1web.core.trading import Instrument, OrderReport, OrderStatus, Side
from nof1web.sim import engine

_PLENTY = Decimal(10**15)


class BookSimulator:
    """services.exchange_port.Simulator: meets the book the paper exchange makes around a mark, fees included."""

    def fill(
        self,
        symbol: str,
        side: Side,
        quantity: Decimal,
        *,
        limit: Decimal | None,
        mark: Decimal,
        rule: Instrument | None,
    ) -> OrderReport:
        """Return what a taker gets: MARKET within the bound around the mark, or LIMIT IOC where a limit is given.

        What the exchange would refuse fills nothing. Without the symbol's rule, as one that is not listed any more.
        """
        rules = engine_rules(with_brackets({symbol: rule})) if rule is not None else with_delisted({}, [symbol])
        exchange = engine.new_exchange(seed=0, now_ms=0, instruments=rules)
        # Its margin is not this account's business: decide has judged it.
        account = exchange.open_account(_PLENTY, now_ms=0)
        exchange.set_prices({symbol: mark}, now_ms=0)
        exchange.set_leverage(account.account_id, symbol, 1, now_ms=0)
        request = engine.OrderRequest(
            symbol=symbol,
            side=side.value,
            type="MARKET" if limit is None else "LIMIT",
            quantity=quantity,
            price=limit or Decimal(0),
            time_in_force="GTC" if limit is None else "IOC",
        )
        try:
            order = exchange.place_order(account.account_id, request, now_ms=0)
        except engine.Refusal:
            return OrderReport("", "", OrderStatus.REJECTED, Decimal(0), None)
        price = order.quote / order.executed if order.executed else None
        fee = sum((trade.commission for trade in account.trades), Decimal(0))
        return OrderReport("", "", OrderStatus(order.status), order.executed, price, fee)
