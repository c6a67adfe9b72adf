"""Many addresses in one question to Hyperliquid, believed only where it says that nothing changed (nof1.md §6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nof1web.adapters.feeds.decode import UNREADABLE, elements
from nof1web.adapters.feeds.hyperliquid_ask import UNKNOWN, Asks, Stated, stated
from nof1web.adapters.feeds.hyperliquid_leaders import LONG_AGO, Leader
from nof1web.adapters.feeds.weights import Weights
from nof1web.errors import FeedError, Nof1Error, Transient

WEIGHT = 20
"""of a question that has no weight of its own"""
MOST, LEAST = 50, 11
"""addresses in one question; fewer cost less one by one"""
OFF_SECONDS, REFUSED_SECONDS = 300, 3600
"""how long addresses are asked one by one after a failed question, and after one that was too many"""
_TOO_MANY = 429


@dataclass(slots=True)
class Batches:
    """Asks `batchClearinghouseStates`, which public clients use though Hyperliquid's own pages don't name it.

    An answer doesn't say whose state is whose. So it is believed where it repeats what an address itself answered
    last; an address that it shows otherwise is asked by itself, and so is everybody when the question fails.
    """

    off_until: float = LONG_AGO
    differ: frozenset[str] = frozenset()
    """the addresses that the last answers showed otherwise"""

    def unchanged(
        self, ask: Asks, weights: Weights, leaders: Sequence[Leader], now: float, *, keep: int = 0
    ) -> dict[str, Stated]:
        """Return the present state of each address that holds what it held; a weight of `keep` is left for others.

        Of none when there are too few, too little weight is left, or nobody answers usefully. Transient when
        Hyperliquid wants no more questions.
        """
        settled = sorted((leader for leader in leaders if leader.settled(now)), key=lambda each: each.read_at)
        found: dict[str, Stated] = {}
        self.differ = frozenset()
        for begin in range(0, len(settled), MOST):
            some = settled[begin : begin + MOST]
            if len(some) < LEAST or now < self.off_until or not weights.take(WEIGHT, keep=keep):
                break
            try:
                same = _asked(ask, some)
                found |= same
                self.differ |= {leader.address for leader in some} - same.keys()
            except Nof1Error as error:
                busy = isinstance(error, Transient) and error.http_status == _TOO_MANY
                self.off_until = now + (REFUSED_SECONDS if busy else OFF_SECONDS)
                if busy:
                    raise
        return found


def _asked(ask: Asks, leaders: Sequence[Leader]) -> Mapping[str, Stated]:
    document = ask({"type": "batchClearinghouseStates", "users": [leader.address for leader in leaders]})
    try:
        answers = list(elements(document.raw.decode("utf-8-sig")))
    except (RecursionError, *UNREADABLE) as error:
        raise FeedError(UNKNOWN) from error
    if len(answers) != len(leaders):
        raise FeedError(UNKNOWN)
    found = {}
    for leader, (content, text) in zip(leaders, answers, strict=True):
        try:
            present = stated(text, content)
        except UNREADABLE:
            continue
        if leader.agrees(present):
            found[leader.address] = present
    return found
