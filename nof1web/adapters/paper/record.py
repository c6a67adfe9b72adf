"""The account's record: read, moved to the live marks, used, and saved before anybody hears of a change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from nof1web.adapters.paper.refusals import failure
from nof1web.adapters.paper.rules import engine_rules, with_brackets, with_delisted
from nof1web.adapters.paper.state import (
    PaperAccount,
    ms_of,
    open_paper,
    read_document,
    restore,
    saved_marks,
    text_of,
)
from nof1web.core.trading import Instrument
from nof1web.services.ports import MarketData
from nof1web.sim.engine import Instruments, Refusal

T = TypeVar("T")
FRESH = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class _Rulebook:
    """The host's rules as read, with brackets, and as the engine wants them."""

    read: Mapping[str, Instrument]
    told: Mapping[str, Instrument]
    engine: Instruments


@dataclass(frozen=True, slots=True)
class _Kept:
    """An account as its text tells it, under the rules it was read back with."""

    text: str
    rules: _Rulebook
    paper: PaperAccount


class PaperRecord:
    """Everything between a call and the stored text. Calls of one account must not overlap: its lease sees to that."""

    def __init__(
        self,
        *,
        market: MarketData,
        load: Callable[[], str | None],
        save: Callable[[str], None],
        clock: Callable[[], datetime],
        balance: Decimal,
    ) -> None:
        self._market, self._load, self._save, self._clock = market, load, save, clock
        self._balance = balance
        self._rules: _Rulebook | None = None
        self._marks: Mapping[str, Decimal] = {}
        self._marks_read_at: datetime | None = None
        self._kept: _Kept | None = None

    def now(self) -> datetime:
        """Return the present time."""
        return self._clock()

    def instruments(self) -> Mapping[str, Instrument]:
        """Return the live rules, with brackets."""
        return self._rulebook().told

    def rule(self, symbol: str) -> Instrument | None:
        """Return a symbol's live rules as last read, without asking the host."""
        return self._rules.told.get(symbol) if self._rules else None

    def marks(self) -> Mapping[str, Decimal]:
        """Return the live marks, at most two seconds old."""
        now = self._clock()
        if self._marks_read_at is None or not timedelta(0) <= now - self._marks_read_at < FRESH:
            self._marks, self._marks_read_at = self._market.marks(), now
        return self._marks

    def use(self, call: Callable[[PaperAccount, int], T]) -> T:
        """Return `call(account, now in ms)`; what happened on the way is saved first, even when it is refused.

        Raises Transient when the live host doesn't answer, and the ExchangeError a refusal of the engine stands for.
        """
        rules, marks, now_ms = self._rulebook(), self.marks(), ms_of(self._clock())
        text = self._load()
        paper = self._paper(text, rules, now_ms)
        answer = _answer(paper, {name: mark for name, mark in marks.items() if name in rules.engine}, call, now_ms)
        if paper.changed():
            self._save(text_of(paper))
        elif text is not None:
            self._kept = _Kept(text, rules, paper)
        if isinstance(answer, Refusal):
            raise failure(answer) from answer
        return answer

    def _paper(self, text: str | None, rules: _Rulebook, now_ms: int) -> PaperAccount:
        # Taken and not lent: what a call that fails has done to it must not be met again.
        kept, self._kept = self._kept, None
        if kept is not None and kept.text == text and kept.rules is rules:
            return kept.paper
        if text is None:
            return open_paper(self._balance, now_ms, rules.engine)
        document = read_document(text)
        return restore(document, now_ms, with_delisted(rules.engine, saved_marks(document)))

    def _rulebook(self) -> _Rulebook:
        read = self._market.instruments()
        if self._rules is None or self._rules.read is not read:
            told = with_brackets(read)
            self._rules = _Rulebook(read, told, engine_rules(told))
        return self._rules


def _answer(
    paper: PaperAccount, prices: Mapping[str, Decimal], call: Callable[[PaperAccount, int], T], now_ms: int
) -> T | Refusal:
    try:
        paper.exchange.set_prices(prices, now_ms=now_ms)
        paper.priced |= prices.keys()
        return call(paper, now_ms)
    except Refusal as refusal:
        return refusal
