"""A tracker on a paper account over a recorded stretch: the real cycles and syncs, at the times of the recording."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from nof1web.core import book
from nof1web.core.records import Watch
from nof1web.core.signals import Signal
from nof1web.errors import Nof1Error
from nof1web.services import copying, syncing
from nof1web.services.loading import credential_of
from nof1web.services.ports import AccountPorts
from nof1web.services.replaying import Moment

Document = dict[str, object]
SYNC = timedelta(seconds=60)
_SOON = timedelta(seconds=1)
_SILENCE = timedelta(minutes=10)
"""a longer pause between two reads is one of the whole installation: nothing ran then"""


class Stage(Protocol):
    """Where a stretch is rehearsed: an account's ports on a clock and with marks that are set from outside."""

    @property
    def ports(self) -> AccountPorts: ...

    def move(self, at: datetime, marks: Mapping[str, Decimal]) -> None:
        """Let it be this time, with these prices (USDT by symbol)."""
        ...


def rehearse(stage: Stage, moments: Iterable[Moment], *, agent: str) -> Iterator[Document]:
    """Yield each cycle that ordered something or said something new: {"at", "orders", "verdicts"} as DESIGN §9 shows.

    The account's one tracker follows `agent`. The same stage and moments give the same cycles, byte for byte. Cycles
    run when news came, a price that matters was crossed, or the last one asked for it; a sync a minute after the last.
    """
    rehearsal = _Rehearsal(stage)
    known: Signal | None = None
    for moment in moments:
        yield from rehearsal.until(moment.at)
        crossed = rehearsal.hear(moment)
        signal = moment.seen.signals.get(agent)
        news = signal is not None and book.news(known, signal, moment.at)
        if signal is not None and signal != known:
            known = signal
            stage.ports.market.put_signals([signal])
        if news or crossed:
            yield from rehearsal.cycle()


class _Rehearsal:
    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._heard_at = self._ran_at = stage.ports.clock()
        self._synced_at: datetime | None = None
        self._said: object = None
        self._marks: Mapping[str, Decimal] = {}

    def until(self, end: datetime) -> Iterator[Document]:
        """Run what is due before a moment, each at its own time."""
        ports, end = self._stage.ports, min(end, self._heard_at + _SILENCE)
        while (due_at := credential_of(ports).wake_at) is not None:
            # What asks for the present again would never let time go on.
            at = max(due_at, self._ran_at + _SOON)
            if at >= end:
                return
            self._stage.move(at, self._marks)
            yield from self.cycle()

    def hear(self, moment: Moment) -> bool:
        """Let it be this moment; whether a price that the last cycle asked to be told of was reached."""
        self._heard_at, self._marks = moment.at, moment.marks
        self._stage.move(moment.at, moment.marks)
        return any(_reached(watch, moment.marks) for watch in credential_of(self._stage.ports).watches)

    def cycle(self) -> Iterator[Document]:
        """Sync where that is due, run one cycle, and yield it unless it only repeats what was said."""
        ports = self._stage.ports
        self._ran_at = ports.clock()
        try:
            if self._synced_at is None or self._ran_at - self._synced_at >= SYNC:
                syncing.run_sync(ports)
                self._synced_at = self._ran_at
            done = copying.run_cycle(ports)
        except Nof1Error as error:
            done = {"orders": [], "verdicts": [], "error": str(error)}
        said = [(each["symbol"], each["code"]) for each in _rows(done["verdicts"])], done.get("error")
        if done["orders"] or (any(said) and said != self._said):
            yield {"at": self._ran_at} | {name: value for name, value in done.items() if name != "cycle_id"}
            self._said = said


def _rows(value: object) -> list[dict[str, object]]:
    return value if isinstance(value, list) else []


def _reached(watch: Watch, marks: Mapping[str, Decimal]) -> bool:
    mark = marks.get(watch.symbol)
    return mark is not None and (mark >= watch.price if watch.above else mark <= watch.price)
