"""The `flask nof1` commands (DESIGN §9)."""

from __future__ import annotations

from nof1web.cli import (
    books,
    credentials,
    doctor,
    keys,
    polling,
    replay,
    reports,
    running,
    several,
    stopping,
    tokens,
    trackers,
    users,
)
from nof1web.cli.output import RootGroup, shown_example

trackers.group.add_command(several.follow_several)

nof1 = RootGroup(
    "nof1",
    commands=[
        running.up,
        running.worker,
        running.scheduler,
        running.sim,
        running.migrate,
        keys.rotate_key,
        users.group,
        credentials.group,
        trackers.group,
        tokens.group,
        polling.start,
        polling.stop,
        stopping.pause,
        stopping.resume,
        stopping.close_only,
        stopping.halt,
        stopping.unhalt,
        stopping.flatten,
        polling.poll,
        polling.reconcile,
        reports.status,
        doctor.doctor,
        doctor.completion,
        reports.agents,
        replay.replay,
        books.positions,
        books.orders,
        books.verdicts,
    ],
    help="Run and operate nof1web. Every command has --json and shows an example in its --help.",
    epilog=shown_example("status --json"),
)
