"""Keccak-256 as Ethereum's addresses use it; the standard library has only its successor SHA-3."""

from __future__ import annotations

from Crypto.Hash import keccak


def keccak256(message: bytes) -> bytes:
    """Return the 32-byte hash (Keccak's own padding, not SHA-3's)."""
    return keccak.new(digest_bits=256, data=message).digest()
