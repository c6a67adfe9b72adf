"""Private keys made on the spot, as PEM."""

from __future__ import annotations

from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

MAKERS = {
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "rsa": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "short rsa": lambda: rsa.generate_private_key(public_exponent=65537, key_size=1024),
    "elliptic": lambda: ec.generate_private_key(ec.SECP256R1()),
    "dsa": lambda: dsa.generate_private_key(key_size=1024),
}


@cache
def key(kind: str) -> Any:
    """A private key of that kind; the same one within a run."""
    return MAKERS[kind]()


def pem(kind: str, *, form: PrivateFormat = PrivateFormat.PKCS8, passphrase: bytes = b"") -> str:
    """A private key as text."""
    hidden = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    return str(key(kind).private_bytes(Encoding.PEM, form, hidden).decode())


def public_pem(kind: str) -> str:
    """The public half as text."""
    return str(key(kind).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())
