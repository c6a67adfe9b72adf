"""`flask nof1 credential …`: exchange accounts and their keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import click

from nof1web import wiring
from nof1web.cli import defaults, keys
from nof1web.cli.options import (
    ANY_CREDENTIAL,
    CREDENTIAL,
    PROXY,
    PROXY_PASSWORD,
    USER,
    read_proxy,
    read_secret,
    the_user,
)
from nof1web.cli.output import Answer, command, shown_example
from nof1web.cli.progress import turning, wait_for
from nof1web.cli.saying import moved
from nof1web.cli.tables import Figure, Table
from nof1web.core.records import Credential
from nof1web.core.trading import Environment, KeyCheck, MarginMode
from nof1web.errors import Refused
from nof1web.services import credentials, documents, figures, reporting, warnings
from nof1web.services.keys import KeyOptions

TEST_SECONDS = 60
_AMOUNTS = ("equity", "available", "unrealised")
_OF_AMOUNTS = ("Equity (USDT)", "Available", "PnL")


document = documents.credential


def _test(check: KeyCheck) -> dict[str, object]:
    return {
        "ok": True,
        "equity": figures.money(check.equity),
        "available": figures.money(check.available),
        "position_mode": "hedge" if check.hedge else "one_way",
        "multi_assets": check.multi_assets,
        "warnings": check.warnings,
    }


@command(
    "add",
    example="credential add --user anna@example.org --name Main --env testnet --api-key KEY --api-secret-stdin <secret",
)
@USER
@click.option("--name", required=True, help="What to call it; unique among this user's credentials.")
@click.option(
    "--env",
    "environment",
    required=True,
    type=click.Choice([item.value for item in Environment]),
    help="Which exchange the key belongs to.",
)
@click.option("--api-key", default="", metavar="KEY", help="The key's public part; paper needs none.")
@click.option("--api-secret-stdin", is_flag=True, help="Read the secret from stdin, one line.")
@click.option("--label", type=click.Choice(["main", "sub"]), help="Whether it is a main or a sub account.")
@click.option("--margin-mode", type=click.Choice([mode.value for mode in MarginMode]), help="Its trackers' default.")
@PROXY
@PROXY_PASSWORD
def add(
    user: str, name: str, environment: str, api_key: str, *, api_secret_stdin: bool, proxy: str, proxy_password: bool,
    **options: str | None,
) -> Answer:  # fmt: skip
    """Test a key and save it; a key that fails the test is not saved. On stdin the secret comes before a password."""
    p = wiring.ports()
    owner = the_user(p, user)
    secret = ""
    if environment != Environment.PAPER:
        secret = read_secret("--api-secret-stdin", from_stdin=api_secret_stdin, prompt="API secret")
    way = read_proxy(proxy, "--proxy-password-stdin", from_stdin=proxy_password)
    chosen = KeyOptions(proxy=way, **{field: text or "" for field, text in options.items()})
    with turning("The exchange is asked about the key …"):
        credential, check = credentials.add(
            p, owner.id, name=name, environment=environment, api_key=api_key, api_secret=secret, options=chosen
        )
    answer = {
        "user_id": owner.id,
        "credential_id": credential.id,
        "name": credential.name,
        "environment": credential.environment,
        "state": credential.state,
        "test": _test(check),
    }
    works = "a paper account" if credential.environment is Environment.PAPER else f"the key works on {environment}"
    shown = f"Added {credential.name} ({credential.id}): {works}, equity {figures.money(check.equity)} USDT."
    return Answer(answer, (shown, *_warnings(check.warnings)))


@command("list", example="credential list --user anna@example.org")
@USER
@ANY_CREDENTIAL
def listing(user: str, credential: str | None) -> Answer:
    """List a user's credentials with their balances."""
    p = wiring.ports()
    owner = the_user(p, user).id
    known = {each.credential_id: each for each in reporting.accounts(p, owner).credentials}
    found = (credentials.find(p, owner, credential),) if credential else credentials.listing(p, owner)
    told = [{**document(each), **documents.balances(known[each.id])} for each in found if each.id in known]
    names = ("name", "credential_id", "environment", "state", "enabled", *_AMOUNTS, "last_cycle_at", "last_error")
    rows = [[Figure(each[name]) if name in _AMOUNTS and each[name] else each[name] for name in names] for each in told]
    columns = ("Name", "Id", "Environment", "State", "Enabled", *_OF_AMOUNTS, "Last cycle", "Last error")
    return Answer(told, (Table(columns, rows, "No credential yet. Add one with: flask nof1 credential add"),))


@command("test", example="credential test --user anna@example.org --credential Main")
@USER
@CREDENTIAL
def test(user: str, credential: str) -> Answer:
    """Test the saved key against the exchange; a worker does it."""
    p = wiring.ports()
    owner = the_user(p, user)
    found = credentials.find(p, owner.id, credential)
    result = wait_for(p.queue.retest(owner.id, found.id), TEST_SECONDS)
    return _tested(found, result)


def _tested(credential: Credential, result: Mapping[str, Any]) -> Answer:
    if not result["ok"]:
        raise Refused("%(answer)s", answer=result["answer"])
    amounts = {name: figures.money(Decimal(result[name])) for name in ("equity", "available")}
    answer = {"credential_id": credential.id, "name": credential.name, "test": {**result, **amounts}}
    shown = f"The key of {credential.name} works, equity {amounts['equity']} USDT."
    return Answer(answer, (shown, *_warnings(result["warnings"])))


def _warnings(codes: Iterable[str]) -> Iterator[str]:
    return (f"Warning: {warnings.words(code)}" for code in codes)


@command("enable", example="credential enable --user anna@example.org --credential Main")
@USER
@CREDENTIAL
def enable(user: str, credential: str) -> Answer:
    """Allow a credential to poll again; start it afterwards."""
    p = wiring.ports()
    owner = the_user(p, user)
    before = credentials.find(p, owner.id, credential)
    return _switched(before, credentials.enable(p, owner.id, before.id))


@command("disable", example="credential disable --user anna@example.org --credential Main")
@USER
@CREDENTIAL
def disable(user: str, credential: str) -> Answer:
    """Take a credential out of use; refused while it holds positions."""
    p = wiring.ports()
    owner = the_user(p, user)
    before = credentials.find(p, owner.id, credential)
    return _switched(before, credentials.disable(p, owner.id, before.id))


def _switched(before: Credential, now: Credential) -> Answer:
    words = {True: "enabled", False: "disabled"}
    told = [moved(now.name, words[before.enabled], words[now.enabled])]
    if before.state is not now.state:
        told.append(moved("Its polling", before.state, now.state))
    elif now.enabled and not now.state.polls:
        told.append(f"It is {now.state}: start it when it shall poll.")
    return Answer(document(now), tuple(told))


group = click.Group(
    "credential",
    commands=[add, listing, test, enable, disable, *keys.COMMANDS, defaults.of_credential],
    help="Exchange accounts and their keys.",
    epilog=shown_example("credential list --user anna@example.org"),
)
