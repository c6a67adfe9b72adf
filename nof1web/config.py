"""The environment, read once into one frozen Config; a bad or missing value is refused at start-up, in words."""

from __future__ import annotations

import base64
import binascii
import os
import re
import secrets
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from nacl.pwhash import argon2id

from nof1web.errors import N_, ConfigError

ROOT = Path(__file__).resolve().parents[1]
HOST = r"[^\s/?#@]+(/[^\s?#]*)?"
HERE = r"(localhost|127\.[0-9.]+|\[::1\])(:\d+)?(/[^\s?#]*)?"
SAFE_URL = (rf"https://{HOST}|http://{HERE}", N_("%(name)s must begin with https://; http:// only for 127.0.0.1."))
ANY_URL = (rf"https?://([^\s/@]+@)?{HOST}", N_("%(name)s must be an address such as https://host or http://host:port."))
REDIS = (r"(rediss?|unix)://\S+|sentinel://([^\s/@]+@)?[^\s/:,]+:\d+(,[^\s/:,]+:\d+)*/\S+", N_(
    "%(name)s must begin with redis://, rediss://, unix:// or be sentinel://host:port,host:port/service."
))  # fmt: skip
MAIL = (r"smtps?://\S+", N_("%(name)s must be an address such as smtps://user:password@host:465."))
ADDRESS = (r"localhost|[0-9.]+|[0-9a-fA-F:]+", N_("%(name)s must be an IP address such as 127.0.0.1."))
MODES = ("demo|production", N_("%(name)s must be demo or production."))
REGISTRATIONS = ("invite|open|closed", N_("%(name)s must be invite, open or closed."))
LOG_FORMATS = ("json|console", N_("%(name)s must be json or console."))
EGRESS = (r"[\w.:-]{1,64}", N_("%(name)s must be a short name of letters, digits, dots and dashes."))
SAMPLES = "(change|me|super|secret|key|dev|development|test|example|password|passphrase|your|nof1web|[\\W_\\d])+"
MASTER_NAMES = ("NOF1_MASTER_KEY", "NOF1_MASTER_KEY_FILE", "NOF1_MASTER_PASSPHRASE")
KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Config:
    """One process's configuration (DESIGN §8). URLs have no slash at the end; `redis_url` None means embedded."""

    mode: str
    secret_key: str
    tenants_dir: Path
    redis_url: str | None
    feed_url: str
    hyperliquid_url: str
    feed_proxy: str | None
    feed_seconds: int
    sync_seconds: int
    live_url: str
    testnet_url: str
    sapi_url: str
    egress: str
    egress_ip: str
    egress_limit: int | None
    port: int
    bind: str
    web_concurrency: int
    workers: int
    public_url: str
    proxy_hops: int
    registration: str
    log_format: str
    smtp_url: str
    telegram_url: str
    sim_port: int

    @property
    def demo(self) -> bool:
        """Whether this is play money on the built-in exchange."""
        return self.mode == "demo"

    @property
    def server_dir(self) -> Path:
        """Where the embedded server and generated keys are kept."""
        return self.tenants_dir / "server"


def load(environ: Mapping[str, str] | None = None) -> Config:
    """Return the configuration; ConfigError names the variable and what is allowed."""
    env = os.environ if environ is None else environ
    mode = _text(env, "NOF1_MODE", "production", MODES)
    demo = mode == "demo"
    port = _integer(env, "PORT", 8000, low=1, high=65535)
    sim_port = _integer(env, "NOF1_SIM_PORT", min(port + 1, 65535), low=1, high=65535)
    if demo and sim_port == port:
        raise ConfigError(N_("NOF1_SIM_PORT and PORT must differ."))
    sim = f"http://127.0.0.1:{sim_port}"
    tenants = (ROOT / (env.get("NOF1_TENANTS_DIR") or "tenants")).resolve()
    return Config(
        mode=mode,
        secret_key=_secret_key(env, demo, tenants),
        tenants_dir=tenants,
        redis_url=_text(env, "REDIS_URL", "", REDIS) or None,
        feed_url=_text(env, "NOF1_FEED_URL", f"{sim}/api" if demo else "https://nof1.ai/api", SAFE_URL),
        hyperliquid_url=_text(env, "HYPERLIQUID_URL", "https://api.hyperliquid.xyz", SAFE_URL),
        feed_proxy=_text(env, "NOF1_FEED_PROXY", "", ANY_URL) or None,
        feed_seconds=_integer(env, "NOF1_FEED_SECONDS", 5, low=1, high=3600),
        sync_seconds=_integer(env, "NOF1_SYNC_SECONDS", 60, low=5, high=86_400),
        live_url=_text(env, "BINANCE_LIVE_URL", "https://fapi.binance.com", SAFE_URL),
        testnet_url=_text(env, "BINANCE_TESTNET_URL", sim if demo else "https://demo-fapi.binance.com", SAFE_URL),
        sapi_url=_text(env, "BINANCE_SAPI_URL", "https://api.binance.com", SAFE_URL),
        egress=_text(env, "NOF1_EGRESS", socket.gethostname(), EGRESS),
        egress_ip=_text(env, "NOF1_EGRESS_IP", "", ADDRESS),
        egress_limit=_integer(env, "NOF1_EGRESS_LIMIT", 0, low=100, high=1_000_000) or None,
        port=port,
        bind=_text(env, "NOF1_BIND", "127.0.0.1", ADDRESS),
        web_concurrency=_integer(env, "WEB_CONCURRENCY", 1, low=1, high=64),
        workers=_integer(env, "NOF1_WORKERS", 2 if demo else 8, low=1, high=128),
        public_url=_text(env, "NOF1_PUBLIC_URL", "", ANY_URL),
        proxy_hops=_integer(env, "NOF1_PROXY_HOPS", 0, low=0, high=10),
        registration=_text(env, "NOF1_REGISTRATION", "invite", REGISTRATIONS),
        log_format=_text(env, "NOF1_LOG_FORMAT", "json", LOG_FORMATS),
        smtp_url=_text(env, "SMTP_URL", "", MAIL),
        telegram_url=_text(env, "TELEGRAM_URL", "https://api.telegram.org", SAFE_URL),
        sim_port=sim_port,
    )


def _text(env: Mapping[str, str], name: str, default: str, allowed: tuple[str, str]) -> str:
    value = (env.get(name) or default).strip()
    pattern, sentence = allowed
    # What was typed stays out of the sentence: an address may hold a password.
    if value and not re.fullmatch(pattern, value):
        raise ConfigError(sentence, name=name)
    return value.rstrip("/")


def _integer(env: Mapping[str, str], name: str, default: int, *, low: int, high: int) -> int:
    value = (env.get(name) or "").strip()
    sentence = N_("%(name)s must be a whole number from %(low)s to %(high)s.")
    if value and not (re.fullmatch("[0-9]{1,9}", value) and low <= int(value) <= high):
        raise ConfigError(sentence, name=name, low=low, high=high)
    return int(value) if value else default


def _secret_key(env: Mapping[str, str], demo: bool, tenants: Path) -> str:
    given = env.get("SECRET_KEY", "")
    if given and (len(given) < 16 or re.fullmatch(SAMPLES, given.lower()) or len(set(given)) < 6):
        raise ConfigError(N_("SECRET_KEY must be at least 16 random characters, and no sample."))
    if given:
        return given
    if not demo:
        raise ConfigError(N_("Production needs SECRET_KEY: at least 16 random characters."))
    return _kept(tenants / "server" / "demo-secret.key", lambda: secrets.token_urlsafe(32).encode()).decode()


def env_for_children(config: Config, *, master: bool, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment under which every child of `up` reads this same Config.

    Without `master` nothing that opens secrets is in it (the web process must not have it).
    """
    child = dict(os.environ if environ is None else environ)
    child |= {
        "FLASK_APP": "wsgi.py", "NOF1_MODE": config.mode, "NOF1_TENANTS_DIR": str(config.tenants_dir),
        "NOF1_FEED_URL": config.feed_url, "BINANCE_TESTNET_URL": config.testnet_url, "NOF1_EGRESS": config.egress,
        "PORT": str(config.port), "NOF1_SIM_PORT": str(config.sim_port), "NOF1_LOG_FORMAT": config.log_format,
    }  # fmt: skip
    return {name: value for name, value in child.items() if master or name not in MASTER_NAMES}


def master_keys(config: Config, environ: Mapping[str, str] | None = None) -> tuple[Mapping[int, bytes], int]:
    """Return the master keys by version and the current version (DESIGN §6); the web process never calls this.

    ConfigError when production has none, more than one variable is set, or a value is a sample.
    """
    env = os.environ if environ is None else environ
    given = [name for name in MASTER_NAMES if env.get(name)]
    if len(given) > 1:
        raise ConfigError(N_("Set only one of %(names)s."), names=", ".join(given))
    if not given:
        return _demo_master(config)
    name = given[0]
    if name == "NOF1_MASTER_KEY":
        return parse_master_keys(env[name])
    if name == "NOF1_MASTER_KEY_FILE":
        return parse_master_keys(_read(env[name]))
    return {1: _from_passphrase(config, env[name])}, 1


def parse_master_keys(text: str) -> tuple[Mapping[int, bytes], int]:
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


def _demo_master(config: Config) -> tuple[Mapping[int, bytes], int]:
    if not config.demo:
        raise ConfigError(N_("Production needs NOF1_MASTER_KEY, NOF1_MASTER_KEY_FILE or NOF1_MASTER_PASSPHRASE."))
    kept = config.server_dir / "demo-master.key"
    return parse_master_keys(_kept(kept, lambda: base64.b64encode(secrets.token_bytes(KEY_BYTES))).decode())


def _from_passphrase(config: Config, passphrase: str) -> bytes:
    if len(passphrase) < 12 or re.fullmatch(SAMPLES, passphrase.lower()):
        raise ConfigError(N_("NOF1_MASTER_PASSPHRASE must be at least 12 characters long, and no sample."))
    salt = _kept(config.server_dir / "master.salt", lambda: secrets.token_bytes(argon2id.SALTBYTES))
    return argon2id.kdf(
        KEY_BYTES, passphrase.encode(), salt, opslimit=argon2id.OPSLIMIT_MODERATE, memlimit=argon2id.MEMLIMIT_MODERATE
    )


def _kept(path: Path, make: Callable[[], bytes]) -> bytes:
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(make())
            file.flush()
            os.fsync(file.fileno())
        try:
            # Linked into place whole, so that processes starting at once all read the same one.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_bytes()


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(N_("NOF1_MASTER_KEY_FILE: %(path)s can't be read."), path=path) from error
