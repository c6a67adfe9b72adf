"""Signs with a private key: RSA (PKCS#1 v1.5, SHA-256) or Ed25519, in base64 (binance.md §2)."""

from __future__ import annotations

import base64

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from nof1web.errors import N_, CredentialRefused

LEAST_RSA_BITS = 2048
UNUSABLE = N_(
    "This private key can't be used. Paste an Ed25519 key, or an RSA key of at least 2048 bits, as PEM and without a "
    "passphrase."
)


class PrivateKeySigner:
    """Signs with a key given as PEM; nothing this object shows contains the key."""

    __slots__ = ("_key",)

    def __init__(self, pem: str) -> None:
        """Raises CredentialRefused when the text is no private key that Binance would take."""
        self._key = _loaded(pem)

    def sign(self, payload: bytes) -> str:
        """Return the signature of `payload` in base64."""
        if isinstance(self._key, Ed25519PrivateKey):
            raw = self._key.sign(payload)
        else:
            raw = self._key.sign(payload, PKCS1v15(), SHA256())
        return base64.b64encode(raw).decode()

    def __repr__(self) -> str:
        return "PrivateKeySigner()"

    def __reduce__(self) -> str:
        raise TypeError("a signer is never serialised")


def _loaded(pem: str) -> RSAPrivateKey | Ed25519PrivateKey:
    try:
        key = load_pem_private_key(pem.strip().encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # the library's words may quote what was pasted
        raise CredentialRefused(UNUSABLE) from None
    if isinstance(key, Ed25519PrivateKey) or (isinstance(key, RSAPrivateKey) and key.key_size >= LEAST_RSA_BITS):
        return key
    raise CredentialRefused(UNUSABLE)
