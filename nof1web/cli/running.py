"""`flask nof1 up|worker|scheduler|sim|migrate`: the processes, and the databases they share."""

from __future__ import annotations

import errno
import os
from decimal import Decimal, InvalidOperation
from pathlib import Path

import click

from nof1web import config, log, wiring
from nof1web.cli import demo
from nof1web.cli.output import Answer, command, emit
from nof1web.cli.progress import track
from nof1web.cli.saying import counted
from nof1web.cli.tables import Table
from nof1web.errors import N_, ConfigError, InvalidInput, Nof1Error, Refused, Text
from nof1web.wiring import steps

NOT_MIGRATED = N_(
    "%(count)s users' databases can't be brought up to date, %(email)s's among them: %(why)s All others are done."
)
PORT_TAKEN = N_("Port %(port)s is already in use. Stop the other program or set NOF1_SIM_PORT to a free one.")

# The year 2100: beyond it some clients' dates end.
LATEST_START_MS = 4_102_444_800_000

# The long-running parts bring gevent and RQ with them; importing them where they start keeps every other command quick.


def _configured() -> config.Config:
    """Return the configuration with the full log turned on."""
    settings = config.load()
    log.configure(settings.log_format)
    return settings


def _stopped(process: str, code: int) -> Answer:
    """Return the answer of a process that was asked to end; one that failed ends with its own code."""
    if code:
        raise click.exceptions.Exit(code)
    return Answer({"process": process, "stopped": True}, ())


@command("up", example="up")
def up() -> None:
    """Run everything: web, worker, scheduler, in demo mode the built-in exchange; Ctrl-C ends it all."""
    from nof1web.cli.up import run_up

    # Whatever the processes write (logs, dumps, the exchange's state) is for this user only.
    os.umask(0o077)
    settings = _configured()
    code = run_up(
        settings,
        prepare=lambda: demo.prepare(wiring.ports()),
        announce=lambda: emit(demo.announce(settings)),
    )
    raise click.exceptions.Exit(code)


@command("worker", example="worker")
def worker() -> Answer:
    """Run the workers' parent: cycles, syncs and key tests happen here."""
    from nof1web.jobs.worker import run_workers

    return _stopped("worker", run_workers(_configured()))


@command("scheduler", example="scheduler")
def scheduler() -> Answer:
    """Run the clock and the source reader."""
    from nof1web.jobs.scheduler import run_scheduler

    return _stopped("scheduler", run_scheduler(_configured()))


def _speed(_ctx: click.Context, _param: click.Parameter, text: str) -> Decimal:
    try:
        speed = Decimal(text)
    except InvalidOperation:
        speed = Decimal(0)
    if not (speed.is_finite() and speed > 0):
        raise click.BadParameter("give a number above 0, such as 60.")
    return speed


@command("sim", example="sim --port 8001 --seed 7 --virtual")
@click.option("--port", type=click.IntRange(1, 65_535), help="Where it listens; NOF1_SIM_PORT when left out.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same prices.")
@click.option(
    "--replay",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Serve this recorded file instead of the generated arena.",
)
@click.option("--speed", default="1", show_default=True, callback=_speed, help="How many times faster than recorded.")
@click.option("--virtual", is_flag=True, help="Let time stand still until POST /sim/clock moves it; has its own state.")
@click.option(
    "--start-ms",
    type=click.IntRange(0, LATEST_START_MS),
    help="Where a new virtual clock stands, in ms since 1970; now when left out.",
)
def sim(
    port: int | None, seed: int, replay: Path | None, speed: Decimal, *, virtual: bool, start_ms: int | None
) -> Answer:
    """Run the built-in exchange and arena: play money, on this machine only."""
    from nof1web.sim.server import serve
    from nof1web.sim.state import StateError

    if start_ms is not None and not virtual:
        raise click.UsageError("--start-ms sets a virtual clock: add --virtual.")
    settings = _configured()
    place = port or settings.sim_port
    try:
        serve(
            host="127.0.0.1",
            port=place,
            # Apart from the other's, so that a virtual day never leaves the demo in the future.
            state_dir=settings.server_dir / ("exchange-virtual" if virtual else "exchange"),
            seed=seed,
            replay=replay,
            speed=speed,
            virtual=virtual,
            start_ms=start_ms,
            announce=lambda url: log.get(__name__).info("the built-in exchange answers", url=url),
        )
    except (StateError, ValueError) as error:
        raise InvalidInput("%(reason)s", reason=str(error)) from error
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise ConfigError(PORT_TAKEN, port=place) from error
    return _stopped("sim", 0)


@command("migrate", example="migrate")
def migrate() -> Answer:
    """Bring every database up to this version; safe to repeat."""
    p, before = wiring.ports(), len(steps.taken())
    p.market.source_states()
    users = p.registry.users()
    broken = list[tuple[str, Text]]()
    for user in track(users, "Databases"):
        try:
            with p.tenants(user.id) as store:
                store.credentials.all()
        except Nof1Error as error:
            # One broken file must not keep everybody else's from being brought up to date.
            broken.append((user.email, error.text))
    if broken:
        raise Refused(NOT_MIGRATED, count=len(broken), email=broken[0][0], why=str(broken[0][1]))
    rows = [(str(path), step) for path, step in steps.taken()[before:]]
    document = {"tenants": len(users), "steps": [{"file": file, "step": step} for file, step in rows]}
    told = f"The shared databases and {counted(len(users), 'tenant database')} are up to date."
    return Answer(document, (Table(("Database", "Step"), rows, "Nothing was to be done."), told))
