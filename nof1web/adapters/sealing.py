"""Seals what a person types to the installation's public key; needs no master key and can't open anything."""

from __future__ import annotations

from nacl.public import PublicKey, SealedBox


def seal_typed(public: bytes, secret: str, *, context: str) -> bytes:
    """Return the secret in a box that only a worker opens; services.ports.Sealer.

    `context` (say, the draft's id) travels inside: a box moved elsewhere is refused there. The message is the
    context, a zero byte, the secret; ValueError when the context itself has a zero byte.
    """
    if "\0" in context:
        raise ValueError("a context can't contain a zero byte")
    return bytes(SealedBox(PublicKey(public)).encrypt(f"{context}\0{secret}".encode()))
