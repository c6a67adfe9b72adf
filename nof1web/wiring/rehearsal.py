"""A paper account in a temporary folder, on which a recording is rehearsed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from nof1web.adapters.feeds.files import NO_RECORDING, recorded_reads
from nof1web.adapters.paper.exchange import PaperExchange
from nof1web.adapters.paper.simulating import BookSimulator
from nof1web.adapters.rehearsal import DeafBus, NoQueue, OnlyLease, RecordedMarket, StillClock
from nof1web.adapters.store.market import SqliteMarket
from nof1web.adapters.store.registry import SqliteRegistry
from nof1web.adapters.store.tenants import Tenants
from nof1web.core.readings import Seen
from nof1web.core.records import Credential, CredentialState, Tracker
from nof1web.core.trading import Environment
from nof1web.errors import InvalidInput
from nof1web.services.ports import AccountPorts, MarketData
from nof1web.services.replaying import Moment, moments, stretch
from nof1web.services.stores import User
from nof1web.wiring import Wiring

USER_ID, CREDENTIAL_ID, TRACKER_ID = "u_" + "0" * 16, "c_replay", "t_replay"
HOST, CODE = "recording", "0000"
_SQLITE = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True)
class Casting:
    """Whom the account's tracker follows and how; `balance` (USDT) is what the account begins with.

    `settings` are the tracker's own, `above` what its user and its credential set.
    """

    source: str
    agent: str
    settings: Mapping[str, str]
    balance: Decimal
    above: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {})


@dataclass(frozen=True, slots=True)
class PaperStage:
    """services.rehearsing.Stage."""

    ports: AccountPorts
    clock: StillClock
    market: RecordedMarket

    def move(self, at: datetime, marks: Mapping[str, Decimal]) -> None:
        """Let it be this time, with these prices."""
        self.clock.now, self.market.prices = at, marks


@contextmanager
def paper_stage(cast: Casting, rules: MarketData, since: datetime) -> Iterator[PaperStage]:
    """Give the stage at the time `since`; everything of it is gone afterwards.

    Its ids are always the same, so that what is decided on it is the same to the last byte.
    """
    with tempfile.TemporaryDirectory(prefix="nof1-replay-") as name:
        folder = Path(name)
        registry, clock, market = SqliteRegistry(folder / "registry.db"), StillClock(since), RecordedMarket(rules)
        registry.add_user(User(USER_ID, "replay@localhost", "", "user", True, "en", since))
        tenants, signals = Tenants(folder, registry), SqliteMarket(folder / "market.db")
        try:
            with tenants(USER_ID) as store:
                store.credentials.add(_credential(since))
                for scope, texts in zip(("", CREDENTIAL_ID), cast.above, strict=True):
                    store.trackers.put_defaults(scope, texts)
                store.trackers.add(_tracker(cast, since))
                exchange = PaperExchange(
                    market=market,
                    load=lambda: store.credentials.paper_state(CREDENTIAL_ID),
                    save=lambda text: store.credentials.put_paper_state(CREDENTIAL_ID, text),
                    clock=clock,
                    balance=cast.balance,
                )
                lease = OnlyLease(store.credentials.claim_fence(CREDENTIAL_ID))
                ports = AccountPorts(
                    user_id=USER_ID,
                    credential_id=CREDENTIAL_ID,
                    installation_code=CODE,
                    store=store,
                    market=signals,
                    exchange=exchange,
                    bus=DeafBus(market),
                    queue=NoQueue(),
                    clock=clock,
                    lease=lease,
                    host=HOST,
                    simulator=BookSimulator(),
                )
                yield PaperStage(ports, clock, market)
        finally:
            signals.close()
            tenants.close()
            registry.close()


def _credential(at: datetime) -> Credential:
    return Credential(CREDENTIAL_ID, "Replay", Environment.PAPER, "paper", CredentialState.RUNNING, True, False, at)


def _tracker(cast: Casting, at: datetime) -> Tracker:
    settings = {**cast.settings, "mode": "trade"}
    return Tracker(TRACKER_ID, CREDENTIAL_ID, "Replay", cast.source, cast.agent, True, at, at, settings)


@contextmanager
def recording(
    w: Wiring, source: str, path: Path | None, *, since: datetime, until: datetime
) -> Iterator[Iterator[Moment]]:
    """Give the moments of a stretch: of market.db, of another one, or of a file with a source's answers.

    InvalidInput for a file that is no recording. Only a copy of another market.db is opened, so it stays as it is.
    """
    parse = w.feed(source).parse
    if path is None:
        yield stretch(w.market, source, parse, since=since, until=until)
    elif path.read_bytes()[: len(_SQLITE)] == _SQLITE:
        with tempfile.TemporaryDirectory(prefix="nof1-replay-") as name:
            copied = SqliteMarket(Path(shutil.copy(path, Path(name) / "market.db")))
            try:
                yield stretch(copied, source, parse, since=since, until=until)
            finally:
                copied.close()
    else:
        try:
            reads = recorded_reads(path.read_text(encoding="utf-8"))
        except UnicodeDecodeError as error:
            raise InvalidInput(NO_RECORDING) from error
        yield moments(Seen(source), (read for read in reads if since <= read.at < until), parse)
