"""The signal sources of one configuration: a name and how its feed is made, one line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from redis import Redis

from nof1web.adapters.budget import SharedBucket
from nof1web.adapters.feeds.hyperliquid import HyperliquidFeed
from nof1web.adapters.feeds.hyperliquid_ask import MOST_ROWS, PER_MINUTE
from nof1web.adapters.feeds.nof1 import Nof1Feed
from nof1web.adapters.feeds.weights import Weights
from nof1web.config import Config
from nof1web.core import leaders
from nof1web.errors import N_, NotFound
from nof1web.services.ports import Feed
from nof1web.services.stores import MarketStore

READ_SECONDS, QUESTION_SECONDS = 8, 4
"""how long one whole answer may take, and each of the many of which a round consists"""


def _nof1(config: Config, market: MarketStore, redis: Redis | None) -> Feed:
    return Nof1Feed(base_url=config.feed_url, timeout=READ_SECONDS, proxy=config.feed_proxy)


def hyperliquid(config: Config, market: MarketStore, redis: Redis | None) -> HyperliquidFeed:
    """Return the reader of the addresses that market.db holds; what may be asked is shared through `redis`."""
    return HyperliquidFeed(
        base_url=config.hyperliquid_url,
        timeout=QUESTION_SECONDS,
        leaders=lambda: market.leaders.all(leaders.SOURCE),
        known=lambda address: market.signal(leaders.SOURCE, address),
        weights=None if redis is None else _shared_weights(redis, config),
        proxy=config.feed_proxy,
    )


FEEDS: Mapping[str, Callable[[Config, MarketStore, Redis | None], Feed]] = {"nof1": _nof1, leaders.SOURCE: hyperliquid}
"""every source that can be followed, by its name"""


def _shared_weights(redis: Redis, config: Config) -> Weights:
    name = f"{urlsplit(config.hyperliquid_url).netloc}:{config.egress}"
    return SharedBucket(redis, name, PER_MINUTE, debt=MOST_ROWS)


def feed(name: str, config: Config, market: MarketStore, redis: Redis | None = None) -> Feed:
    """Return a source's reader; NotFound for an unknown name."""
    if name not in FEEDS:
        raise NotFound(N_("There is no source called %(name)s."), name=name)
    return FEEDS[name](config, market, redis)
