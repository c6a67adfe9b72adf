"""From Hyperliquid's coin names, which nof1 uses too, to Binance's symbols (nof1.md §6)."""

from __future__ import annotations

import re
from collections.abc import Mapping

PLAIN = re.compile(r"(k?)([A-Z0-9]+)")
LISTED: Mapping[str, str] = {}
"""coins of other dexes (`xyz:NVDA`) whose perpetual here has the same underlying and unit

None: Binance lists shares and indices as TRADIFI_PERPETUAL only, which aren't traded here (binance.md §4.1), and a
coin's perpetual of the same name is another thing.
"""


def exchange_symbol(coin: str) -> str | None:
    """Return a coin's USDT perpetual, listed or not; `k` means a thousand units.

    None for a coin of another dex (`xyz:NVDA`) unless it is in LISTED, and for one of spot (`@107`).
    """
    found = PLAIN.fullmatch(coin)
    if found is None:
        return LISTED.get(coin)
    thousand, name = found.groups()
    return f"{'1000' if thousand else ''}{name}USDT"
