"""`flask nof1 user set` and `credential set`: settings that trackers inherit."""

from __future__ import annotations

from collections.abc import Mapping

import click

from nof1web import wiring
from nof1web.cli.options import CREDENTIAL, USER, read_settings, the_user
from nof1web.cli.output import Answer, command
from nof1web.cli.tables import Table
from nof1web.core.settings import SPECS
from nof1web.services import defaults

_SETTINGS = click.argument("settings", nargs=-1, metavar="[KEY=VALUE...]")


@command("set", example="user set --user anna@example.org max_leverage=5 cooldown=inherited")
@USER
@_SETTINGS
def of_user(user: str, settings: tuple[str, ...]) -> Answer:
    """Set what all of a user's trackers inherit (KEY=inherited takes it back), or show it."""
    changes = read_settings(settings)
    p = wiring.ports()
    owner = the_user(p, user)
    before = defaults.of_user(p, owner.id)
    return _changed(before, defaults.put(p, owner.id, changes)) if changes else _shown(before)


@command("set", example="credential set --user anna@example.org --credential Main credential_cap=5000")
@USER
@CREDENTIAL
@_SETTINGS
def of_credential(user: str, credential: str, settings: tuple[str, ...]) -> Answer:
    """Set what a credential's trackers inherit (KEY=inherited takes it back), or show it."""
    changes = read_settings(settings)
    p = wiring.ports()
    owner = the_user(p, user)
    before = defaults.of_credential(p, owner.id, credential)
    if not changes:
        return _shown(before)
    return _changed(before, defaults.put(p, owner.id, changes, credential=credential))


def _shown(values: Mapping[str, str]) -> Answer:
    rows = [(name, values[name]) for name in SPECS if name in values]
    return Answer(dict(values), (Table(("Setting", "Value"), rows, "Nothing is set here."),))


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> Answer:
    names = [name for name in SPECS if before.get(name) != after.get(name)]
    rows = [(name, before.get(name, "inherited"), after.get(name, "inherited")) for name in names]
    told = Table(("Setting", "Before", "Now"), rows, "Nothing is different now: those values held before.")
    return Answer(dict(after), (told,))
