"""One use of a key, reading only: which account it opens, what to warn of, and why it was refused, in words."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nof1web.core.records import Credential, CredentialState, Event, Severity
from nof1web.core.trading import Account, Environment, KeyCheck, Position
from nof1web.errors import N_, Blocked, CredentialRefused, ExchangeError, Refused, Text
from nof1web.services import warnings
from nof1web.services.ports import Exchange, Ports
from nof1web.services.stores import TenantStore

OTHER_ENVIRONMENT = N_("This API key belongs to %(other)s, not to %(environment)s: choose %(other)s and test it again.")
NO_MORE = N_(
    "This API key worked before and is refused now: it was deleted, this server's address %(address)s is not on its "
    "list any more, or it may not trade futures any more. Look at the key at the exchange, then test again."
)
NO_MORE_FROM_HERE = N_(
    "This API key worked before and is refused now: it was deleted, this server's address is not on its list any "
    "more, or it may not trade futures any more. Look at the key at the exchange, then test again."
)
PORTFOLIO_MARGIN = N_("This account uses portfolio margin, which can't be traded here. Use an account without it.")
ENTERS_NO_MORE = N_("%(name)s is paused and enters nothing: %(reason)s")
ANOTHER_ACCOUNT = N_(
    "This API key belongs to another exchange account than %(name)s: use a key of the same account, or add it as a new "
    "credential."
)
_REFUSED = (-2008, -2015)
"""what the exchange says of a key it doesn't know, and of one it refuses for one of several reasons"""


@dataclass(frozen=True, slots=True)
class Tested:
    """A key that works, and the account behind it as it was then: a preview needs no sync first."""

    check: KeyCheck
    account: Account
    positions: tuple[Position, ...]


@dataclass(frozen=True, slots=True)
class Key:
    """What is needed to use a key; `worked` says that it did before. The secret is in no repr."""

    environment: Environment
    api_key: str
    secret: str
    proxy: str | None = None
    worked: bool = False

    def __repr__(self) -> str:
        return f"Key({self.environment.value})"


def try_key(p: Ports, key: Key) -> Tested:
    """Use a key once, reading only; raises what the exchange says against it, in a sentence that says what to do."""
    exchange = p.exchange(key.environment, key.api_key, key.secret, proxy=key.proxy)
    read_at = p.clock()
    check = checked(p, exchange, key)
    return Tested(check, replace(exchange.account(), read_at=read_at), exchange.positions())


def checked(p: Ports, exchange: Exchange, key: Key) -> KeyCheck:
    """Return what a key's account is; a refusal that has more than one cause is looked into first."""
    try:
        return exchange.check()
    except CredentialRefused as error:
        if error.exchange_code not in _REFUSED:
            raise
        raise _explained(p, key, error) from error


def warnings_of(
    store: TenantStore, check: KeyCheck, *, environment: Environment, except_id: str = ""
) -> tuple[str, ...]:
    """Return the codes of what a person should know of a key that works (services.warnings has the words)."""
    found = list(check.warnings)
    if check.hedge:
        found.append("hedge_mode")
    if check.multi_assets:
        found.append("multi_assets")
    if environment is not Environment.PAPER and check.account_alias:
        found += [
            f"account_linked:{each.name}"
            for each in store.credentials.all()
            if (each.account_alias, each.environment) == (check.account_alias, environment) and each.id != except_id
        ]
    return tuple(found)


def note_refusal(p: Ports, store: TenantStore, credential: Credential, error: CredentialRefused) -> None:
    """Stop the entries of a credential whose key is no good any more, and tell its owner once (DESIGN §5 Errors).

    A key that may move money works, and stays remembered as one until a test finds otherwise; any other is confirmed
    by the next cycles.
    """
    facts = store.keys.facts(credential.id)
    if facts is not None:
        # Only the refusal of such a key names permissions: adapters' sentences can't be imported from here.
        if "permissions" in error.text.numbers:
            codes = tuple(code for code in facts.warnings if code != warnings.MOVES_MONEY)
            store.keys.put_facts(replace(facts, warnings=(*codes, warnings.MOVES_MONEY)))
        else:
            store.keys.put_facts(replace(facts, refused_at=facts.refused_at or p.clock()))
    found = store.credentials.get(credential.id)
    if found is not None and found.state is CredentialState.RUNNING:
        store.credentials.set_state(found.id, CredentialState.PAUSED, error=error.text)
        text = Text(ENTERS_NO_MORE, {"name": found.name, "reason": str(error.text)})
        store.chronicle.add_event(Event("credential_refused", text, p.clock(), Severity.ALARM, found.id))


def require_same_account(name: str, known: str, found: str) -> None:
    """Refuse a key of another exchange account than the one a credential is known to have."""
    if known and found and known != found:
        raise Refused(ANOTHER_ACCOUNT, name=name)


def _explained(p: Ports, key: Key, error: CredentialRefused) -> ExchangeError:
    """Return a refusal that has several causes as the one that can be told (binance.md §6)."""
    if "portfolio margin" in error.body.lower():
        return Blocked(PORTFOLIO_MARGIN, exchange_code=error.exchange_code, body=error.body)
    if key.worked:
        words = NO_MORE if p.egress_address and not key.proxy else NO_MORE_FROM_HERE
        return CredentialRefused(
            words, exchange_code=error.exchange_code, body=error.body, address=p.egress_address or ""
        )
    if other := _elsewhere(p, key):
        return CredentialRefused(
            OTHER_ENVIRONMENT,
            exchange_code=error.exchange_code,
            body=error.body,
            other=other.value,
            environment=key.environment.value,
        )
    return error


def _elsewhere(p: Ports, key: Key) -> Environment | None:
    """Return the environment whose exchange knows the key, asking there once; the demo never asks the real one."""
    other = Environment.TESTNET if key.environment is Environment.LIVE else Environment.LIVE
    if p.demo:
        return None
    try:
        p.exchange(other, key.api_key, key.secret, proxy=key.proxy).hedged()
    except CredentialRefused as error:
        # A wrong secret still says that the key is known there.
        return other if error.exchange_code == -1022 else None
    except ExchangeError:
        return None
    return other
