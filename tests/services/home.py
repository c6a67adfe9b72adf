"""An installation with settings at every level: Ann's, from the seed of the pages' tests."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from nof1web.core import settings
from nof1web.core.records import EpochState, IntentStatus, Tracker
from nof1web.services import defaults, trackers
from nof1web.services.stores import User
from tests.web import seed


class Home:
    """Ann's installation: the credential Momentum with a trade tracker of 500 USDT, and Contrarian with a shadow."""

    def __init__(self, folder: Path, ann: User) -> None:
        self.folder, self.ann, self.p = folder, ann, seed.wiring(folder)
        self.momentum, self.tracker_id = seed.ids(ann)

    def put(self, credential: str = "", **changes: str) -> Mapping[str, str]:
        return defaults.put(self.p, self.ann.id, changes, credential=credential)

    def tracker(self) -> Tracker:
        return trackers.find(self.p, self.ann.id, self.tracker_id)

    def holds(self) -> settings.TrackerSettings:
        return settings.of(self.tracker())

    def keep(self, **texts: str) -> None:
        """Store what an older version accepted."""
        with self.p.tenants(self.ann.id) as store:
            store.trackers.put_settings(self.tracker_id, {**self.tracker().settings, **texts})

    def flatten(self) -> None:
        """Let the tracker hold nothing any more."""
        with self.p.tenants(self.ann.id) as store:
            for epoch in store.trackers.epochs(self.momentum):
                store.trackers.put_epoch(replace(epoch, quantity=Decimal(0), state=EpochState.CLOSED))

    def settle(self) -> None:
        """Let no order be unresolved any more."""
        with self.p.tenants(self.ann.id) as store:
            for intent in store.journal.unresolved(self.momentum):
                store.journal.update(replace(intent, status=IntentStatus.EMPTY))

    def announced(self) -> set[str]:
        """Return the credentials whose followers were told since the last call."""
        asked = [ids for name, *ids in self.p.queue.asked if name == "follow"]
        self.p.queue.asked.clear()
        return {ids[1] for ids in asked}

    def audits(self) -> list[tuple[str, str]]:
        with sqlite3.connect(self.folder / self.ann.id / "tenant.db") as file:
            return file.execute("SELECT action, detail FROM audit ORDER BY id").fetchall()
