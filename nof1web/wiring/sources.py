"""The signal sources of one configuration: a name and how its feed is made, one line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from nof1web.adapters.feeds.hyperliquid import HyperliquidFeed
from nof1web.adapters.feeds.nof1 import Nof1Feed
from nof1web.config import Config
from nof1web.core import leaders
from nof1web.errors import N_, NotFound
from nof1web.services.ports import Feed
from nof1web.services.stores import MarketStore

READ_SECONDS, QUESTION_SECONDS = 8, 4
"""how long one whole answer may take, and each of the many of which a round consists"""


def _nof1(config: Config, market: MarketStore) -> Feed:
    return Nof1Feed(base_url=config.feed_url, timeout=READ_SECONDS, proxy=config.feed_proxy)


def hyperliquid(config: Config, market: MarketStore) -> HyperliquidFeed:
    """Return the reader of the addresses that market.db holds."""

    def seen(address: str) -> frozenset[str]:
        signal = market.signal(leaders.SOURCE, address)
        return frozenset(each.symbol for each in signal.positions if each.quantity) if signal else frozenset()

    return HyperliquidFeed(
        base_url=config.hyperliquid_url,
        timeout=QUESTION_SECONDS,
        leaders=lambda: market.leaders.all(leaders.SOURCE),
        seen=seen,
        proxy=config.feed_proxy,
    )


FEEDS: Mapping[str, Callable[[Config, MarketStore], Feed]] = {"nof1": _nof1, leaders.SOURCE: hyperliquid}
"""every source that can be followed, by its name"""


def feed(name: str, config: Config, market: MarketStore) -> Feed:
    """Return a source's reader; NotFound for an unknown name."""
    if name not in FEEDS:
        raise NotFound(N_("There is no source called %(name)s."), name=name)
    return FEEDS[name](config, market)
