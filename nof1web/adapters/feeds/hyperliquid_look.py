"""Looking one address up, while a person waits, within the weight that everybody shares."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from nof1web.adapters.feeds.hyperliquid_ask import ROLE, STATE, Asks, ask_role, ask_state
from nof1web.adapters.feeds.hyperliquid_wire import MAIN
from nof1web.adapters.feeds.weights import Weights
from nof1web.core.leaders import Account
from nof1web.errors import N_, Transient

TRIES, PAUSE_SECONDS = 20, 0.25
"""as long as weight is waited for: each round of reading leaves as much as flows in until the next one"""
_ENOUGH = N_("Hyperliquid allows no more questions for now. Try again in a minute.")


@dataclass(frozen=True, slots=True)
class Looks:
    """Asks what an address holds, and where it holds nothing what it is."""

    ask: Asks
    weights: Weights
    pause: Callable[[float], None] = time.sleep

    def account(self, address: str) -> Account:
        """Return what an address is now; FeedError when the answer can't be used, Transient when there is none."""
        self._afford(STATE)
        state = ask_state(self.ask, address, MAIN).state
        if state.held:
            return Account(state.equity, len(state.held), used=True)
        self._afford(ROLE)
        role, master = ask_role(self.ask, address)
        return Account(state.equity, 0, role != "missing", master)

    def _afford(self, weight: int) -> None:
        for _ in range(TRIES):
            if self.weights.take(weight):
                return
            self.pause(PAUSE_SECONDS)
        raise Transient(_ENOUGH)
