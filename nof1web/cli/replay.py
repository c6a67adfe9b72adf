"""`flask nof1 replay`: what a tracker would have ordered over a recorded stretch, on paper."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from nof1web import wiring
from nof1web.cli.completing import names
from nof1web.cli.options import ANY_TRACKER, ANY_USER, SETTINGS, read_settings, the_user
from nof1web.cli.output import AS_JSON, Answer, command
from nof1web.cli.progress import turning
from nof1web.cli.tables import Table
from nof1web.core import settings as schema
from nof1web.core.refusals import words
from nof1web.core.trading import Environment
from nof1web.errors import N_, NotFound
from nof1web.jobs.answers import plain
from nof1web.services import figures, trackers
from nof1web.services.rehearsing import rehearse
from nof1web.services.replaying import Moment
from nof1web.wiring.rehearsal import Casting, PaperStage, paper_stage, recording

TIME = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])
DAY = timedelta(days=1)
EVER = datetime(1970, 1, 1, tzinfo=UTC)


class Moments:
    """Passes moments on, at most `speed` times as fast as they were recorded, and counts them; None: at once."""

    def __init__(self, found: Iterator[Moment], speed: float | None, agent: str) -> None:
        self._found, self._speed, self._agent = found, speed, agent
        self.reads, self.shown = 0, False
        self.first: Moment | None = next(found, None)
        self.last = self.first

    def __iter__(self) -> Iterator[Moment]:
        """Yield them, each when it is due."""
        began = time.monotonic()
        for moment in self._all():
            if self._speed is not None and self.first is not None:
                due = (moment.at - self.first.at).total_seconds() / self._speed
                time.sleep(max(0.0, due - (time.monotonic() - began)))
            self.reads, self.last = self.reads + 1, moment
            self.shown = self.shown or self._agent in moment.seen.signals
            yield moment

    def _all(self) -> Iterator[Moment]:
        if self.first is not None:
            yield self.first
            yield from self._found


@command("replay", example="replay --source nof1 --agent gpt-5 --since 2026-11-22T00:00 --json")
@click.option("--source", help="The recorded source: nof1 or hyperliquid.", shell_complete=names)
@click.option("--agent", help="The agent to follow.", shell_complete=names)
@ANY_USER
@ANY_TRACKER
@click.option("--since", type=TIME, help="From this time on (UTC); a day before --until when left out.")
@click.option("--until", type=TIME, help="Up to this time (UTC); now when left out.")
@click.option(
    "--file",
    "path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A recorded file instead of this installation's: account-totals, answers line by line, or a market.db.",
)
@click.option(
    "--speed",
    type=click.FloatRange(0, min_open=True),
    help="How many times faster than recorded; as fast as it goes when left out.",
)
@click.option("--balance", type=click.IntRange(1, 10**9), default=10_000, show_default=True, help="USDT to begin with.")
@SETTINGS
def replay(source: str | None, agent: str | None, user: str | None, tracker: str | None, **asked: Any) -> Answer:
    """Follow an agent over a recorded stretch on a paper account: the same orders each time, nothing is kept.

    Name a tracker and its user to see what it would have done, or a source and an agent. Exchange rules are today's.
    """
    p = wiring.ports()
    cast = _cast(p, (source, agent), (user, tracker), asked)
    since, until = _stretch(asked)
    with recording(p, cast.source, asked["path"], since=since, until=until) as found:
        moments = Moments(found, asked["speed"], cast.agent)
        begins_at = moments.first.at if moments.first else since
        with paper_stage(cast, p.market_data(Environment.PAPER), begins_at) as stage:
            # Where orders are shown as they are decided, they tell how far it has come.
            with turning("The recording is followed …") if _as_json() else nullcontext():
                cycles = [plain(each) for each in _told(rehearse(stage, moments, agent=cast.agent))]
            if not moments.shown:
                raise NotFound(N_("There is no signal of %(agent)s in this recording."), agent=cast.agent)
            return _answer(cast, moments, stage, cycles)


def _cast(
    p: wiring.Wiring, named: tuple[str | None, str | None], owned: tuple[str | None, str | None], asked: dict[str, Any]
) -> Casting:
    chosen, balance = read_settings(asked["settings"]), Decimal(asked["balance"])
    user, tracker = owned
    source, agent = named
    if user and tracker:
        found = trackers.find(p, the_user(p, user).id, tracker)
        above = schema.known(found.above[0]), schema.known(found.above[1])
        chosen = schema.known(found.settings) | chosen
        schema.resolve((*above, chosen))
        return Casting(source or found.source, agent or found.agent, chosen, balance, above)
    if user or tracker or not (source and agent):
        raise click.UsageError("Name --source and --agent, or --user and --tracker.")
    schema.resolve((chosen,))
    return Casting(source, agent, chosen, balance)


def _stretch(asked: dict[str, Any]) -> tuple[datetime, datetime]:
    """A file is replayed whole unless a time is named; of this installation's recording its last day."""
    until = asked["until"].replace(tzinfo=UTC) if asked["until"] else datetime.now(UTC)
    if asked["since"]:
        return asked["since"].replace(tzinfo=UTC), until
    return (EVER if asked["path"] else until - DAY), until


def _as_json() -> bool:
    return bool(click.get_current_context().meta[AS_JSON])


def _told(cycles: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Show each order as it is decided, unless one document is wanted at the end."""
    for cycle in cycles:
        if not _as_json():
            for order in cycle["orders"]:
                click.echo(
                    f"{cycle['at']:%Y-%m-%d %H:%M:%S}  {order['symbol']}  {order['kind']}  {order['side']}"
                    f"  {order['quantity']}  at {order['mark']}  {order['status']}"
                )
        yield cycle


def _answer(cast: Casting, moments: Moments, stage: PaperStage, cycles: list[dict[str, Any]]) -> Answer:
    ports, last, first = stage.ports, moments.last, moments.first
    digest = hashlib.sha256(json.dumps(cycles, sort_keys=True).encode()).hexdigest()
    account = ports.exchange.account()
    ordered = sum(len(each["orders"]) for each in cycles)
    document = {
        "source": cast.source,
        "agent": cast.agent,
        "settings": dict(sorted(cast.settings.items())),
        "first_at": first.at if first else None,
        "last_at": last.at if last else None,
        "reads": moments.reads,
        "orders": ordered,
        "balance": figures.money(cast.balance),
        "equity": figures.money(account.equity),
        "sha256": digest,
        "cycles": cycles,
    }
    said = [
        (row["symbol"], row["verdict"], words(row["code"], row["numbers"]))
        for row in (cycles[-1]["verdicts"] if cycles else [])
    ]
    lines = (
        f"{moments.reads} reads, {ordered} orders; {figures.money(cast.balance)} USDT became"
        f" {figures.money(account.equity)}. SHA-256 of all decisions: {digest}",
        Table(("Symbol", "Verdict", "At the end"), said, "Nothing was decided."),
    )
    return Answer(document, lines)
