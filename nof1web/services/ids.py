"""Ids: random ones for rows, deterministic ones for orders."""

from __future__ import annotations

import base64
import hashlib
import secrets

_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
_ORDER_ID_LENGTH = 36


def new_id(prefix: str) -> str:
    """Return `<prefix>_` and 16 random characters of a-z and 0-9."""
    return f"{prefix}_" + "".join(secrets.choice(_ALPHABET) for _ in range(16))


def new_code() -> str:
    """Return a new installation's four characters, part of every order id it ever sends."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(4))


def client_order_id(code: str, *parts: object) -> str:
    """Return `n` + installation code + base32(sha256(parts)), 36 characters (DESIGN §5 Sending).

    The same parts always give the same id, so that a lost journal can be recognised on the exchange.
    """
    digest = hashlib.sha256("|".join(str(part) for part in parts).encode()).digest()
    return (f"n{code}" + base64.b32encode(digest).decode().lower())[:_ORDER_ID_LENGTH]
