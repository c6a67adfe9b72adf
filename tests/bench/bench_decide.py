"""How long one decision takes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median

from nof1web.core.plan import decide
from tests.core.scene import a_signal, a_signal_position, a_snapshot, a_view, an_epoch, an_instrument, d
from tests.tools.table import Row

RUNS = 400
SYMBOLS = [f"S{number}USDT" for number in range(7)]


def rows() -> Iterator[Row]:
    """Time decide() for one tracker whose agent holds seven symbols: all new, and all held."""
    instruments = {symbol: an_instrument(symbol) for symbol in SYMBOLS}
    positions = [a_signal_position(20, symbol=symbol) for symbol in SYMBOLS]
    epochs = [an_epoch("0.1", symbol=symbol, ratio=d("0.005"), reference_quantity=d(20)) for symbol in SYMBOLS]
    for name, held in (("seven entries", []), ("seven symbols held", epochs)):
        view = a_view(a_signal(*positions), *held, total_margin="10000")
        snapshot = a_snapshot(view, instruments=instruments, marks=dict.fromkeys(SYMBOLS, d(1000)))
        yield f"decide, {name}", f"{_milliseconds(snapshot):.2f} ms", f"median of {RUNS} runs in one process"


def _milliseconds(snapshot: object) -> float:
    taken = []
    for _ in range(RUNS):
        began = time.perf_counter()
        decide(snapshot)  # type: ignore[arg-type]
        taken.append(time.perf_counter() - began)
    return median(taken) * 1000
