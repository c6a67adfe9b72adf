"""`flask nof1 tracker follow-several`: one agent followed with several credentials, all of them or none."""

from __future__ import annotations

import click

from nof1web import wiring
from nof1web.cli.completing import names as completed
from nof1web.cli.options import AGENT, SETTINGS, SOURCE, USER, read_settings, the_user
from nof1web.cli.output import Answer, command
from nof1web.cli.tables import Table
from nof1web.cli.trackers import MODE, chosen, document
from nof1web.core.records import Credential
from nof1web.errors import N_, InvalidInput, Text
from nof1web.services import credentials, following_several
from nof1web.services.following_several import Part

_EXAMPLE = (
    "tracker follow-several --user anna@example.org --source nof1 --agent grok-4 --credential Main"
    " --credential Second --set max_leverage=5 --for Second:total_margin=250"
)


@command("follow-several", example=_EXAMPLE)
@USER
@SOURCE
@AGENT
@click.option(
    "--credential", "names", multiple=True, required=True, metavar="NAME", help="A credential; may be repeated.",
    shell_complete=completed,
)  # fmt: skip
@MODE
@SETTINGS
@click.option(
    "--for", "own", multiple=True, metavar="NAME:KEY=VALUE", help="A setting of one credential alone; may be repeated."
)
def follow_several(
    *, user: str, source: str, agent: str, names: tuple[str, ...], mode: str | None, settings: tuple[str, ...],
    own: tuple[str, ...],
) -> Answer:  # fmt: skip
    """Follow an agent with several credentials at once: all of the trackers are made, or none."""
    shared = chosen(settings, mode)
    p = wiring.ports()
    owner = the_user(p, user)
    accounts = {each.id: each for each in (credentials.find(p, owner.id, name) for name in names)}
    parts = [Part(each.id, True, _own(each, own)) for each in accounts.values()]
    _require_known(accounts, own)
    try:
        made = following_several.add(p, owner.id, parts, source=source, agent=agent, shared=shared)
    except InvalidInput as error:
        raise _named(accounts, error) from error
    found = [{"credential": accounts[each.credential_id].name, **document(each)} for each in made]
    columns = ("credential", "name", "tracker_id", "mode")
    rows = [[each[column] for column in columns] for each in found]
    return Answer(found, (Table(("Credential", "Name", "Id", "Mode"), rows, ""),))


def _own(credential: Credential, own: tuple[str, ...]) -> dict[str, str]:
    """Return what --for gives a credential, which it names by name (any case) or id."""
    return read_settings(pair for name, pair in map(_parted, own) if _means(credential, name))


def _require_known(accounts: dict[str, Credential], own: tuple[str, ...]) -> None:
    for name, _pair in map(_parted, own):
        if not any(_means(each, name) for each in accounts.values()):
            raise click.UsageError(f"--for names {name!r}, which is none of the --credential given.")


def _means(credential: Credential, name: str) -> bool:
    return name == credential.id or name.casefold() == credential.name.casefold()


def _parted(given: str) -> tuple[str, str]:
    """Part NAME:KEY=VALUE; a name may hold colons, a setting's key none."""
    name, found, value = given.partition("=")
    name, colon, key = name.rpartition(":")
    if not (found and colon and name):
        raise click.UsageError(f"Write a setting of one credential as NAME:key=value, not {given!r}.")
    return name, f"{key}={value}"


def _named(accounts: dict[str, Credential], error: InvalidInput) -> InvalidInput:
    """Return the error with its fields called by credentials' names, and the first of them in its sentence."""
    fields: dict[str, Text] = {}
    for field, text in error.fields.items():
        id, dot, setting = field.partition(".")
        fields[f"{accounts[id].name}{dot}{setting}" if id in accounts else field] = text
    if not fields:
        return error
    name, text = next(iter(fields.items()))
    return InvalidInput(N_("%(name)s: %(reason)s"), fields=fields, name=name, reason=str(text))
