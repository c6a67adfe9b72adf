"""What a run came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Outcome:
    """What was wrong in a run, and how much of everything there was.

    `excused` counts symbols of accounts that nobody could have got right: a person traded just before an order left,
    a restored database lacks an epoch, which stopped entries and told so, or what is to go from a holding in hedge mode
    is less than the exchange takes. `stopped_at` are the points at which workers died or stood still; `broken` are the
    invariants that were broken, `faults` what was injected, by kind.
    """

    seed: int
    wrong: list[str] = field(default_factory=list)
    excused: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    stopped_at: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)

    def add(self, invariant: str, sentences: Iterable[str]) -> None:
        """Note what is wrong by an invariant."""
        told = list(sentences)
        self.wrong += told
        self.broken += Counter({invariant: len(told)})
