"""Changing the passphrase that the master key is made of: argon2id with a salt of its own, then a rotation."""

from __future__ import annotations

from nof1web.adapters.vault import MasterVault
from nof1web.config import master_source
from nof1web.errors import N_, InvalidInput, Refused
from nof1web.services import rotating
from nof1web.services.rotating import Rotated
from nof1web.wiring import Wiring, master

NO_PASSPHRASE = N_(
    "This installation has no master passphrase in NOF1_MASTER_PASSPHRASE: put a new key first in NOF1_MASTER_KEY."
)
SAME = N_("This is the passphrase in use: choose another one.")


def change(w: Wiring, new: str) -> Rotated:
    """Seal everything under a new passphrase; the former one, in NOF1_MASTER_PASSPHRASE, opens nothing afterwards.

    Killed in between, no process starts until the same call, with both passphrases as before, has gone on. Refused
    while a worker is alive; SecretUnreadable, and nothing changed, when one of the two is not the one begun with.
    """
    name, old = master_source()
    if name != "NOF1_MASTER_PASSPHRASE":
        raise Refused(NO_PASSPHRASE)
    if new == old:
        raise InvalidInput(SAME)
    rotating.require_nobody(w)
    installed = w.registry.installation()
    if installed is not None and not (w.config.server_dir / master.NEXT_SALT).exists():
        # Before anything is written: a wrong passphrase must not leave a change begun.
        MasterVault(*master.passphrase_keys(w.config, old)).require(installed.sealing_private)
    keys = master.both_passphrase_keys(w.config, old, new)
    done = rotating.rotate_master(Wiring(w.config, keys=keys))
    master.end_passphrase_change(w.config)
    return done
