"""argon2id that costs next to nothing, for tests about something else; what it costs people has tests of its own."""

from __future__ import annotations

import pytest
from nacl.pwhash import argon2id

from nof1web.adapters import bundles
from nof1web.adapters.passwords import Argon2Passwords
from nof1web.wiring import master


def light_passwords() -> Argon2Passwords:
    """Return real argon2id at its weakest; hashes carry their limits, so every process can compare with them."""
    return Argon2Passwords(argon2id.OPSLIMIT_MIN, argon2id.MEMLIMIT_MIN)


def derive_lightly(patch: pytest.MonkeyPatch) -> None:
    """Let keys be derived from passphrases at argon2id's weakest, in this process."""
    for module in (bundles, master):
        patch.setattr(module, "WORK", argon2id.OPSLIMIT_MIN)
        patch.setattr(module, "MEMORY", argon2id.MEMLIMIT_MIN)
