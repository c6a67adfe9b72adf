"""Operations on keys: how well they are kept, what going live could cost, pairs made here, accounts that are gone."""

from __future__ import annotations

from typing import cast

from nof1web.errors import N_, NotFound
from nof1web.services import arming, describing, key_documents, pairs, remembering, removing, tokens
from nof1web.services.keys import KeyOptions
from nof1web.services.pairs import Pairing
from nof1web.services.stores import Scope
from nof1web.web import access
from nof1web.web.api.accounts import drafted, own, shown
from nof1web.web.api.bearer import Caller
from nof1web.web.api.models import Listing, accounts, asked, keys, made
from nof1web.web.api.operations import operation
from nof1web.web.api.paging import sliced

TAG = "Credentials"
PAIRS = "Key pairs"
TOKENS = "Token"


@operation("PATCH", "/credentials/{credential}", scope=Scope.TRADE, tag=TAG, name="edit_credential")
def about(caller: Caller, credential: str, body: asked.About) -> accounts.Credential:
    """Change what an account is called, its label, and the margin mode its trackers start from."""
    found, said = own(caller, credential), body.model_dump()
    return shown(caller, describing.describe(caller.p, caller.user_id, found.id, **said))


@operation("GET", "/credentials/{credential}/key", tag=TAG, name="key")
def key(caller: Caller, credential: str) -> keys.Key:
    """Show how well an account's key is kept, and the keys before it."""
    return made(keys.Key, key_documents.key(caller.p, caller.user_id, own(caller, credential)))


@operation("GET", "/credentials/{credential}/worst-case", tag=TAG, name="worst_case")
def worst_case(caller: Caller, credential: str) -> keys.WorstCase:
    """Show what going live with an account could cost at worst."""
    found = arming.worst_case(caller.p, caller.user_id, own(caller, credential).id)
    return made(keys.WorstCase, key_documents.worst_case(found))


@operation("GET", "/removed", tag=TAG, name="removed")
def removed(caller: Caller, query: asked.Paging) -> Listing[keys.RemovedCredential]:
    """List the accounts that were removed."""
    found = removing.removed(caller.p, caller.user_id)
    return sliced(
        found,
        lambda each: each.id,
        query,
        lambda each: made(keys.RemovedCredential, key_documents.removed(each)),
    )


@operation("GET", "/removed/{credential}", tag=TAG, name="history")
def history(caller: Caller, credential: str) -> keys.History:
    """Show what is left of a removed account: its newest orders, their result, the keys it had."""
    found = remembering.remembered(caller.p, caller.user_id, credential)
    return made(keys.History, key_documents.remembered(found))


@operation("GET", "/pairs", tag=PAIRS, name="list_pairs")
def waiting(caller: Caller, query: asked.Paging) -> Listing[accounts.Draft]:
    """List the key pairs that wait for the exchange's id."""
    with caller.p.tenants(caller.user_id) as store:
        found = store.credentials.waiting()
    return sliced(found, lambda each: each.id, query, drafted)


@operation("POST", "/pairs", scope=Scope.ADMIN, status=201, tag=PAIRS, name="make_pair")
def pair(caller: Caller, body: asked.NewPair) -> accounts.Draft:
    """Make an Ed25519 pair whose private half never leaves here; give its public half to the exchange."""
    if body.proxy:
        # Its password could be read on the way.
        access.require_private_way()
    options = KeyOptions(body.label, body.margin_mode, body.proxy)
    p = cast(Pairing, caller.p)
    return drafted(pairs.begin(p, caller.user_id, name=body.name, environment=body.environment, options=options))


@operation("POST", "/pairs/{pair}/key", scope=Scope.ADMIN, status=202, tag=PAIRS, name="name_pair")
def named(caller: Caller, pair: str, body: asked.PairKey) -> accounts.Draft:
    """Have a worker test a pair under the exchange's id for it, and keep it when it works; ask for the draft."""
    row = pairs.named(caller.p, caller.user_id, pair, body.api_key)
    caller.p.queue.test_key(caller.user_id, row.id)
    return drafted(row)


@operation("POST", "/pairs/{pair}/give-up", scope=Scope.ADMIN, tag=PAIRS, name="give_up_pair")
def given_up(caller: Caller, pair: str) -> accounts.Removed:
    """Erase a pair that waits."""
    with caller.p.tenants(caller.user_id) as store:
        found = store.credentials.draft(pair)
    pairs.give_up(caller.p, caller.user_id, pair)
    return accounts.Removed(id=pair, name=found.name if found else "")


@operation("GET", "/tokens", tag=TOKENS, name="list_tokens")
def listing(caller: Caller, query: asked.Paging) -> Listing[keys.Token]:
    """List one's tokens, revoked ones too; what they are is kept nowhere."""
    found = tokens.listing(caller.p, caller.user_id)
    return sliced(found, lambda each: each.id, query, lambda each: made(keys.Token, key_documents.token(each)))


@operation("POST", "/tokens/{token}/revoke", scope=Scope.ADMIN, tag=TOKENS, name="revoke_token")
def revoke(caller: Caller, token: str) -> keys.Token:
    """End a token for good, this one too."""
    if tokens.find(caller.p, caller.user_id, token).id != token:
        raise NotFound(N_("There is no such token."))
    return made(keys.Token, key_documents.token(tokens.revoke(caller.p, caller.user_id, token)))
