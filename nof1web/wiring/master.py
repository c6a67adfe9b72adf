"""The master keys: what the environment gives, or the demo keeps, as bytes by version (DESIGN §6)."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Mapping
from pathlib import Path

from nacl.pwhash import argon2id

from nof1web.config import SAMPLES, Config, kept, master_source
from nof1web.errors import N_, ConfigError

KEY_BYTES = 32
Keys = tuple[Mapping[int, bytes], int]
"""keys by version, and the current version"""


def master_keys(config: Config, environ: Mapping[str, str] | None = None) -> Keys:
    """Return the master keys by version and the current version; the web process never calls this.

    ConfigError when production has none, more than one variable is set, or a value is a sample.
    """
    name, value = master_source(environ)
    if not name:
        return _demo_master(config)
    if name == "NOF1_MASTER_PASSPHRASE":
        return {1: _from_passphrase(config, value)}, 1
    return parse_master_keys(value if name == "NOF1_MASTER_KEY" else _read(value))


def parse_master_keys(text: str) -> Keys:
    """Return keys by version and the current version from `base64` or `2:base64,1:base64` (the first is current)."""
    keys: dict[int, bytes] = {}
    for entry in text.strip().split(","):
        version, colon, encoded = entry.strip().rpartition(":")
        number = int(version) if version.isdecimal() else 0 if colon else 1
        if not 1 <= number <= 65535 or number in keys:
            raise ConfigError(N_("NOF1_MASTER_KEY: each version must be a different number from 1 to 65535."))
        keys[number] = _key(encoded)
    return keys, next(iter(keys))


def _key(encoded: str) -> bytes:
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    # A typed or copied sample shows as text or as few different bytes; random bytes do neither.
    if len(key) != KEY_BYTES or len(set(key)) < 12 or key.isascii():
        raise ConfigError(N_("NOF1_MASTER_KEY must be 32 random bytes in base64 (openssl rand -base64 32)."))
    return key


def _demo_master(config: Config) -> Keys:
    if not config.demo:
        raise ConfigError(N_("Production needs NOF1_MASTER_KEY, NOF1_MASTER_KEY_FILE or NOF1_MASTER_PASSPHRASE."))
    place = config.server_dir / "demo-master.key"
    return parse_master_keys(kept(place, lambda: base64.b64encode(secrets.token_bytes(KEY_BYTES))).decode())


def _from_passphrase(config: Config, passphrase: str) -> bytes:
    if len(passphrase) < 12 or re.fullmatch(SAMPLES, passphrase.lower()):
        raise ConfigError(N_("NOF1_MASTER_PASSPHRASE must be at least 12 characters long, and no sample."))
    salt = kept(config.server_dir / "master.salt", lambda: secrets.token_bytes(argon2id.SALTBYTES))
    return argon2id.kdf(
        KEY_BYTES, passphrase.encode(), salt, opslimit=argon2id.OPSLIMIT_MODERATE, memlimit=argon2id.MEMLIMIT_MODERATE
    )


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(N_("NOF1_MASTER_KEY_FILE: %(path)s can't be read."), path=path) from error
