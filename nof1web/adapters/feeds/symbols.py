"""From Hyperliquid's coin names, which nof1 uses too, to Binance's symbols (nof1.md §6)."""

from __future__ import annotations

import re

PLAIN = re.compile(r"(k?)([A-Z0-9]+)")


def exchange_symbol(coin: str) -> str | None:
    """Return a coin's USDT perpetual, listed or not; `k` means a thousand units.

    None for a coin of another dex (`xyz:NVDA`) or of spot (`@107`).
    """
    found = PLAIN.fullmatch(coin)
    if found is None:
        return None
    thousand, name = found.groups()
    return f"{'1000' if thousand else ''}{name}USDT"
