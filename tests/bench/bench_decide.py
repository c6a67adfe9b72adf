"""How long one decision and one preview take."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from statistics import median

from nof1web.core.plan import decide
from nof1web.core.preview import preview
from nof1web.core.snapshot import Snapshot
from tests.core.scene import a_signal, a_signal_position, a_snapshot, a_view, an_epoch, an_instrument, d
from tests.tools.table import Row

RUNS = 400
PREVIEWS = 40
SYMBOLS = [f"S{number}USDT" for number in range(7)]
# Every one of them cuts or counts, none refuses.
LIMITS = {
    "order_cap": "1500",
    "symbol_cap": "1400",
    "tracker_cap": "9000",
    "credential_cap": "8500",
    "user_cap": "8000",
    "max_positions": "7",
    "max_entries_per_hour": "7",
}
EPOCHS = [an_epoch("0.1", symbol=symbol, ratio=d("0.005"), reference_quantity=d(20)) for symbol in SYMBOLS]


def rows() -> Iterator[Row]:
    """Time decide() and preview() for one tracker whose agent holds seven symbols."""
    for name, snapshot in {
        "seven entries": seven(),
        "seven symbols held": seven(held=True),
        "seven entries, every limit set": seven(**LIMITS),
        "seven entries in shadow": seven(mode="shadow"),
    }.items():
        yield f"decide, {name}", _milliseconds(partial(decide, snapshot), RUNS), _how(RUNS)
    for name, snapshot in {"seven entries": seven(), "a budget too small": seven(total_margin="30")}.items():
        yield f"preview, {name}", _milliseconds(partial(preview, snapshot, "t1"), PREVIEWS), _how(PREVIEWS)


def seven(*, held: bool = False, **chosen: str) -> Snapshot:
    """Return a snapshot of one tracker and an agent with seven positions, all new or all held."""
    positions = [a_signal_position(20, symbol=symbol) for symbol in SYMBOLS]
    view = a_view(a_signal(*positions), *(EPOCHS if held else ()), **{"total_margin": "10000"} | chosen)
    instruments = {symbol: an_instrument(symbol) for symbol in SYMBOLS}
    return a_snapshot(view, instruments=instruments, marks=dict.fromkeys(SYMBOLS, d(1000)))


def _milliseconds(work: Callable[[], object], runs: int) -> str:
    taken = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return f"{median(taken) * 1000:.2f} ms"


def _how(runs: int) -> str:
    return f"median of {runs} runs in one process"
