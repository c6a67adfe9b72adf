"""Tenants full of sealed secrets on real files, and a process that rotates their keys until it is killed."""

from __future__ import annotations

import base64
import os
import signal
import sys
from pathlib import Path

from nof1web import config
from nof1web.adapters.store import connections
from nof1web.core.records import Credential, CredentialState
from nof1web.core.trading import Environment
from nof1web.services import keys, rotating
from nof1web.services.stores import Installation, User
from nof1web.wiring import Wiring
from tests.tools.passwords import light_passwords

OLD, NEW = (base64.b64encode(bytes((n * 7 + add) % 256 for n in range(32))).decode() for add in (130, 131))


def wired(folder: Path, master: str = f"1:{OLD}") -> Wiring:
    """Return real ports of an installation under this master key, without Redis."""
    os.environ["NOF1_MASTER_KEY"] = master
    made = Wiring(config.load({"NOF1_MODE": "demo", "NOF1_TENANTS_DIR": str(folder)}))
    made.__dict__.update(passwords=light_passwords())
    if made.registry.installation() is None:
        made.registry.install(Installation("i_test", "test", *made.vault.new_sealing_key()))
    return made


def secret_of(credential_id: str) -> str:
    """Return the secret a credential was given."""
    return f"secret of {credential_id}"


def fill(p: Wiring, *, tenants: int, each: int) -> None:
    """Give every tenant so many credentials, each with a sealed secret."""
    for number in range(tenants):
        user = User(f"u_{number:016}", f"p{number}@example.org", "", "user", True, "en", p.clock())
        p.registry.add_user(user)
        with p.tenants(user.id) as store, store.transaction():
            for index in range(each):
                give(p, user.id, f"c_{number:06}{index:010}")


def give(p: Wiring, user_id: str, credential_id: str, state: CredentialState = CredentialState.STOPPED) -> None:
    """Add one credential with its secret."""
    made = Credential(
        credential_id, credential_id, Environment.TESTNET, f"key{credential_id}", state, True, False, p.clock()
    )
    with p.tenants(user_id) as store:
        store.credentials.add(made)
        keys.put_secrets(p, store, credential_id, (secret_of(credential_id), ""))


def opened(p: Wiring) -> int:
    """Open every secret of everybody and return how many there were; each must be its own."""
    count = 0
    for user in p.registry.users():
        with p.tenants(user.id) as store:
            for credential in store.credentials.all():
                assert keys.open_secret(p, store, credential) == secret_of(credential.id)
                count += 1
    return count


def die_at(statement: int) -> None:
    """Have this process killed in the middle of its n-th write."""
    written = 0
    real = connections.SqliteFile.change

    def change(self: connections.SqliteFile, sql: str, values: connections.Values = ()) -> int:
        nonlocal written
        written += 1
        touched = real(self, sql, values)
        if written == statement:
            os.kill(os.getpid(), signal.SIGKILL)
        return touched

    connections.SqliteFile.change = change  # type: ignore[method-assign]


def rotate_everything(folder: Path, statement: int) -> None:
    """Rotate the master key, then every tenant's, unless killed before."""
    p = wired(folder, f"2:{NEW},1:{OLD}")
    if statement:
        die_at(statement)
    rotating.rotate_master(p)
    for user in p.registry.users():
        rotating.rotate_tenant(p, user.id)


if __name__ == "__main__":
    rotate_everything(Path(sys.argv[1]), int(sys.argv[2]))
