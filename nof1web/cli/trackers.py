"""`flask nof1 tracker …`: credentials following agents."""

from __future__ import annotations

import click

from nof1web import wiring
from nof1web.cli import profiles
from nof1web.cli.completing import names
from nof1web.cli.options import (
    AGENT,
    ANY_CREDENTIAL,
    ANY_TRACKER,
    CREDENTIAL,
    SETTINGS,
    SOURCE,
    TRACKER,
    USER,
    read_settings,
    the_user,
)
from nof1web.cli.output import Answer, command, shown_example
from nof1web.cli.saying import moved
from nof1web.cli.tables import Figure, Table
from nof1web.core import settings as schema
from nof1web.core.records import Mode, Tracker
from nof1web.services import credentials, trackers, untracking
from nof1web.services import following_documents as documents
from nof1web.services.trackers import Preview

MODE = click.option(
    "--mode", type=click.Choice([item.value for item in Mode]), help="shadow only records orders, trade sends them."
)


document = documents.tracker


def chosen(settings: tuple[str, ...], mode: str | None) -> dict[str, str]:
    """Return a new tracker's settings: the profile's, over them what was typed; wrong usage for two modes."""
    typed = read_settings(settings)
    if mode is not None and typed.setdefault("mode", mode) != mode:
        raise click.UsageError("--mode and --set mode= differ; give one of them.")
    return {**profiles.defaults(), **typed}


@command(
    "add",
    example="tracker add --user anna@example.org --credential Main --source nof1 --agent grok-4 --set total_margin=200",
)
@USER
@CREDENTIAL
@SOURCE
@AGENT
@click.option("--name", default="", help="What to call the tracker; the agent's name when left out.")
@MODE
@SETTINGS
def add(
    *, user: str, credential: str, source: str, agent: str, name: str, mode: str | None, settings: tuple[str, ...]
) -> Answer:
    """Follow an agent with a credential; it trades once that credential polls."""
    own = chosen(settings, mode)
    p = wiring.ports()
    owner = the_user(p, user)
    account = credentials.find(p, owner.id, credential)
    added = trackers.add(p, owner.id, credential=account.id, source=source, agent=agent, name=name, settings=own)
    shown = document(added)
    said = f"Added {added.name} ({added.id}): {account.name} follows {added.agent}, mode {shown['mode']}."
    return Answer(shown, (said,))


@command("list", example="tracker list --user anna@example.org")
@USER
@ANY_CREDENTIAL
@ANY_TRACKER
def listing(user: str, credential: str | None, tracker: str | None) -> Answer:
    """List a user's trackers."""
    p = wiring.ports()
    owner = the_user(p, user)
    account = credentials.find(p, owner.id, credential).id if credential else None
    known = (trackers.find(p, owner.id, tracker),) if tracker else trackers.listing(p, owner.id, account)
    found = [document(item) for item in known if account in (None, item.credential_id)]
    names = {item.id: item.name for item in credentials.listing(p, owner.id)}
    fields = ("name", "tracker_id", "source", "agent", "mode", "started")
    rows = [(names[item["credential_id"]], *(item[field] for field in fields)) for item in found]
    empty = "No tracker yet. Add one with: flask nof1 tracker add"
    return Answer(found, (Table(("Credential", "Name", "Id", "Source", "Agent", "Mode", "Started"), rows, empty),))


@command("set", example="tracker set --user anna@example.org --tracker grok-4 total_margin=300 max_leverage=10")
@USER
@click.option(
    "--tracker", metavar="NAME", help="The tracker's name or id; it may also come before the settings.",
    shell_complete=names,
)  # fmt: skip
@click.argument("settings", nargs=-1, required=True, metavar="[NAME] KEY=VALUE...", shell_complete=names)
def change(user: str, tracker: str | None, settings: tuple[str, ...]) -> Answer:
    """Change settings; all of them are checked before any is kept."""
    if tracker is None:
        tracker, *rest = settings
        settings = tuple(rest)
    if "=" in tracker or not settings:
        raise click.UsageError("Name the tracker and at least one setting, such as: grok-4 total_margin=300")
    changes = read_settings(settings)
    p = wiring.ports()
    owner = the_user(p, user)
    found = trackers.find(p, owner.id, tracker)
    before = document(found)["settings"]
    changed = document(trackers.put_settings(p, owner.id, found.id, changes))
    after = changed["settings"]
    rows = [(name, before[name] or "–", after[name] or "–") for name in after if before[name] != after[name]]
    told = Table(("Setting", "Before", "Now"), rows, "Nothing is different now: those values held before.")
    return Answer(changed, (told,))


@command("start", example="tracker start --user anna@example.org --tracker grok-4")
@USER
@TRACKER
def start(user: str, tracker: str) -> Answer:
    """Start following; orders need the credential to poll, too."""
    p = wiring.ports()
    owner = the_user(p, user)
    before = trackers.find(p, owner.id, tracker)
    return _switched(before, trackers.start(p, owner.id, before.id))


@command("stop", example="tracker stop --user anna@example.org --tracker grok-4")
@USER
@TRACKER
def stop(user: str, tracker: str) -> Answer:
    """Stop following."""
    p = wiring.ports()
    owner = the_user(p, user)
    before = trackers.find(p, owner.id, tracker)
    return _switched(before, trackers.stop(p, owner.id, before.id))


def _switched(before: Tracker, now: Tracker) -> Answer:
    words = {True: "started", False: "stopped"}
    return Answer(document(now), (moved(now.name, words[before.started], words[now.started]),))


@command("remove", example="tracker remove --user anna@example.org --tracker grok-4 --name grok-4")
@USER
@TRACKER
@click.option("--name", "typed", metavar="NAME", help="The tracker's name once more, to confirm.")
def remove(user: str, tracker: str, typed: str | None) -> Answer:
    """Take a tracker away; refused while it holds something. Its orders and results stay."""
    p = wiring.ports()
    owner = the_user(p, user)
    found = trackers.find(p, owner.id, tracker)
    if typed is None:
        typed = str(click.prompt(f"Type {found.name} to confirm", err=True))
    gone = untracking.remove(p, owner.id, found.id, typed=typed)
    document = {"tracker_id": gone.id, "name": gone.name, "removed": True}
    return Answer(document, (f"{moved(gone.name, f'following {gone.agent}', 'removed')} Its orders stay.",))


@command("preview", example="tracker preview --user anna@example.org --tracker grok-4 --set total_margin=500")
@USER
@TRACKER
@SETTINGS
def preview(user: str, tracker: str, settings: tuple[str, ...]) -> Answer:
    """Show what a tracker would order now, with its settings and the changes given; nothing is sent or kept."""
    changes = read_settings(settings)
    p = wiring.ports()
    owner = the_user(p, user)
    found = trackers.find(p, owner.id, tracker)
    planned = trackers.preview(
        p,
        owner.id,
        found.credential_id,
        source=found.source,
        agent=found.agent,
        settings={**schema.known(found.settings), **changes},
        tracker_id=found.id,
    )
    return _previewed(planned)


_PLANNED = ("symbol", "side", "quantity", "mark", "notional", "margin", "leverage", "stop", "target")


def _cell(value: object) -> Figure | int | None:
    return value if value is None or isinstance(value, int) else Figure(value)


def _previewed(planned: Preview) -> Answer:
    answer = documents.preview(planned)
    columns = [name.capitalize() for name in _PLANNED]
    rows = [[_cell(item[name]) for name in _PLANNED] for item in answer["orders"]]
    refusals = [(item.symbol, item.code, item.text) for item in planned.refusals]
    shown: list[str | Table] = [Table(columns, rows, "No order now.")]
    if refusals:
        shown.append(Table(("Symbol", "Refused", "Why"), refusals, ""))
    shown.append(f"Margin used {answer['margin_used']} of {answer['budget']} USDT.")
    if planned.uncovered and planned.smallest_budget is not None:
        symbols = ", ".join(planned.uncovered)
        shown.append(
            f"Too small for the exchange: {symbols}. A total margin of {answer['smallest_budget']} USDT covers all."
        )
    return Answer(answer, tuple(shown))


group = click.Group(
    "tracker",
    commands=[add, listing, change, start, stop, preview, remove],
    help="Credentials following agents.",
    epilog=shown_example("tracker list --user anna@example.org"),
)
