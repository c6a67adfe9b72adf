"""The leverage an account has set for each symbol: one for nearly all of them, and the exceptions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Leverages:
    """The leverage of every symbol: `usual`, but for those in `others`."""

    usual: int
    others: Mapping[str, int]

    @classmethod
    def of(cls, by_symbol: Mapping[str, int]) -> Leverages | None:
        """Return them written shortest; None where no symbol is told."""
        if not by_symbol:
            return None
        usual = Counter(by_symbol.values()).most_common(1)[0][0]
        return cls(usual, {symbol: each for symbol, each in by_symbol.items() if each != usual})

    def at(self, symbol: str) -> int:
        """Return a symbol's leverage."""
        return self.others.get(symbol, self.usual)

    def having(self, symbol: str, leverage: int) -> Leverages:
        """Return them with one symbol's set."""
        return replace(self, others={**self.others, symbol: leverage})
