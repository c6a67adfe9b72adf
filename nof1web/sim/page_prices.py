"""The page of prices: move one by hand, freeze the market, choose how much it moves by itself."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from nof1web.sim import page_effects
from nof1web.sim.candles import DAY_MS, MINUTE
from nof1web.sim.market import Quote, nearest_tick
from nof1web.sim.page_fields import BadField, Fields, read_fields
from nof1web.sim.page_format import countdown, price, short
from nof1web.sim.page_notices import go
from nof1web.sim.page_view import NO_PROBLEM, Problem, language, problem, render
from nof1web.sim.refusal import Refusal
from nof1web.sim.routing import Answer, Call
from nof1web.sim.rules import Instrument

PATH = "/prices"
STEPS = ("-5", "-1", "+1", "+5")
MOST_VOLATILITY = Decimal(100)


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One symbol's prices and what is next; `change` is None until a day's prices are known."""

    quote: Quote
    instrument: Instrument
    next_funding: str
    change: Decimal | None


def show(call: Call) -> Answer:
    """GET /prices."""
    return _page(call)


def figures(call: Call) -> Answer:
    """GET /prices/figures: the table alone."""
    return render(call, "_prices_figures.html", path=PATH, rows=price_rows(call), steps=STEPS)


def move(call: Call) -> Answer:
    """POST /prices: a symbol to a price, or by a percentage of its mark; says what that set off."""
    fields, exchange = read_fields(call), call.world.exchange
    try:
        symbol = fields.one_of("symbol", call.instruments)
        target = _target(call, fields, symbol)
        earlier = page_effects.before(exchange.ledger)
        exchange.set_prices({symbol: target}, now_ms=call.now_ms)
    except (BadField, Refusal) as error:
        return _page(call, status=422, problem=problem(call, "price", fields, error))
    done = page_effects.effects(exchange.ledger, earlier, now_ms=call.now_ms)
    call.world.save(market=True)
    return go(
        call,
        PATH,
        language(call),
        "moved",
        symbol=symbol,
        price=price(exchange.market.mark(symbol), call.instruments[symbol]),
        filled=str(done.filled),
        fired=str(done.fired),
        liquidated=str(done.liquidated),
    )


def change_market(call: Call) -> Answer:
    """POST /prices/market: freeze, unfreeze, or set the volatility."""
    fields, market = read_fields(call), call.world.exchange.market
    try:
        wish = fields.one_of("set", ("frozen", "unfrozen", "volatility"))
        if wish == "volatility":
            market.volatility = fields.decimal("volatility", "volatility_error", least=Decimal(0), most=MOST_VOLATILITY)
        else:
            market.frozen = wish == "frozen"
    except BadField as error:
        return _page(call, status=422, problem=problem(call, "market", fields, error))
    call.world.save(market=True)
    return go(call, PATH, language(call), wish, factor=short(market.volatility))


def price_rows(call: Call) -> list[PriceRow]:
    """Every symbol's prices."""
    market = call.world.exchange.market
    left = countdown(market.next_funding_ms() - call.now_ms)
    return [
        PriceRow(quote, call.instruments[quote.symbol], left, _day_change(call, quote))
        for quote in market.quotes.values()
    ]


def _day_change(call: Call, quote: Quote) -> Decimal | None:
    tape = call.world.exchange.tape
    if tape is None:
        return None
    since = call.now_ms - DAY_MS
    minutes = [*tape.closed.get((quote.symbol, MINUTE), ()), *filter(None, [tape.running.minutes.get(quote.symbol)])]
    first = next((minute for minute in minutes if minute.open_ms >= since), None)
    return quote.last / first.open - 1 if first else None


def _target(call: Call, fields: Fields, symbol: str) -> Decimal:
    instrument = call.instruments[symbol]
    least, most = instrument.min_price, instrument.max_price
    step = fields.text("percent")
    if step in STEPS:
        moved = call.world.exchange.market.mark(symbol) * (100 + Decimal(step)) / 100
        return nearest_tick(max(least, min(most, moved)), instrument)
    shown = {"symbol": symbol, "least": price(least, instrument), "most": price(most, instrument)}
    return nearest_tick(fields.decimal("price", "new_price_error", least=least, most=most, blanks=shown), instrument)


def _page(call: Call, *, status: int = 200, problem: Problem = NO_PROBLEM) -> Answer:
    shown = {"rows": price_rows(call), "steps": STEPS, "market": call.world.exchange.market, "problem": problem}
    return render(call, "prices.html", path=PATH, status=status, **shown)
