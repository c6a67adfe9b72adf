"""Public keys that prove requests: RSA and Ed25519, read from PEM once and kept (binance.md §2)."""

from __future__ import annotations

import base64
import binascii
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

HMAC, RSA, ED25519 = "HMAC", "RSA", "ED25519"
LEAST_RSA_BITS = 2048
_KEPT = 4096
_HEAD = "-----BEGIN PUBLIC KEY-----"
_NEEDED = "the public key has to be an RSA (2048 bit or more) or Ed25519 key as PEM, beginning with " + _HEAD


def kind_of(pem: str) -> str:
    """RSA or ED25519; raises ValueError with one sentence for anything else."""
    if not pem.strip().startswith(_HEAD):
        raise ValueError(_NEEDED)
    try:
        key = serialization.load_pem_public_key(pem.strip().encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError(_NEEDED) from error
    if isinstance(key, Ed25519PublicKey):
        return ED25519
    if isinstance(key, RSAPublicKey) and key.key_size >= LEAST_RSA_BITS:
        return RSA
    raise ValueError(_NEEDED)


def has_signed(pem: str, payload: bytes, signature: str) -> bool:
    """Whether the owner of a public key signed these bytes; `signature` is base64 (RSASSA-PKCS1-v1_5 with SHA-256)."""
    try:
        raw = base64.b64decode(signature, validate=True)
        key = _loaded(pem)
        if isinstance(key, Ed25519PublicKey):
            key.verify(raw, payload)
        else:
            key.verify(raw, payload, padding.PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


@lru_cache(maxsize=_KEPT)
def _loaded(pem: str) -> Any:
    return serialization.load_pem_public_key(pem.strip().encode())
