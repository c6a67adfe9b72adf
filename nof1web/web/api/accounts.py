"""Operations on exchange accounts: added, tested, switched, armed, given a new key, taken away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nof1web.core.records import Credential
from nof1web.errors import N_, InvalidInput, NotFound
from nof1web.services import arming, credentials, documents, removing, replacing, reporting
from nof1web.services.keys import KeyOptions
from nof1web.services.rows import CredentialRow
from nof1web.services.stores import Draft, Scope
from nof1web.services.warnings import words
from nof1web.web import access
from nof1web.web.api.bearer import Caller
from nof1web.web.api.models import Listing, accounts, asked, made
from nof1web.web.api.operations import operation
from nof1web.web.api.paging import sliced

TAG = "Credentials"


def own(caller: Caller, credential: str) -> Credential:
    """Return one of the caller's credentials by its id; NotFound for any other's."""
    found = credentials.find(caller.p, caller.user_id, credential)
    if found.id != credential:
        raise NotFound(N_("There is no such credential."))
    return found


@contextmanager
def typed_as(field: str) -> Iterator[None]:
    """Call the field for the name that has to be typed as this operation calls it."""
    try:
        yield
    except InvalidInput as error:
        fields = {field if name == "typed" else name: text for name, text in error.fields.items()}
        raise InvalidInput(error.text.template, fields=fields, **error.text.numbers) from error


def shown(caller: Caller, credential: Credential) -> accounts.Credential:
    """Return a credential with its balances."""
    return _told(credential, reporting.credential(caller.p, caller.user_id, credential.id).credential)


def _told(credential: Credential, row: CredentialRow) -> accounts.Credential:
    return made(accounts.Credential, {**documents.credential(credential), **documents.balances(row)})


@operation("GET", "/me", tag="Token")
def me(caller: Caller) -> accounts.Me:
    """Whose token this is and what it may do."""
    return accounts.Me(
        user_id=caller.user_id,
        email=caller.user.email,
        token_id=caller.token.id,
        token=caller.token.name,
        scopes=list(caller.token.scopes),
        expires_at=caller.token.expires_at,
    )


@operation("GET", "/credentials", tag=TAG, name="list_credentials")
def listing(caller: Caller, query: asked.Paging) -> Listing[accounts.Credential]:
    """List the exchange accounts with their balances."""
    # Read in one pass: one after the other would take a page's time for each.
    rows = {row.credential_id: row for row in reporting.accounts(caller.p, caller.user_id).credentials}
    found = [each for each in credentials.listing(caller.p, caller.user_id) if each.id in rows]
    return sliced(found, lambda each: each.id, query, lambda each: _told(each, rows[each.id]))


@operation("POST", "/credentials", scope=Scope.ADMIN, status=202, tag=TAG, name="add_credential")
def add(caller: Caller, body: asked.NewCredential) -> accounts.Draft:
    """Have a worker test a key and keep it when it works; ask for the draft to see the answer."""
    access.require_private_way()
    draft = credentials.draft(
        caller.p,
        caller.user_id,
        name=body.name,
        environment=body.environment,
        api_key=body.api_key,
        api_secret=body.api_secret,
        options=KeyOptions(body.label, body.margin_mode, body.proxy),
    )
    return drafted(draft)


@operation("GET", "/drafts/{draft}", tag=TAG, name="key_test")
def draft(caller: Caller, draft: str) -> accounts.Draft:
    """Show what became of a key's test."""
    with caller.p.tenants(caller.user_id) as store:
        found = store.credentials.draft(draft)
    if found is None:
        raise NotFound(N_("There is no such key test."))
    return drafted(found)


@operation("GET", "/credentials/{credential}", tag=TAG, name="credential")
def one(caller: Caller, credential: str) -> accounts.Credential:
    """Show an exchange account with its balances."""
    return shown(caller, own(caller, credential))


@operation("POST", "/credentials/{credential}/key", scope=Scope.ADMIN, status=202, tag=TAG, name="rotate_credential")
def rotate(caller: Caller, credential: str, body: asked.NewKey) -> accounts.Draft:
    """Have a worker test a new key of the same account; it takes the old one's place when it works."""
    access.require_private_way()
    p, found = caller.p, own(caller, credential)
    moved = {"environment": body.environment or ""}
    row = replacing.begin(p, caller.user_id, found, api_key=body.api_key, api_secret=body.api_secret, **moved)
    return drafted(credentials.submit(p, caller.user_id, row, body.api_secret, ""))


@operation(
    "POST",
    "/credentials/{credential}/test",
    scope=Scope.TRADE,
    status=202,
    tag=TAG,
    repeatable=True,
    name="test_credential",
)
def test(caller: Caller, credential: str) -> accounts.Job:
    """Have a worker test the saved key."""
    found = own(caller, credential)
    return accounts.Job(job_id=caller.p.queue.retest(caller.user_id, found.id), credential_id=found.id)


@operation(
    "POST", "/credentials/{credential}/enable", scope=Scope.TRADE, tag=TAG, repeatable=True, name="enable_credential"
)
def enable(caller: Caller, credential: str) -> accounts.Credential:
    """Allow an account to poll again; start it afterwards."""
    return shown(caller, credentials.enable(caller.p, caller.user_id, own(caller, credential).id))


@operation(
    "POST", "/credentials/{credential}/disable", scope=Scope.TRADE, tag=TAG, repeatable=True, name="disable_credential"
)
def disable(caller: Caller, credential: str) -> accounts.Credential:
    """Take an account out of use; refused while it holds positions."""
    return shown(caller, credentials.disable(caller.p, caller.user_id, own(caller, credential).id))


@operation("POST", "/credentials/{credential}/arm", scope=Scope.ADMIN, tag=TAG, name="arm_credential")
def arm(caller: Caller, credential: str, body: asked.Confirm) -> accounts.Credential:
    """Let a live account send orders; /worst-case says what that could cost."""
    found = own(caller, credential)
    with typed_as("name"):
        return shown(caller, arming.arm(caller.p, caller.user_id, found.id, typed=body.name))


@operation(
    "POST", "/credentials/{credential}/disarm", scope=Scope.ADMIN, tag=TAG, repeatable=True, name="disarm_credential"
)
def disarm(caller: Caller, credential: str) -> accounts.Credential:
    """Take the right to send orders back; refused while the account holds positions."""
    return shown(caller, arming.disarm(caller.p, caller.user_id, own(caller, credential).id))


@operation("POST", "/credentials/{credential}/remove", scope=Scope.ADMIN, tag=TAG, name="remove_credential")
def remove(caller: Caller, credential: str, body: asked.Confirm) -> accounts.Removed:
    """Erase an account's key and secrets for good; its orders and results stay."""
    found = own(caller, credential)
    with typed_as("name"):
        gone = removing.remove(caller.p, caller.user_id, found.id, typed=body.name)
    return accounts.Removed(id=gone.id, name=gone.name)


def drafted(found: Draft) -> accounts.Draft:
    """Return a key's test; no secret."""
    document = {
        "draft_id": found.id,
        "name": found.name,
        "environment": found.environment,
        "state": found.state,
        "answer": found.answer,
        "credential_id": found.credential_id or None,
        "warnings": [words(code) for code in found.warnings],
        "public_key": found.public_key or None,
    }
    return made(accounts.Draft, document)
