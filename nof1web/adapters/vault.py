"""Opens and seals secrets: master key -> a tenant's data key -> secret, each bound to its place (DESIGN §6)."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox
from nacl.secret import Aead
from nacl.utils import random

from nof1web.errors import N_, SecretUnreadable
from nof1web.services.stores import Installation

_FORMAT = 1
_VERSION_BYTES = 4
_LAST_VERSION = 65535
"""the highest that NOF1_MASTER_KEY takes"""


class MasterVault:
    """services.ports.Vault with XChaCha20-Poly1305.

    `keys` are master keys of 32 bytes by version, `current` the version that wraps anew. What was wrapped under a
    version opens with that key or not at all. Everything that doesn't open is SecretUnreadable. `installed` reads the
    installation's row as it is now, which tells whether a newer master key has taken over meanwhile.
    """

    def __init__(
        self, keys: Mapping[int, bytes], current: int, *, installed: Callable[[], Installation | None] = lambda: None
    ) -> None:
        self._boxes = {version: Aead(key) for version, key in keys.items()}
        self._current = current
        self._installed = installed
        if current not in self._boxes:
            raise ValueError(f"there is no master key of version {current}")

    def __repr__(self) -> str:
        return f"MasterVault(versions={sorted(self._boxes)}, current={self._current})"

    def new_data_key(self, user_id: str) -> bytes:
        """Return a fresh tenant data key wrapped under the current master key and bound to the user.

        SecretUnreadable when the installation is under a newer master key: those who have only that couldn't open it.
        So it is when this process's master keys don't open the installation's: nobody else could open it either.
        """
        installed = self._installed()
        if installed is not None:
            if (newest := _version(installed.sealing_private)) > self._current:
                words = N_(
                    "Master key version %(version)s is in use by now: put it first in NOF1_MASTER_KEY and start again."
                )
                raise SecretUnreadable(words, version=newest)
            self.require(installed.sealing_private)
        return self._wrap(random(Aead.KEY_SIZE), "data-key", user_id)

    def seal(self, wrapped: bytes, secret: str, *, user_id: str, credential_id: str, field: str) -> bytes:
        """Return the secret sealed under the tenant's data key, bound to user, credential, field and format."""
        with _opening():
            box = Aead(self._unwrap(wrapped, "data-key", user_id))
            place = _place(user_id, credential_id, field, str(_FORMAT))
            return bytes([_FORMAT]) + bytes(box.encrypt(secret.encode(), aad=place))

    def open(self, wrapped: bytes, sealed: bytes, *, user_id: str, credential_id: str, field: str) -> str:
        """Return the secret; SecretUnreadable when key, place or bytes differ."""
        with _opening():
            if sealed[:1] != bytes([_FORMAT]):
                raise CryptoError("unknown format")
            box = Aead(self._unwrap(wrapped, "data-key", user_id))
            return box.decrypt(sealed[1:], aad=_place(user_id, credential_id, field, str(_FORMAT))).decode()

    def new_sealing_key(self) -> tuple[bytes, bytes]:
        """Return (public key, private key wrapped under the current master key) for a new installation."""
        private = PrivateKey.generate()
        return bytes(private.public_key), self._wrap(bytes(private), "sealing-key")

    def require(self, private: bytes) -> None:
        """Raise SecretUnreadable unless an installation's private key opens with these master keys."""
        with _opening():
            self._unwrap(private, "sealing-key")

    def open_typed(self, private: bytes, sealed: bytes, *, context: str) -> str:
        """Open what a Sealer sealed to the installation's key; SecretUnreadable unless its context matches."""
        with _opening():
            message = SealedBox(PrivateKey(self._unwrap(private, "sealing-key"))).decrypt(sealed)
            found, _, secret = message.partition(b"\0")
            if not hmac.compare_digest(found, context.encode()):
                raise CryptoError("another context")
            return secret.decode()

    def outdated(self, wrapped: bytes) -> bool:
        """Whether a wrapped key is under another master key than the current one."""
        return _version(wrapped) != self._current

    def rewrap(self, wrapped: bytes, *, user_id: str) -> bytes:
        """Return a tenant's data key wrapped under the current master key; what it sealed stays as it is."""
        with _opening():
            return self._wrap(self._unwrap(wrapped, "data-key", user_id), "data-key", user_id)

    def rewrap_sealing_key(self, wrapped: bytes) -> bytes:
        """Return the installation's private key wrapped under the current master key."""
        with _opening():
            return self._wrap(self._unwrap(wrapped, "sealing-key"), "sealing-key")

    def _wrap(self, key: bytes, *place: str) -> bytes:
        version = self._current.to_bytes(_VERSION_BYTES, "big")
        return version + bytes(self._boxes[self._current].encrypt(key, aad=_place(*place, str(self._current))))

    def _unwrap(self, wrapped: bytes, *place: str) -> bytes:
        version = _version(wrapped)
        if not 1 <= version <= _LAST_VERSION:
            raise CryptoError("no version any master key could have")
        box = self._boxes.get(version)
        if box is None:
            raise SecretUnreadable(
                N_("Master key version %(version)s is missing: add it to NOF1_MASTER_KEY and start again."),
                version=version,
            )
        try:
            return box.decrypt(wrapped[_VERSION_BYTES:], aad=_place(*place, str(version)))
        except (CryptoError, ValueError, TypeError):
            raise SecretUnreadable(
                N_("Master key version %(version)s is not the one this was sealed under: start with the right one."),
                version=version,
            ) from None


def _version(wrapped: bytes) -> int:
    return int.from_bytes(wrapped[:_VERSION_BYTES], "big")


def _place(*parts: str) -> bytes:
    # A separator inside a part would let two places share one name.
    if any("|" in part for part in parts):
        raise CryptoError("a place can't contain the separator")
    return "|".join(parts).encode()


@contextmanager
def _opening() -> Iterator[None]:
    try:
        yield
    except (CryptoError, ValueError, TypeError):
        # The cause is left out on purpose: it can hold pieces of what was being opened.
        raise SecretUnreadable(
            N_("A sealed secret does not open with this master key: restore the right key, or enter the secret again.")
        ) from None
