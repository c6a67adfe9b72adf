"""The master keys: what the environment gives, or the demo keeps, as bytes by version (DESIGN §6)."""

from __future__ import annotations

import base64
import binascii
import re
import resource
import secrets
from collections.abc import Mapping
from pathlib import Path

from nacl.pwhash import argon2id

from nof1web.config import SAMPLES, Config, kept, master_source, usable
from nof1web.errors import N_, ConfigError

KEY_BYTES = 32
SALT, NEXT_SALT = "master.salt", "master.salt.next"
WORK, MEMORY = argon2id.OPSLIMIT_MODERATE, argon2id.MEMLIMIT_MODERATE
UNFINISHED = N_(
    "A change of the master passphrase was interrupted: run flask nof1 rotate-key --new-passphrase-stdin again, with "
    "the former passphrase in NOF1_MASTER_PASSPHRASE."
)
_NUMBER_BYTES = 4
Keys = tuple[Mapping[int, bytes], int]
"""keys by version, and the current version"""


def master_keys(config: Config, environ: Mapping[str, str] | None = None) -> Keys:
    """Return the master keys by version and the current version; the web process never calls this.

    ConfigError when production has none, more than one variable is set, or a value is a sample.
    """
    leave_no_dump()
    name, value = master_source(environ)
    if not name:
        return _demo_master(config)
    if name == "NOF1_MASTER_PASSPHRASE":
        return passphrase_keys(config, value)
    return parse_master_keys(value if name == "NOF1_MASTER_KEY" else _read(value))


def leave_no_dump() -> None:
    """Let no crash write this process's memory to a file: keys, secrets it opens or is typed. Children inherit it."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


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


def passphrase_keys(config: Config, passphrase: str) -> Keys:
    """Return the key that a passphrase and the installation's salt make; ConfigError while it is being changed."""
    if (config.server_dir / NEXT_SALT).exists():
        raise ConfigError(UNFINISHED)
    version, salt = _salted(kept(config.server_dir / SALT, _new_salt))
    return {version: _derived(passphrase, salt)}, version


def both_passphrase_keys(config: Config, old: str, new: str) -> Keys:
    """Return the keys of a passphrase and of the one that follows it, current; its salt is kept from now on.

    Nobody else opens anything until `end_passphrase_change`; the same call again goes on where this one stopped.
    """
    version, salt = _salted(kept(config.server_dir / SALT, _new_salt))
    require_passphrase(new)
    following, fresh = _salted(kept(config.server_dir / NEXT_SALT, lambda: _numbered(version + 1)))
    return {version: _derived(old, salt), following: _derived(new, fresh)}, following


def end_passphrase_change(config: Config) -> None:
    """Let every process start under the new passphrase, and none under the former."""
    with usable(config.server_dir):
        (config.server_dir / NEXT_SALT).replace(config.server_dir / SALT)


def _new_salt() -> bytes:
    return secrets.token_bytes(argon2id.SALTBYTES)


def _numbered(version: int) -> bytes:
    return version.to_bytes(_NUMBER_BYTES, "big") + _new_salt()


def _salted(kept_salt: bytes) -> tuple[int, bytes]:
    """Return the version and salt of a salt file; the first one has no number in it."""
    number, salt = kept_salt[: -argon2id.SALTBYTES], kept_salt[-argon2id.SALTBYTES :]
    return (int.from_bytes(number, "big") if number else 1), salt


def require_passphrase(passphrase: str) -> None:
    """Raise ConfigError for a passphrase that is too short or known to everybody."""
    if len(passphrase) < 12 or re.fullmatch(SAMPLES, passphrase.lower()):
        raise ConfigError(N_("NOF1_MASTER_PASSPHRASE must be at least 12 characters long, and no sample."))


def _derived(passphrase: str, salt: bytes) -> bytes:
    require_passphrase(passphrase)
    return argon2id.kdf(KEY_BYTES, passphrase.encode(), salt, opslimit=WORK, memlimit=MEMORY)


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(N_("NOF1_MASTER_KEY_FILE: %(path)s can't be read."), path=path) from error
