"""argon2id password hashes."""

from __future__ import annotations

import unicodedata

from nacl.exceptions import CryptoError
from nacl.pwhash import argon2id


class Argon2Passwords:
    """services.ports.Passwords; the limits are libsodium's, interactive (64 MiB) unless told otherwise."""

    def __init__(
        self, opslimit: int = argon2id.OPSLIMIT_INTERACTIVE, memlimit: int = argon2id.MEMLIMIT_INTERACTIVE
    ) -> None:
        self._opslimit = opslimit
        self._memlimit = memlimit
        self._nobody = b""

    def hash(self, password: str) -> str:
        """Return a salted hash that carries its own limits."""
        return argon2id.str(_typed(password), opslimit=self._opslimit, memlimit=self._memlimit).decode().rstrip("\0")

    def matches(self, hashed: str, password: str) -> bool:
        """Whether the password belongs to the hash; takes as long for a wrong one, and for text that is no hash."""
        if not hashed.startswith("$argon2id$"):
            return self.burn(password)
        return _verify(hashed.encode(), password)

    def burn(self, password: str = "") -> bool:
        """Spend the time of one comparison and return False: for a login whose address nobody has."""
        # Making the hash costs as much as comparing with it: the first call makes it, the others compare.
        if self._nobody:
            _verify(self._nobody, password)
        else:
            self._nobody = self.hash("nobody").encode()
        return False


def _typed(password: str) -> bytes:
    # The same characters typed on two systems can arrive composed or decomposed.
    return unicodedata.normalize("NFKC", password).encode()


def _verify(hashed: bytes, password: str) -> bool:
    try:
        return bool(argon2id.verify(hashed, _typed(password)))
    except CryptoError:
        return False
