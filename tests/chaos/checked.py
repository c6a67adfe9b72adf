"""What is believed of one credential after a run, and what really is: what every invariant compares."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from nof1web.core.records import Epoch, Intent, Protection
from nof1web.core.rounding import floor_to_step, scaled
from nof1web.services.ports import TenantStore
from nof1web.sim.accounts import BOTH, LONG, SHORT, Account
from tests.chaos.installation import MADE_AT
from tests.chaos.truth import Truth, truth_of

if TYPE_CHECKING:
    from tests.chaos.running import Run

ALL = 100_000
TOO_SMALL = -4164


class Checked:
    """One credential after a run: what is believed, and what really is.

    `excused` are symbols in which nobody could have got anything right; in those of `too_small` only a size is excused.
    """

    def __init__(self, run: Run, number: int, store: TenantStore) -> None:
        self.run, self.store, self.name, self.plan = run, store, f"c_{number}", run.plan.accounts[number]
        self.account: Account = run.accounts[number][0]
        self.truth: Truth = truth_of(self.account)
        self.epochs: tuple[Epoch, ...] = store.trackers.epochs(self.name, since=MADE_AT)
        self.intents: tuple[Intent, ...] = store.journal.intents(self.name, limit=ALL)
        self.legs: tuple[Protection, ...] = store.journal.protections(self.name, open_only=False)
        self.events = store.chronicle.events(limit=ALL, credential_id=self.name)
        self.restored = self.plan.user in run.restored
        stopped = store.halts.stopped_symbols(self.name) if self.restored else {}
        self.excused = {symbol for (symbol, _), share in self.truth.shares.items() if share.excused} | set(stopped)
        self.too_small: set[str] = set()

    def side(self, epoch: Epoch) -> str:
        """The position side of a holding."""
        return BOTH if not self.account.hedge else LONG if epoch.quantity > 0 else SHORT

    def held(self) -> list[Epoch]:
        """Epochs that hold something."""
        return [each for each in self.epochs if each.quantity]

    def is_too_small(self, epoch: Epoch, most: Decimal) -> bool:
        """Whether the exchange takes no order that would leave `most` of a holding, and has said so.

        A hedge-mode account has no reduceOnly: below the minimum only a whole position can go (binance.md §8).
        """
        market = self.run.world.exchange.market
        rule, mark = market.instruments[epoch.symbol], market.quotes[epoch.symbol].mark
        target = floor_to_step(scaled(most, Decimal(1)), rule.step)
        return (
            self.account.hedge
            and bool(target)
            and (abs(epoch.quantity) - target) * mark < rule.min_notional
            and any(each.exchange_code == TOO_SMALL and self._reduces(each, epoch) for each in self.intents)
        )

    def _reduces(self, intent: Intent, epoch: Epoch) -> bool:
        whose = intent.tracker_id, intent.symbol, intent.epoch
        return intent.kind.exits and whose == (epoch.tracker_id, epoch.symbol, epoch.epoch)
