"""One account on one Binance USDⓈ-M host (binance.md §3, §4)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import TypeVar

from nof1web.adapters.binance import calls, history
from nof1web.adapters.binance.cache import HourCache
from nof1web.adapters.binance.check import check_key
from nof1web.adapters.binance.http import Call, Throttle, Transport, Unmetered
from nof1web.adapters.binance.market import BinanceMarket
from nof1web.adapters.binance.orders import algo_params, order_params, reduces
from nof1web.adapters.binance.parsing import (
    Row,
    instant,
    parse_acknowledged,
    parse_algo_of,
    parse_algos,
    parse_leverage,
    parse_order,
    parse_orders,
    parse_positions,
    parsed,
)
from nof1web.adapters.binance.parsing_account import parse_account, parse_hedge, parse_overview, parse_symbol_config
from nof1web.adapters.binance.parsing_open_orders import parse_open_orders
from nof1web.adapters.binance.parsing_rules import parse_brackets
from nof1web.adapters.binance.signed import RECV_WINDOW_MS, SignedHost
from nof1web.adapters.binance.signing import Signer
from nof1web.adapters.binance.wire import GONE, NO_SUCH_ORDER
from nof1web.core.open_orders import OpenOrder
from nof1web.core.overview import Overview
from nof1web.core.trading import (
    Account,
    AlgoReport,
    AlgoRequest,
    Environment,
    Fill,
    Instrument,
    KeyCheck,
    MarginMode,
    OrderReport,
    OrderRequest,
    Position,
    SymbolConfig,
)
from nof1web.errors import N_, AlreadyDone, ExchangeError, OutcomeUnknown

T = TypeVar("T")

_instruments: HourCache[Mapping[str, Instrument]] = HourCache()


class BinanceExchange:
    """The Exchange port: each mutating call is sent once; only a read is asked again, and only after -1021."""

    def __init__(
        self,
        *,
        base_url: str,
        environment: Environment,
        api_key: str,
        signer: Signer,
        budget: Throttle,
        sapi_url: str | None = None,
        sapi_budget: Throttle | None = None,
        proxy: str | None = None,
    ) -> None:
        self._environment = environment
        self._api_key = api_key
        self._market = BinanceMarket(base_url=base_url, budget=budget, proxy=proxy)
        # Orders are counted per account; a key's digest stands for it where others can read it.
        whose = hashlib.sha256(api_key.encode()).hexdigest()[:16]
        transport = Transport(base_url, throttle=budget, proxy=proxy, account=whose)
        self._host = SignedHost(transport, api_key=api_key, signer=signer)
        self._base_url = base_url
        self._sapi: SignedHost | None = None
        if sapi_url:
            wallet = Transport(sapi_url, throttle=sapi_budget or Unmetered(), proxy=proxy)
            self._sapi = SignedHost(wallet, api_key=api_key, signer=signer, time_of=self._host)

    def instruments(self) -> Mapping[str, Instrument]:
        """Return the rules by symbol with leverage brackets, cached per host for an hour."""
        return _instruments.get(self._base_url, self._with_brackets)

    def marks(self) -> Mapping[str, Decimal]:
        """Return all mark prices by symbol (weight 10)."""
        return self._market.marks()

    def overview(self, *, urgent: bool = False) -> Overview:
        """Return balances and the positions' numbers (weight 5), waiting for no weight; `urgent` is an entry's."""
        return parsed(parse_overview, self._host.read(calls.ACCOUNT_NOW if urgent else calls.ACCOUNT_IF_ROOM))

    def account(self) -> Account:
        """Return balances in USDT, modes and the symbols' leverages and margin modes (weight 15)."""
        row, config = self._host.read(calls.ACCOUNT), self._host.read(calls.CONFIG)
        symbols, read_at = self._host.read(calls.SYMBOL_CONFIGS), instant(self._host.now_ms())
        return parsed(lambda _: parse_account(row, config, read_at, symbols), [row, config])

    def positions(self, symbol: str | None = None) -> tuple[Position, ...]:
        """Return the live positions, signed; a symbol that is absent is flat (weight 5; entry lane with a symbol)."""
        call = calls.POSITIONS_OF_ONE if symbol else calls.POSITIONS
        return parsed(parse_positions, self._host.read(call, _only(symbol)))

    def hedged(self) -> bool:
        """Return whether the account is in hedge mode (weight 5)."""
        return parsed(parse_hedge, self._host.read(calls.MODE))

    def symbol_config(self, symbol: str) -> SymbolConfig:
        """Return the present leverage and margin mode of a symbol (weight 5)."""
        rows = self._host.read(calls.SYMBOL_CONFIG, {"symbol": symbol})
        return parsed(lambda found: parse_symbol_config(found, symbol), rows)

    def set_leverage(self, symbol: str, leverage: int) -> None:
        """Set a symbol's leverage (weight 1); setting the present one again is fine."""
        row = self._host.send(calls.SET_LEVERAGE, {"symbol": symbol, "leverage": str(leverage)})
        parsed(lambda found: parse_leverage(found, leverage), row, mutating=True)

    def set_margin_mode(self, symbol: str, mode: MarginMode) -> None:
        """Set a symbol's margin mode; AlreadyDone when it is so (weight 1)."""
        row = self._host.send(calls.SET_MARGIN_MODE, {"symbol": symbol, "marginType": mode.value})
        parsed(parse_acknowledged, row, mutating=True)

    def server_ms(self) -> int:
        """Return the host's present time in ms; costs no request once measured."""
        return self._host.stamped_ms()

    @property
    def recv_window_ms(self) -> int:
        """How long after its timestamp an order may still be accepted (binance.md §2)."""
        return RECV_WINDOW_MS

    def place(self, order: OrderRequest) -> OrderReport:
        """Send one order signed with its own timestamp and return how it ended.

        OutcomeUnknown when it may have been accepted, when it has not ended yet, or when its id is there already.
        """
        call, wanted = calls.EXIT if reduces(order) else calls.ENTER, order.client_order_id
        parse = partial(parse_order, client_order_id=wanted)
        report = self._placed(call, order_params(order), parse, timestamp_ms=order.timestamp_ms)
        if not report.status.terminal:
            raise OutcomeUnknown(N_("The exchange took the order but has not finished it. It is being looked up."))
        return report

    def order(self, symbol: str, client_order_id: str) -> OrderReport | None:
        """Return an order by its client id, None when the exchange says -2013 (weight 1)."""
        asked = {"symbol": symbol, "origClientOrderId": client_order_id}
        parse = partial(parse_order, client_order_id=client_order_id)
        return self._found(calls.ORDER_QUERY, asked, parse, absent={NO_SUCH_ORDER})

    def trades(self, symbol: str, since: datetime) -> tuple[Fill, ...]:
        """Return the account's trades of a symbol since then, oldest first (weight 5 per week asked for).

        The exchange keeps three months of them.
        """
        return history.trades(self._host, symbol, since)

    def orders(self, symbol: str, first: str) -> tuple[OrderReport, ...]:
        """Return up to 1,000 of the account's orders of a symbol from an id on, whoever sent them (weight 5)."""
        params = {"symbol": symbol, "orderId": first, "limit": str(history.PAGE)}
        return parsed(parse_orders, self._host.read(calls.ORDERS, params))

    def place_protection(self, order: AlgoRequest) -> AlgoReport:
        """Rest a stop or target as an algo order; one-way: reduce-only, hedge: position-sided.

        OutcomeUnknown when it may rest, or when its id is there already.
        """
        parse = partial(parse_algo_of, client_algo_id=order.client_algo_id)
        return self._placed(calls.PROTECT, algo_params(order), parse, timestamp_ms=order.timestamp_ms)

    def cancel_protection(self, client_algo_id: str) -> None:
        """Cancel an algo order; AlreadyDone when it is gone (weight 1)."""
        try:
            row = self._host.send(calls.UNPROTECT, {"clientAlgoId": client_algo_id})
        except ExchangeError as error:
            if error.exchange_code not in GONE:
                raise
            raise AlreadyDone(
                N_("The protection was gone already."), exchange_code=error.exchange_code, body=error.body
            ) from error
        parsed(parse_acknowledged, row, mutating=True)

    def protection(self, client_algo_id: str) -> AlgoReport | None:
        """Return an algo order by its client id, None when unknown (weight 1)."""
        parse = partial(parse_algo_of, client_algo_id=client_algo_id)
        return self._found(calls.PROTECTION_QUERY, {"clientAlgoId": client_algo_id}, parse, absent=GONE)

    def protections(self, symbol: str | None = None) -> tuple[AlgoReport, ...]:
        """Return the resting algo orders (weight 1 with a symbol, 40 without)."""
        call = calls.PROTECTIONS_OF_ONE if symbol else calls.PROTECTIONS
        return parsed(parse_algos, self._host.read(call, _only(symbol)))

    def open_orders(self) -> tuple[OpenOrder, ...]:
        """Return all that rests on the account, plain and algo orders of everybody (weight 80, waiting for none)."""
        plain, algos = self._host.read(calls.OPEN_ORDERS), self._host.read(calls.OPEN_ALGOS)
        return parsed(lambda _: parse_open_orders(plain, algos), [plain, algos])

    def check(self) -> KeyCheck:
        """Test the key: raises CredentialRefused, Blocked or Transient with a sentence that says what to do."""
        return check_key(self._host, self._sapi, api_key=self._api_key, environment=self._environment)

    def _with_brackets(self) -> Mapping[str, Instrument]:
        brackets = parsed(parse_brackets, self._host.read(calls.BRACKETS))
        rules = self._market.instruments()
        return {symbol: replace(rule, brackets=brackets.get(symbol, ())) for symbol, rule in rules.items()}

    def _placed(
        self, call: Call, params: Mapping[str, str], parse: Callable[[Row], T], *, timestamp_ms: int | None = None
    ) -> T:
        try:
            row = self._host.send(call, params, timestamp_ms=timestamp_ms)
        except AlreadyDone as error:
            # something with this id is there: only a query tells what became of it
            raise OutcomeUnknown(
                N_("The exchange already has an order with this id. It is being looked up."),
                exchange_code=error.exchange_code,
                body=error.body,
            ) from error
        return parsed(parse, row, mutating=True)

    def _found(
        self, call: Call, params: Mapping[str, str], parse: Callable[[Row], T], *, absent: Collection[int]
    ) -> T | None:
        try:
            row = self._host.read(call, params)
        except ExchangeError as error:
            if error.exchange_code in absent:
                return None
            raise
        return parsed(parse, row)


def _only(symbol: str | None) -> dict[str, str]:
    return {"symbol": symbol} if symbol else {}
