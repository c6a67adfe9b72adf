"""Any world a decision may be made in: odd instruments, books, settings, accounts and holdings, for Hypothesis.

Hypothesis draws what a world is made of and one number from which all others follow: drawing each would take far
longer than deciding.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from random import Random

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from nof1web.core.records import CredentialState, Epoch, EpochState
from nof1web.core.rounding import floor_to_step, plain
from nof1web.core.signals import SignalHealth, SignalPosition
from nof1web.core.snapshot import Snapshot
from nof1web.core.trading import Bracket, Instrument, Position, PositionSide
from tests.core.scene import NOW, a_signal, a_signal_position, a_snapshot, a_view, an_account, an_epoch, d

SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT")
CAPS = ("order_cap", "symbol_cap", "tracker_cap", "credential_cap", "user_cap")
SIZINGS = ("equity_share", "margin_share", "fixed_margin", "fixed_notional", "equity_ratio", "risk_at_stop")

MODEST = hypothesis_settings(max_examples=hypothesis_settings().max_examples // 3)
"""as many examples as many properties together can afford; `make prove` has its own number"""


def near(value: Decimal, digits: int) -> Decimal:
    """Return a value with that many significant digits."""
    return Decimal(f"{value:.{digits - 1}e}")


def few(dice: Random, low: str, high: str) -> Decimal:
    """Return a number of four digits between two bounds, a small one as likely as a large one."""
    power = Decimal(repr(dice.random()))
    return min(max(near(d(low) * (d(high) / d(low)) ** power, 4), d(low)), d(high))


def an_odd_instrument(dice: Random, symbol: str, mark: Decimal) -> Instrument:
    """Return odd rules that still let something be traded at the mark; brackets fit their maintenance."""
    step = near(few(dice, "0.01", "20") / mark, 1)
    leverage, cap, rungs = dice.randint(2, 125), few(dice, "500", "50000"), []
    for _ in range(dice.randint(0, 3)):
        rungs.append(Bracket(cap, leverage, near(1 / Decimal(2 * leverage), 2)))
        leverage, cap = max(1, leverage // 2), cap * dice.randint(2, 20)
    return Instrument(
        symbol,
        tick=near(mark / dice.randint(500, 90000), 1),
        step=step,
        min_quantity=step * dice.choice((d(1), d(3), d("2.5"))),
        market_max_quantity=step * dice.randint(200, 10**6) + dice.choice((d(0), step / 3)),
        min_notional=d(dice.choice(("0", "5", "7.77", "20", "50", "100"))),
        brackets=tuple(rungs),
    )


def a_position(dice: Random, symbol: str, mark: Decimal) -> SignalPosition:
    """Return a position of an agent near the mark, with or without a stop and a target."""
    sign, entry = dice.choice((1, -1)), near(mark * (1000 + dice.randint(-30, 30)) / 1000, 6)
    ways = (-dice.randint(0, 300), dice.choice((0, dice.randint(1, 300))))
    stop, target = (near(entry * (1000 + sign * way) / 1000, 6) if way else None for way in ways)
    quantity = near(few(dice, "5", "50000") / mark, 5) * sign
    return a_signal_position(quantity, entry, symbol=symbol, leverage=dice.randint(1, 40), stop=stop, target=target)


def chosen(dice: Random, sizing: str, *caps: str) -> dict[str, str]:
    """Return settings with a sizing; the limits named are set, and others are not."""
    most = dice.randint(1, 50)
    small = ("skip", "accumulate") if sizing == "risk_at_stop" else ("skip", "raise", "accumulate")
    made = {
        "sizing": sizing,
        "total_margin": plain(few(dice, "20", "20000")),
        "fixed_margin": str(dice.randint(1, 20)),
        "fixed_notional": plain(few(dice, "5", "20000")),
        "risk_percent": plain(few(dice, "0.05", "20")),
        "multiplier": plain(few(dice, "0.1", "1" if sizing == "risk_at_stop" else "10")),
        "symbol_multipliers": dice.choice(("", "BTCUSDT:0.3" if sizing == "risk_at_stop" else "BTCUSDT:0.3,XRPUSDT:7")),
        "below_minimum": dice.choice(small),
        "max_leverage": str(most),
        "fixed_leverage": dice.choice(("", "", str(max(1, most // 2)))),
        "margin_mode": dice.choice(("", "ISOLATED", "CROSSED")),
        "price_tolerance": dice.choice(("1", "20")),
        "min_change": dice.choice(("0", "5")),
        "on_new_entry": dice.choice(("rebalance", "reopen")),
        "mode": dice.choice(("trade", "trade", "shadow")),
        "reverse": dice.choice(("off", "off", "on")),
    }
    return made | {cap: plain(few(dice, "5", "20000")) for cap in caps}


def a_holding(dice: Random, shown: SignalPosition, instrument: Instrument, mark: Decimal) -> Epoch:
    """Return what a tracker may have of a position: of this epoch or an earlier one, on either side, in any state."""
    sign = dice.choice((1, -1))
    quantity = floor_to_step(abs(shown.quantity) * few(dice, "0.01", "2"), instrument.step) * sign
    state = dice.choice((EpochState.LIVE,) * 4 + (EpochState.DONE,)) if quantity else EpochState.PENDING
    leverage, reference = dice.randint(1, 20), near(shown.quantity * few(dice, "0.5", "2"), 5)
    return an_epoch(
        quantity,
        symbol=shown.symbol,
        epoch=dice.choice(("e1", "e1", "e0")),
        state=state,
        entry_price=mark if quantity else None,
        ratio=abs(quantity / reference) * few(dice, "0.5", "2") if quantity else d("0.1"),
        leverage=leverage,
        reference_quantity=reference,
        reference_entry=shown.entry_price,
        allocation=near(max(abs(quantity), instrument.step) * mark / leverage, 8) * few(dice, "1", "2"),
    )


@st.composite
def worlds(
    draw: st.DrawFn,
    *caps: str,
    held: bool = True,
    healthy: bool = True,
    shared: bool = False,
    state: CredentialState | None = None,
) -> Snapshot:
    """Return a snapshot of one tracker in one-way or hedge mode, on an account of its own or shared with others."""
    names = draw(st.lists(st.sampled_from(SYMBOLS), unique=True, min_size=1))
    sizing, hedge = draw(st.sampled_from(SIZINGS)), draw(st.booleans())
    dice = Random(draw(st.integers(0, 2**32)))
    marks = {name: few(dice, "0.001", "90000") for name in names}
    rules = {name: an_odd_instrument(dice, name, marks[name]) for name in names}
    shown = [a_position(dice, name, marks[name]) for name in names]
    settings = chosen(dice, sizing, *caps)
    shadow = settings["mode"] == "shadow"
    has = [each for each in shown if held and dice.random() < 0.5]
    epochs = [replace(a_holding(dice, each, rules[each.symbol], marks[each.symbol]), shadow=shadow) for each in has]
    own = [epoch for epoch in epochs if epoch.quantity and not shadow]
    foreign = {name: _share(dice, rules[name].step) for name in names if shared and dice.random() < 0.5}
    rows = _rows(own, foreign, marks, hedge=hedge)
    equity = few(dice, "20", "50000")
    sick = dice.choice(({"health": SignalHealth.MISSING}, {"recorded_at": NOW - timedelta(seconds=601)}))
    signal = a_signal(*shown, **{"equity": few(dice, "100", "50000")} | ({} if healthy else sick))
    return a_snapshot(
        a_view(signal, *epochs, **settings),
        marks=marks,
        instruments=rules,
        account=an_account(equity=equity, available=near(equity * few(dice, "0.05", "1"), 4), hedge=hedge),
        positions=tuple(rows),
        foreign={(name, share > 0): share for name, share in foreign.items()},
        elsewhere=(_elsewhere(dice, shadow=shadow),) if shared else (),
        others_notional=few(dice, "5", "5000") if shared else d(0),
        live={(row.symbol, row.quantity > 0): _left(dice, row, rules[row.symbol]) for row in rows},
        state=state or CredentialState.RUNNING,
        pending=frozenset(dice.choice(((), (), (), names[:1]))),
    )


def _left(dice: Random, row: Position, instrument: Instrument) -> Decimal:
    """Return how much of a position is there: mostly all, at times less than is held."""
    return floor_to_step(abs(row.quantity) * dice.choice((d(1), d(1), d("0.4"), d(0))), instrument.step)


def _share(dice: Random, step: Decimal) -> Decimal:
    """Return a foreign share of a symbol, signed."""
    return step * dice.randint(1, 500) * dice.choice((1, -1))


def _elsewhere(dice: Random, *, shadow: bool) -> Epoch:
    """Return what a stopped tracker of the credential still holds, in a symbol no other has."""
    quantity, entry = dice.randint(1, 20), few(dice, "1", "500")
    return replace(an_epoch(quantity, entry_price=entry, shadow=shadow), tracker_id="t9", symbol="LTCUSDT")


def _rows(own: list[Epoch], foreign: dict[str, Decimal], marks: dict[str, Decimal], *, hedge: bool) -> list[Position]:
    """Return the account's positions: holdings and foreign shares, those of a side in one row."""
    sums: dict[tuple[str, PositionSide], Decimal] = {}
    parts = [*((each.symbol, each.quantity) for each in own), *foreign.items()]
    for symbol, quantity in parts:
        long = PositionSide.LONG if quantity > 0 else PositionSide.SHORT
        side = long if hedge else PositionSide.BOTH
        sums[symbol, side] = sums.get((symbol, side), d(0)) + quantity
    leverages = {each.symbol: each.leverage for each in own}
    return [
        Position(symbol, side, quantity, mark, mark, d(0), d(0), abs(quantity) * mark / leverages.get(symbol, 3))
        for (symbol, side), quantity in sums.items()
        if quantity
        for mark in (marks[symbol],)
    ]
