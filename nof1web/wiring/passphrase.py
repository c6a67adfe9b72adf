"""Changing the passphrase that the master key is made of: argon2id with a salt of its own, then a rotation."""

from __future__ import annotations

from collections.abc import Sequence

from nof1web.config import master_source
from nof1web.errors import N_, InvalidInput, Refused, Text
from nof1web.services import rotating
from nof1web.services.rotating import Rotated
from nof1web.wiring import Wiring, master

NO_PASSPHRASE = N_(
    "This installation has no master passphrase in NOF1_MASTER_PASSPHRASE: put a new key first in NOF1_MASTER_KEY."
)
SAME = N_("This is the passphrase in use: choose another one.")
NOT_ALL_OPEN = N_(
    "Nothing is changed: the keys of %(count)s users don't open, %(email)s among them: %(why)s Restore each from a "
    "backup, or remove the user, then run this again."
)
NOT_OVER = N_(
    "The change is not over: the keys of %(count)s users don't open, %(email)s among them: %(why)s Run this again with "
    "both passphrases exactly as they were; a damaged database is restored first, or its user removed."
)


def change(w: Wiring, new: str) -> Rotated:
    """Seal everything under a new passphrase; the former one, in NOF1_MASTER_PASSPHRASE, opens nothing afterwards.

    Killed in between, no process starts until the same call, with both passphrases as before, has gone on. Refused
    while a worker is alive, and while anybody's keys don't open: their backup would be under the lost passphrase.
    SecretUnreadable, and nothing lost, when one of the two is not the one begun with.
    """
    name, old = master_source()
    if name != "NOF1_MASTER_PASSPHRASE":
        raise Refused(NO_PASSPHRASE)
    if new == old:
        raise InvalidInput(SAME)
    rotating.require_nobody(w)
    if not (w.config.server_dir / master.NEXT_SALT).exists():
        # Before anything is written: a wrong passphrase must not leave a change begun.
        master.require_passphrase(new)
        _require_all(rotating.unreadable(Wiring(w.config, keys=master.passphrase_keys(w.config, old))), NOT_ALL_OPEN)
    keys = master.both_passphrase_keys(w.config, old, new)
    done = rotating.rotate_master(Wiring(w.config, keys=keys))
    # The former salt stays until nothing is under it: without it a mistyped word would be the end of somebody's keys.
    _require_all(done.unreadable, NOT_OVER)
    master.end_passphrase_change(w.config)
    return done


def _require_all(unreadable: Sequence[tuple[str, Text]], words: str) -> None:
    if unreadable:
        email, why = unreadable[0]
        raise Refused(words, count=len(unreadable), email=email, why=str(why))
