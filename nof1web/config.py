"""The environment, read once into one frozen Config; a bad or missing value is refused at start-up, in words."""

from __future__ import annotations

import errno
import os
import re
import secrets
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nof1web.errors import N_, ConfigError

UNUSABLE = N_(
    "The folder %(folder)s can't be used (%(reason)s): give this user the right to write there, "
    "or set NOF1_TENANTS_DIR to another one."
)
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
    keep_days: int
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
    bind = _text(env, "NOF1_BIND", "127.0.0.1", ADDRESS)
    if demo and not re.fullmatch(r"localhost|127\.[0-9.]+|::1", bind):
        raise ConfigError(N_("NOF1_BIND must be 127.0.0.1 in the demo, whose login everybody knows."))
    sim = f"http://127.0.0.1:{sim_port}"
    tenants = (ROOT / (env.get("NOF1_TENANTS_DIR") or "tenants")).resolve()
    return Config(
        mode=mode,
        secret_key=_secret_key(env, demo, tenants),
        tenants_dir=tenants,
        redis_url=_text(env, "REDIS_URL", "", REDIS) or None,
        feed_url=_text(env, "NOF1_FEED_URL", f"{sim}/api" if demo else "https://nof1.ai/api", SAFE_URL),
        hyperliquid_url=_text(env, "HYPERLIQUID_URL", sim if demo else "https://api.hyperliquid.xyz", SAFE_URL),
        feed_proxy=_text(env, "NOF1_FEED_PROXY", "", ANY_URL) or None,
        feed_seconds=_integer(env, "NOF1_FEED_SECONDS", 5, low=1, high=3600),
        keep_days=_integer(env, "NOF1_KEEP_DAYS", 7, low=1, high=3650),
        sync_seconds=_integer(env, "NOF1_SYNC_SECONDS", 60, low=5, high=86_400),
        live_url=_text(env, "BINANCE_LIVE_URL", "https://fapi.binance.com", SAFE_URL),
        testnet_url=_text(env, "BINANCE_TESTNET_URL", sim if demo else "https://demo-fapi.binance.com", SAFE_URL),
        sapi_url=_text(env, "BINANCE_SAPI_URL", "https://api.binance.com", SAFE_URL),
        egress=_text(env, "NOF1_EGRESS", socket.gethostname(), EGRESS),
        egress_ip=_text(env, "NOF1_EGRESS_IP", "", ADDRESS),
        egress_limit=_integer(env, "NOF1_EGRESS_LIMIT", 0, low=100, high=1_000_000) or None,
        port=port,
        bind=bind,
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
    return kept(tenants / "server" / "demo-secret.key", lambda: secrets.token_urlsafe(32).encode()).decode()


def env_for_children(config: Config, *, master: bool, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment under which every child of `up` reads this same Config.

    Without `master` nothing that opens secrets is in it (the web process must not have it).
    """
    child = dict(os.environ if environ is None else environ)
    child |= {
        "FLASK_APP": "wsgi.py", "NOF1_MODE": config.mode, "NOF1_TENANTS_DIR": str(config.tenants_dir),
        "NOF1_FEED_URL": config.feed_url, "HYPERLIQUID_URL": config.hyperliquid_url,
        "BINANCE_TESTNET_URL": config.testnet_url, "NOF1_EGRESS": config.egress,
        "PORT": str(config.port), "NOF1_SIM_PORT": str(config.sim_port), "NOF1_LOG_FORMAT": config.log_format,
    }  # fmt: skip
    return {name: value for name, value in child.items() if master or name not in MASTER_NAMES}


def master_source(environ: Mapping[str, str] | None = None) -> tuple[str, str]:
    """Return the variable that gives the master key and its value, both empty without one; ConfigError for two."""
    env = os.environ if environ is None else environ
    given = [(name, env[name]) for name in MASTER_NAMES if env.get(name)]
    if len(given) > 1:
        raise ConfigError(N_("Set only one of %(names)s."), names=", ".join(name for name, _ in given))
    return given[0] if given else ("", "")


def private_folder(folder: Path) -> Path:
    """Return a folder in which this user may write, made with its parent (0700) when missing; ConfigError otherwise."""
    with usable(folder):
        for each in (folder.parent, folder):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return folder


@contextmanager
def usable(folder: Path) -> Iterator[None]:
    """Raise what the disk refuses as the ConfigError that names this folder."""
    try:
        yield
    except OSError as error:
        raise ConfigError(UNUSABLE, folder=str(folder), reason=error.strerror or str(error)) from error


def kept(path: Path, make: Callable[[], bytes]) -> bytes:
    """Return what a private file holds, made once by `make` when it is missing; ConfigError when it can't be used."""
    with usable(path.parent):
        if not path.exists():
            private_folder(path.parent)
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
