"""`flask nof1 credential pair`: a key whose private half is made and sealed here."""

from __future__ import annotations

import click

from nof1web import wiring
from nof1web.cli.options import PROXY, PROXY_PASSWORD, USER, read_proxy, the_user
from nof1web.cli.output import Answer, command
from nof1web.cli.progress import turning
from nof1web.cli.saying import moved
from nof1web.core.trading import Environment, MarginMode
from nof1web.errors import N_, NotFound, Refused
from nof1web.services import credentials, pairs
from nof1web.services.key_stores import Draft
from nof1web.services.keys import KeyOptions

_ENVIRONMENTS = click.Choice([Environment.TESTNET.value, Environment.LIVE.value])
NONE = N_("No key pair called %(name)s is waiting.")


@command("pair", example="credential pair --user anna@example.org --name Main --env live")
@USER
@click.option("--name", required=True, help="What to call the credential; with --api-key the pair's name or id.")
@click.option("--env", "environment", type=_ENVIRONMENTS, help="Which exchange the key will belong to.")
@click.option("--api-key", default="", metavar="KEY", help="What the exchange gave for the public key: test and save.")
@click.option("--label", type=click.Choice(["main", "sub"]), help="Whether it is a main or a sub account.")
@click.option("--margin-mode", type=click.Choice([mode.value for mode in MarginMode]), help="Its trackers' default.")
@PROXY
@PROXY_PASSWORD
@click.option("--give-up", is_flag=True, help="Erase the pair of this name, which waits.")
def pair(
    user: str, name: str, environment: str | None, *, api_key: str, give_up: bool, proxy: str, proxy_password: bool,
    **options: str | None,
) -> Answer:  # fmt: skip
    """Make an Ed25519 pair and show its public key; once the exchange has it, run this again with --api-key."""
    p = wiring.ports()
    owner = the_user(p, user).id
    if give_up:
        row = _waiting(p, owner, name)
        pairs.give_up(p, owner, row.id)
        told = moved(f"The pair {row.name}", "waiting", "erased")
        return Answer({"pair_id": row.id, "name": row.name, "given_up": True}, (told,))
    if api_key:
        return _named(p, owner, name, api_key)
    if environment is None:
        raise click.UsageError("Say which exchange it is for: --env testnet or --env live.")
    if p.registry.installation() is None:
        # Before the first start there is no key to seal to.
        p.install()
    way = read_proxy(proxy, "--proxy-password-stdin", from_stdin=proxy_password)
    chosen = KeyOptions(proxy=way, **{field: text or "" for field, text in options.items()})
    made = pairs.begin(p, owner, name=name, environment=environment, options=chosen)
    begun = f"The pair {made.name} ({made.id}) waits for its key id. Give this to the exchange ({made.environment}):"
    again = f"Then run: flask nof1 credential pair --user {user} --name {made.id} --api-key KEY"
    document = {"pair_id": made.id, "name": made.name, "environment": made.environment, "public_key": made.public_key}
    return Answer(document, (begun, made.public_key.strip(), again))


def _named(p: wiring.Wiring, owner: str, name: str, api_key: str) -> Answer:
    row = pairs.named(p, owner, _waiting(p, owner, name).id, api_key)
    with turning("The exchange is asked about the key …"):
        tested = credentials.test_draft(p, owner, row.id)
    if tested["state"] != "passed":
        raise Refused("%(answer)s", answer=str(tested.get("answer", tested["state"])))
    made = credentials.find(p, owner, str(tested["credential_id"]))
    return Answer({"credential_id": made.id, "name": made.name}, (f"Added {made.name} ({made.id}): the key works.",))


def _waiting(p: wiring.Wiring, owner: str, name: str) -> Draft:
    with p.tenants(owner) as store:
        for each in store.credentials.waiting():
            if name == each.id or name.casefold() == each.name.casefold():
                return each
    raise NotFound(NONE, name=name)
