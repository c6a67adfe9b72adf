"""Signs requests: the exact bytes that travel in the query string (binance.md §2)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import quote, urlencode


class Signer(Protocol):
    """Turns the encoded parameters into a signature."""

    def sign(self, payload: bytes) -> str:
        """Return the signature as text, not yet percent-encoded."""
        ...


class HmacSigner:
    """HMAC-SHA256 with the API secret; nothing this object shows contains the secret."""

    __slots__ = ("_keyed",)

    def __init__(self, secret: str) -> None:
        self._keyed = hmac.new(secret.encode(), digestmod=hashlib.sha256)

    def sign(self, payload: bytes) -> str:
        """Return the hexadecimal signature of `payload`."""
        mac = self._keyed.copy()
        mac.update(payload)
        return mac.hexdigest()

    def __repr__(self) -> str:
        return "HmacSigner()"

    def __reduce__(self) -> str:
        raise TypeError("a signer is never serialised")


def signer_of(secret: str) -> Signer:
    """Return the signer for a stored secret: a private key as PEM signs by itself (RSA, Ed25519), all else is HMAC's.

    Raises CredentialRefused for a private key that can't sign here.
    """
    if not secret.lstrip().startswith("-----BEGIN"):
        return HmacSigner(secret)
    # most accounts have no such key, and its library is the largest that a worker would hold
    from nof1web.adapters.binance.private_key import PrivateKeySigner

    return PrivateKeySigner(secret)


def signed_query(params: Mapping[str, str], signer: Signer) -> str:
    """Return the query string with its signature last; encoded once, and exactly those bytes are signed."""
    payload = urlencode(params)
    return f"{payload}&signature={quote(signer.sign(payload.encode()), safe='')}"
