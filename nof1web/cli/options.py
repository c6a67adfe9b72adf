"""Options that several commands share, and how their values are found: by id or by name."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any

import click
from click.core import ParameterSource

from nof1web import wiring
from nof1web.cli.completing import names
from nof1web.errors import N_, NotFound
from nof1web.services import proxies
from nof1web.services.stores import User

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def _one(name: str, metavar: str, help: str) -> Decorator:
    return click.option(f"--{name}", name, required=True, metavar=metavar, help=help, shell_complete=names)


def _any(name: str, metavar: str, help: str) -> Decorator:
    return click.option(f"--{name}", name, metavar=metavar, help=help, shell_complete=names)


class FromProfile(click.Option):
    """An option that isn't required, which a profile fills in all the same."""


def instead(name: str | None, *others: object, option: str = "credential") -> str | None:
    """Return what an option names, unless only a profile does and something else was typed in its place."""
    source = click.get_current_context().get_parameter_source(option)
    return None if any(others) and source is ParameterSource.DEFAULT_MAP else name


USER = _one("user", "EMAIL", "Whose: an e-mail address or an id.")
PROFILE_USER = click.option(
    "--user", cls=FromProfile, metavar="EMAIL", help="All of this user's: an e-mail address or an id.",
    shell_complete=names,
)  # fmt: skip
ANY_USER = _any("user", "EMAIL", "Only this user: an e-mail address or an id.")
CREDENTIAL = _one("credential", "NAME", "The credential's name or id.")
PROFILE_CREDENTIAL = click.option(
    "--credential", cls=FromProfile, metavar="NAME", help="The credential's name or id.", shell_complete=names
)
ALL_CREDENTIALS = click.option("--all-credentials", "every", is_flag=True, help="Every credential of this user.")
ANY_CREDENTIAL = _any("credential", "NAME", "Only this credential: a name or an id.")
TRACKER = _one("tracker", "NAME", "The tracker's name or id.")
ANY_TRACKER = _any("tracker", "NAME", "Only this tracker: a name or an id.")
LIMIT: Decorator = click.option(
    "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many, newest first."
)
SOURCE: Decorator = click.option(
    "--source", required=True, help="Where the agent's positions come from, such as nof1.", shell_complete=names
)
AGENT: Decorator = click.option(
    "--agent", required=True, metavar="ID", help="Which agent to follow; `flask nof1 agents` lists them.",
    shell_complete=names,
)  # fmt: skip
EMAIL: Decorator = click.argument("email", shell_complete=names)
PROXY: Decorator = click.option(
    "--proxy", default="", metavar="URL", help="Its own way out: http://host:port or socks5h://host:port."
)
PROXY_PASSWORD: Decorator = click.option(
    "--proxy-password-stdin", "proxy_password", is_flag=True, help="Read the proxy's password from stdin, one line."
)
SETTINGS: Decorator = click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="A setting; may be repeated."
)


def the_user(p: wiring.Wiring, email_or_id: str) -> User:
    """Return the user with this e-mail (any case) or id; NotFound when there is none."""
    user = p.registry.user_by_email(email_or_id) or p.registry.user(email_or_id)
    if user is None:
        raise NotFound(N_("There is no user %(user)s. List them with: flask nof1 user list"), user=email_or_id)
    return user


def read_settings(pairs: Iterable[str]) -> dict[str, str]:
    """Read key=value pairs; the values are judged by the settings' schema, a name given twice is wrong usage."""
    settings: dict[str, str] = {}
    for pair in pairs:
        name, found, value = pair.partition("=")
        if not found or not name.strip():
            raise click.UsageError(f"Write a setting as key=value, not {pair!r}.")
        if name.strip() in settings:
            raise click.UsageError(f"The setting {name.strip()} is given twice.")
        settings[name.strip()] = value
    return settings


def read_secret(flag: str, *, from_stdin: bool, prompt: str, confirm: bool = False) -> str:
    """Return one line from stdin, or what a person types at a hidden prompt; wrong usage without a terminal."""
    if from_stdin:
        secret = sys.stdin.readline().rstrip("\r\n")
        if not secret:
            raise click.UsageError(f"{flag} reads one line from stdin, but nothing came.")
        return secret
    if not sys.stdin.isatty():
        raise click.UsageError(f"Pass it on stdin and add {flag}, or run this in a terminal.")
    return str(click.prompt(prompt, hide_input=True, confirmation_prompt=confirm, err=True))


def read_proxy(url: str, flag: str, *, from_stdin: bool) -> str:
    """Return a proxy's URL with the password that came on stdin, if `from_stdin`; InvalidInput for what is no proxy.

    Wrong usage when the password is in the URL already, where others on the machine read it, or belongs to no user.
    """
    address, password = proxies.parted(url)
    if password:
        raise click.UsageError(f"Others can read what you type here: leave the password out of the URL and add {flag}.")
    if not from_stdin:
        return address
    if "@" not in address:
        raise click.UsageError(f"{flag} needs a proxy's URL with a user, such as http://user@host:port.")
    return proxies.joined(address, read_secret(flag, from_stdin=True, prompt="Password")) or ""
