"""The one place where adapters meet ports. Built once per process; clients are cached by (user_id, credential_id)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from nof1web import config as configuration
from nof1web.adapters.paper.exchange import PaperExchange
from nof1web.adapters.paper.simulating import BookSimulator
from nof1web.adapters.passwords import Argon2Passwords
from nof1web.adapters.queue import heartbeats
from nof1web.adapters.queue.rq_queue import RqQueue
from nof1web.adapters.sealing import seal_typed
from nof1web.adapters.store.market import SqliteMarket
from nof1web.adapters.store.registry import SqliteRegistry
from nof1web.adapters.store.tenants import Tenants
from nof1web.adapters.vault import MasterVault
from nof1web.config import Config
from nof1web.core.leaders import Account as LeaderAccount
from nof1web.core.records import Credential
from nof1web.errors import N_, ConfigError, NotFound, SecretUnreadable, Unavailable
from nof1web.services import locking, proxies
from nof1web.services.ids import new_code, new_id
from nof1web.services.keys import SECRET, client
from nof1web.services.ports import AccountPorts, Exchange, Feed, Lease
from nof1web.services.registry import ServiceRegistry
from nof1web.services.stores import Installation, TenantStore
from nof1web.wiring import master, sources
from nof1web.wiring.hosts import Hosts, utc_now

_CLIENTS, _TENANTS, _PEOPLE = 64, 12, 128
"""how many are kept per process (databases: of one that works, one that shows pages): half a megabyte for each"""
_INSTALLATION = "installation"
_OTHER_MODE = N_(
    "The folder %(folder)s was made with NOF1_MODE=%(made)s: "
    "set NOF1_MODE=%(made)s, or NOF1_TENANTS_DIR to another folder."
)
_OTHER_KEY = N_("The master key is not the one that sealed the secrets in %(folder)s: start with that one.")


class Wiring(Hosts):
    """Everything a process may touch; implements services.ports.Ports. Expensive parts are made when first used."""

    def __init__(self, config: Config, *, busy_ms: int = 5000, keys: master.Keys | None = None) -> None:
        super().__init__(config)
        self.blind, self._keys = False, keys
        self.clock = utc_now
        self.seal = seal_typed
        self._busy_ms = busy_ms
        self._clients: ServiceRegistry[Exchange] = ServiceRegistry(_CLIENTS)
        self._feeds: dict[str, Feed] = {}

    @cached_property
    def registry(self) -> SqliteRegistry:
        """Logins and sessions; ConfigError when the folder belongs to the other mode."""
        found = SqliteRegistry(self._folder / "registry.db", busy_ms=self._busy_ms)
        self._require_mode(found)
        return found

    @cached_property
    def market(self) -> SqliteMarket:
        """What sources said."""
        return SqliteMarket(self._folder / "market.db", busy_ms=self._busy_ms)

    @cached_property
    def tenants(self) -> Tenants:
        """The tenants' databases."""
        capacity = _PEOPLE if self.blind else _TENANTS
        return Tenants(self._folder, self.registry, capacity=capacity, busy_ms=self._busy_ms)

    @cached_property
    def queue(self) -> RqQueue:
        """Asks workers for work."""
        return RqQueue(self.redis)

    @cached_property
    def passwords(self) -> Argon2Passwords:
        """argon2id."""
        return Argon2Passwords()

    @property
    def vault(self) -> MasterVault:
        """Opens and seals tenants' secrets; ConfigError where there is no master key, and always in a blind process."""
        if self.blind:
            raise ConfigError(N_("Secrets are not opened in this process: a worker does it."))
        return self._vault

    @cached_property
    def _vault(self) -> MasterVault:
        keys, current = self._keys or master.master_keys(self.config)
        return MasterVault(keys, current, installed=self.registry.installation)

    @property
    def installation(self) -> Installation:
        """The installation's row; Unavailable until a process with the master key has made it."""
        row = self.registry.installation()
        if row is None:
            raise Unavailable(N_("The server is still starting. Try again in a few seconds."))
        return row

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of the sources that can be followed."""
        return tuple(sources.FEEDS)

    def feed(self, name: str) -> Feed:
        """Return a source's reader, the same each time; NotFound for an unknown name."""
        if name not in self._feeds:
            self._feeds[name] = sources.feed(name, self.config, self.market, self.redis)
        return self._feeds[name]

    def leader(self, address: str) -> LeaderAccount:
        """Return what a Hyperliquid address is now; FeedError or Transient when that can't be told."""
        return sources.hyperliquid(self.config, self.market, self.redis).account(address)

    def paper(self, user_id: str, credential_id: str) -> Exchange:
        """Return a credential's paper account, kept in its tenant's database."""

        def load() -> str | None:
            with self.tenants(user_id) as store:
                return store.credentials.paper_state(credential_id)

        def save(text: str) -> None:
            with self.tenants(user_id) as store:
                store.credentials.put_paper_state(credential_id, text)

        return PaperExchange(market=self._paper_market, load=load, save=save, clock=utc_now)

    @contextmanager
    def account(self, user_id: str, credential_id: str, lease: Lease) -> Iterator[AccountPorts]:
        """Give a leased job its ports. SecretUnreadable locks the credential before it is raised."""
        with self.tenants(user_id) as store:
            credential = store.credentials.get(credential_id)
            if credential is None:
                raise NotFound(N_("This credential was removed."))
            yield AccountPorts(
                user_id=user_id,
                credential_id=credential.id,
                installation_code=self.installation.code,
                store=store,
                market=self.market,
                exchange=self._client(store, credential),
                bus=self.bus,
                queue=self.queue,
                clock=utc_now,
                lease=lease,
                host=self.host(credential.environment),
                simulator=BookSimulator(),
            )

    def _client(self, store: TenantStore, credential: Credential) -> Exchange:
        """Return the account's cached client, made anew when its key or sealed secret changed."""
        secrets = (store.credentials.secret(credential.id, field) or b"" for field in (SECRET, proxies.FIELD))
        facts = store.keys.facts(credential.id)
        parts = (credential.api_key.encode(), (facts.proxy if facts else "").encode(), *secrets)
        mark = hashlib.sha256(b"|".join(parts)).hexdigest()

        def made() -> Exchange:
            try:
                return client(self, store, credential)
            except SecretUnreadable as error:
                locking.lock(store, credential, error.text, queue=self.queue, bus=self.bus, clock=self.clock)
                raise

        return self._clients.get((store.user_id, credential.id), mark, made)

    def health(self) -> Mapping[str, Any]:
        """Return who is alive: redis, workers, scheduler, and how much of each egress budget is used."""
        try:
            self.redis.ping()
            workers = [_alive(beat) for beat in heartbeats.beats(self.redis, "worker")]
            schedulers = [_alive(beat) for beat in heartbeats.beats(self.redis, "scheduler")]
            meters = [asdict(each) for each in self.meters()]
        except RedisError:
            return {"redis": False, "workers": [], "scheduler": None, "egress": []}
        return {"redis": True, "workers": workers, "scheduler": next(iter(schedulers), None), "egress": meters}

    def install(self) -> Installation:
        """Make the installation's row if there is none; ConfigError when folder or Redis belong to another one."""
        if self.registry.installation() is None:
            public, private = self.vault.new_sealing_key()
            self.registry.install(Installation(new_id("i"), new_code(), public, private))
        if self.registry.demo() is None:
            self.registry.put_demo(self.demo)
        self._require_mode(self.registry)
        mine = self.installation
        self.redis.set(_INSTALLATION, mine.id, nx=True)
        kept = self.redis.get(_INSTALLATION)
        if isinstance(kept, bytes) and kept.decode() != mine.id:
            raise ConfigError(
                N_("This process doesn't share the tenants folder with the others: its Redis belongs to another.")
            )
        return mine

    def require_key(self) -> None:
        """Raise ConfigError unless the master keys open what this installation has sealed.

        With a wrong one credentials are locked until the first start under the right key, see services.locking.
        """
        installed = self.registry.installation()
        if installed is not None:
            try:
                self.vault.require(installed.sealing_private)
            except SecretUnreadable as error:
                locking.lock_all(self)
                raise ConfigError(_OTHER_KEY, folder=str(self.config.tenants_dir)) from error
            locking.require_versions(self)
            locking.unlock_all(self)

    def _require_mode(self, registry: SqliteRegistry) -> None:
        demo = registry.demo()
        if demo is not None and demo is not self.demo:
            made = "demo" if demo else "production"
            raise ConfigError(_OTHER_MODE, folder=str(self.config.tenants_dir), made=made)

    @cached_property
    def _folder(self) -> Path:
        return configuration.private_folder(self.config.tenants_dir)


def _alive(beat: heartbeats.Beat) -> dict[str, Any]:
    return {"name": beat.name, "at": beat.at, "alive": beat.alive, "pid": beat.pid, "credential": beat.doing}


_built: dict[str, Wiring] = {}


def ports(config: Config | None = None, *, busy_ms: int = 5000, blind: bool = False) -> Wiring:
    """Return this process's wiring, built from the environment when first asked for.

    Once asked for `blind` (the web process does) it opens no secret any more.
    """
    if "wiring" not in _built or config is not None:
        _built["wiring"] = Wiring(config or configuration.load(), busy_ms=busy_ms)
    _built["wiring"].blind |= blind
    return _built["wiring"]


def redis() -> Redis:
    """Return this process's Redis connection."""
    return ports().redis
