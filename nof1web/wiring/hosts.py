"""Which host an environment trades on, and the clients and budget that speak to it."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from urllib.parse import urlsplit

from redis import Redis

from nof1web.adapters import embedded_redis
from nof1web.adapters.binance.exchange import BinanceExchange
from nof1web.adapters.binance.market import BinanceMarket
from nof1web.adapters.binance.signing import signer_of
from nof1web.adapters.budget import Budget, Meter, known, room
from nof1web.adapters.bundles import PassphraseBox
from nof1web.adapters.bus import RedisBus
from nof1web.adapters.hashes import keccak256
from nof1web.adapters.pairs import ed25519_pair
from nof1web.adapters.paper.exchange import PaperExchange
from nof1web.adapters.queue.tallies import RedisTallies
from nof1web.adapters.rates import RedisRates
from nof1web.config import Config
from nof1web.core.trading import Environment
from nof1web.services import proxies
from nof1web.services.marking import SharedMarks
from nof1web.services.ports import Exchange, MarketData

SYNC_WEIGHT = 8
"""what a sync of an account with three held symbols takes, about"""
SAPI_LIMIT = 12_000
"""the wallet host's weight per minute and address: it tells it nowhere"""


def utc_now() -> datetime:
    """Return the present time, aware UTC."""
    return datetime.now(UTC)


class Hosts:
    """The exchanges of one configuration; each host's prices, rules and weight are shared by everybody on it."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.demo = config.demo
        self._markets: dict[Environment, MarketData] = {}

    def keccak256(self, message: bytes) -> bytes:
        """Return the hash that an address's capital letters are made from."""
        return keccak256(message)

    def new_pair(self) -> tuple[str, str]:
        """Return a fresh Ed25519 pair (private, public) as PEM."""
        return ed25519_pair()

    @cached_property
    def redis(self) -> Redis:
        """The connection to Redis; connects when used."""
        return embedded_redis.connect(self.config)

    @cached_property
    def bus(self) -> RedisBus:
        """Nudges to open pages, and marks."""
        return RedisBus(self.redis)

    @cached_property
    def rates(self) -> RedisRates:
        """How often API tokens are used."""
        return RedisRates(self.redis, utc_now)

    @cached_property
    def tallies(self) -> RedisTallies:
        """What monitoring counts."""
        return RedisTallies(self.redis)

    def url(self, environment: Environment) -> str:
        """Return the address an environment trades on; paper takes its prices from the testnet's host in the demo."""
        if environment is Environment.LIVE or (environment is Environment.PAPER and not self.demo):
            return self.config.live_url
        return self.config.testnet_url

    def host(self, environment: Environment) -> str:
        """Return the name under which an environment's marks and budget are kept."""
        return urlsplit(self.url(environment)).netloc

    def market_data(self, environment: Environment) -> MarketData:
        """Return the public client of an environment's host."""
        if environment not in self._markets:
            self._markets[environment] = BinanceMarket(base_url=self.url(environment), budget=self.budget(environment))
        return self._markets[environment]

    @property
    def bundles(self) -> PassphraseBox:
        """Seals what leaves the installation under a passphrase."""
        return PassphraseBox()

    @property
    def egress_address(self) -> str:
        """The address exchanges see requests come from, empty when nobody told (NOF1_EGRESS_IP)."""
        return self.config.egress_ip

    def budget(self, environment: Environment, *, proxy: str | None = None) -> Budget:
        """Return the weight budget of (host, this egress); a credential's own proxy is another egress (DESIGN §5)."""
        return self._budget(self.host(environment), proxies.egress(proxy) or self.config.egress)

    def meters(self) -> list[Meter]:
        """Return every budget as it stands: this egress's, each proxy's, the wallet's; RedisError without Redis."""
        own = {(self.host(each), self.config.egress) for each in (Environment.TESTNET, Environment.LIVE)}
        return [self._budget(*each).meter() for each in sorted(own | set(known(self.redis)))]

    def sync_room(self, environment: Environment) -> int:
        """Return how many accounts of an environment's host could be synced at once (weight 8 each) from this egress.

        What is due beyond that waits; no other host's accounts wait for it.
        """
        return room(self.budget(environment).meter(), "sync") // SYNC_WEIGHT

    def _budget(self, host: str, egress: str) -> Budget:
        sapi = host == urlsplit(self.config.sapi_url).netloc and host not in map(self.host, Environment)
        limit = SAPI_LIMIT if sapi else self.config.egress_limit
        return Budget(self.redis, host=host, egress=egress, limit_per_minute=limit, clock=utc_now)

    def exchange(
        self, environment: Environment, api_key: str, secret: str, *, proxy: str | None = None
    ) -> Exchange:
        """Return the signed client of one account, reached through `proxy`; for paper an account nobody keeps."""
        if environment is Environment.PAPER:
            return PaperExchange(market=self._paper_market, load=lambda: None, save=lambda text: None, clock=utc_now)
        live, egress = environment is Environment.LIVE, proxies.egress(proxy) or self.config.egress
        return BinanceExchange(
            base_url=self.url(environment),
            environment=environment,
            api_key=api_key,
            signer=signer_of(secret),
            budget=self._budget(self.host(environment), egress),
            sapi_url=self.config.sapi_url if live else None,
            sapi_budget=self._budget(urlsplit(self.config.sapi_url).netloc, egress),
            proxy=proxy,
        )

    @property
    def _paper_market(self) -> MarketData:
        return SharedMarks(self.market_data(Environment.PAPER), self.bus, self.host(Environment.PAPER))
