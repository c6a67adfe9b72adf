"""What stands in for Redis and for an exchange's public facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal as D
from queue import Queue as Inbox

MARKS = {"BTCUSDT": D("67012.4"), "ETHUSDT": D("3120.55"), "SOLUSDT": D("171.2"), "XRPUSDT": D("0.5213")}


@dataclass(frozen=True)
class Heard:
    """One message as the bus tells it."""

    user_id: str = ""
    event_id: int = 0
    marks: Mapping[str, D] | None = None
    resumed: bool = False


class MemoryBus:
    """The bus without Redis."""

    def __init__(self) -> None:
        self.inbox: Inbox[Heard] = Inbox()

    def publish(self, user_id: str, event_id: int) -> None:
        self.inbox.put(Heard(user_id, event_id))

    def publish_marks(self, _host: str, marks: Mapping[str, D]) -> None:
        self.inbox.put(Heard(marks=marks))

    def marks(self, _host: str) -> Mapping[str, D]:
        return MARKS

    def listen(self) -> Iterator[Heard]:
        while True:
            yield self.inbox.get()


class MemoryQueue:
    """Notes what was asked for; no worker answers."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []

    def __getattr__(self, name: str) -> object:
        def ask(*ids: object, **_options: object) -> str:
            self.asked.append((name, *map(str, ids)))
            return "job"

        return ask


class MemoryTallies:
    """Nothing was counted."""

    def read(self, of: str) -> Mapping[str, int]:
        return {}


class Host:
    """An exchange's public facts without the exchange."""

    def instruments(self) -> Mapping[str, object]:
        return {}

    def marks(self) -> Mapping[str, D]:
        return MARKS
