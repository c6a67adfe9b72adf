"""Profiles: whose credential a command is for, from ./.nof1rc or ~/.nof1rc, so that it needn't be typed each time."""

from __future__ import annotations

import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import click

from nof1web.cli.options import FromProfile
from nof1web.errors import N_, ConfigError

NAME = ".nof1rc"
DEFAULTS = "nof1web.cli.defaults"
CHOSEN = "nof1web.cli.profile"
_OPEN = N_("%(path)s can be read by others: run chmod 600 %(path)s.")
_NONE = N_("There is no profile %(name)s. Write it to ~/.nof1rc: [profile.%(name)s] user = … credential = …")
_WRONG = N_("%(path)s is no TOML of profiles (%(reason)s): see flask nof1 --help.")


@dataclass(frozen=True, slots=True)
class Profile:
    """What a profile says: no secrets, they are sealed in the tenant's database."""

    user: str = ""
    credential: str = ""
    defaults: Mapping[str, str] = field(default_factory=dict)


def find(name: str) -> Profile:
    """Return a profile of the nearest file that has it; ConfigError when none has, or others may read the file."""
    for folder in (Path.cwd(), Path.home()):
        path = folder / NAME
        if not path.is_file():
            continue
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise ConfigError(_OPEN, path=str(path))
        found = _read(path).get(name)
        if found is not None:
            return _profile(path, found)
    raise ConfigError(_NONE, name=name)


def note(ctx: click.Context, _param: click.Parameter, name: str | None) -> None:
    """Keep the profile that was named before the command."""
    ctx.meta[CHOSEN] = name


def use(ctx: click.Context, _param: click.Parameter, name: str | None) -> None:
    """Let a profile fill in what isn't typed."""
    name = name or ctx.meta.get(CHOSEN)
    if name is None:
        return
    profile = find(name)
    needed = {each.name for each in ctx.command.params if each.required or isinstance(each, FromProfile)}
    given = {"user": profile.user, "credential": profile.credential}
    ctx.default_map = {option: value for option, value in given.items() if value and option in needed}
    ctx.meta[DEFAULTS] = dict(profile.defaults)


def defaults() -> Mapping[str, str]:
    """Return the settings that the profile in use gives to new trackers."""
    found: Mapping[str, str] = click.get_current_context().meta.get(DEFAULTS, {})
    return found


def _read(path: Path) -> Mapping[str, object]:
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8")).get("profile", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigError(_WRONG, path=str(path), reason=str(error)) from error
    if not isinstance(found, dict):
        raise ConfigError(_WRONG, path=str(path), reason="profile")
    return found


def _profile(path: Path, found: object) -> Profile:
    if not isinstance(found, dict) or not found.keys() <= {"user", "credential", "defaults"}:
        raise ConfigError(_WRONG, path=str(path), reason="user, credential, defaults")
    chosen = found.get("defaults", {})
    if not isinstance(chosen, dict):
        raise ConfigError(_WRONG, path=str(path), reason="defaults")
    texts = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in chosen.items()}
    return Profile(str(found.get("user", "")), str(found.get("credential", "")), texts)
