"""Files that leave the installation with secrets in them: sealed under a passphrase, and under nothing else."""

from __future__ import annotations

from nacl.exceptions import CryptoError
from nacl.pwhash import argon2id
from nacl.secret import Aead
from nacl.utils import random

from nof1web.errors import N_, InvalidInput

_MAGIC = b"nof1web bundle 1\n"
_SHORTEST = 12
WORK, MEMORY = argon2id.OPSLIMIT_MODERATE, argon2id.MEMLIMIT_MODERATE
"""part of the format: another host opens a bundle with the same limits only"""


class PassphraseBox:
    """services.tenancy.Bundles with argon2id and XChaCha20-Poly1305; the head of the file is authenticated too."""

    def seal(self, data: bytes, passphrase: str) -> bytes:
        """Return the data sealed; InvalidInput for a passphrase that is too short."""
        if len(passphrase) < _SHORTEST:
            raise InvalidInput(N_("Choose a passphrase of at least %(length)s characters."), length=_SHORTEST)
        head = _MAGIC + random(argon2id.SALTBYTES)
        return head + bytes(_box(passphrase, head[len(_MAGIC) :]).encrypt(data, aad=head))

    def open(self, sealed: bytes, passphrase: str) -> bytes:
        """Return the data; InvalidInput when this is no bundle, it was changed, or the passphrase is another."""
        head = sealed[: len(_MAGIC) + argon2id.SALTBYTES]
        if not head.startswith(_MAGIC) or len(head) < len(_MAGIC) + argon2id.SALTBYTES:
            raise InvalidInput(N_("This file is no bundle of nof1web: choose one that user export wrote."))
        try:
            return _box(passphrase, head[len(_MAGIC) :]).decrypt(sealed[len(head) :], aad=head)
        except (CryptoError, ValueError):
            # The cause is left out on purpose: it can hold pieces of what was being opened.
            raise InvalidInput(
                N_("This bundle does not open: the passphrase is another one, or the file is damaged.")
            ) from None


def _box(passphrase: str, salt: bytes) -> Aead:
    return Aead(argon2id.kdf(Aead.KEY_SIZE, passphrase.encode(), salt, opslimit=WORK, memlimit=MEMORY))
