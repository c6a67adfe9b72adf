"""`flask nof1 user …`: the people who log in."""

from __future__ import annotations

import click

from nof1web import wiring
from nof1web.cli import defaults, tenants
from nof1web.cli.options import read_secret
from nof1web.cli.output import Answer, command, shown_example
from nof1web.cli.tables import Table
from nof1web.services import users
from nof1web.services.stores import User


def _document(user: User) -> dict[str, object]:
    return {
        "user_id": user.id,
        "email": user.email,
        "role": user.role,
        "enabled": user.enabled,
        "created_at": user.created_at,
    }


@command("add", example="user add anna@example.org --admin")
@click.argument("email")
@click.option("--admin", is_flag=True, help="May administer the site.")
@click.option("--password-stdin", is_flag=True, help="Read the password from stdin, one line.")
def add(email: str, admin: bool, password_stdin: bool) -> Answer:
    """Add a user; the password has at least 10 characters."""
    p = wiring.ports()
    password = read_secret("--password-stdin", from_stdin=password_stdin, prompt="Password", confirm=True)
    user = users.add_user(p, email, password, admin=admin)
    return Answer(_document(user), (f"Added {user.email} ({user.id}), role {user.role}.",))


@command("list", example="user list")
def listing() -> Answer:
    """List all users."""
    everybody = wiring.ports().registry.users()
    rows = [(user.email, user.id, user.role, user.enabled, user.created_at) for user in everybody]
    empty = "There is no user yet. Add one with: flask nof1 user add EMAIL"
    table = Table(("E-mail", "Id", "Role", "Enabled", "Created"), rows, empty)
    return Answer([_document(user) for user in everybody], (table,))


group = click.Group(
    "user",
    commands=[add, listing, *tenants.COMMANDS, defaults.of_user],
    help="The people who log in.",
    epilog=shown_example("user list"),
)
