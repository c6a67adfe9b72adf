"""What the environment says of sources reaches their readers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nof1web import config
from nof1web.errors import Nof1Error
from nof1web.wiring import sources
from tests.adapters.binance.host import running_host
from tests.adapters.feeds.wallets import address


class Market:
    """A market.db in which one address is followed, and nothing was read."""

    class leaders:
        """The addresses."""

        @staticmethod
        def all(source: str) -> tuple[str, ...]:
            return (address(1),)

    def signal(self, source: str, agent: str) -> None:
        """Nothing was read."""


@pytest.mark.parametrize("name", sources.FEEDS)
def test_every_source_is_read_through_the_proxy_that_is_set(tmp_path: Path, name: str) -> None:
    market: Any = Market()
    with running_host() as proxy:
        env = {"NOF1_MODE": "demo", "NOF1_TENANTS_DIR": str(tmp_path), "NOF1_FEED_PROXY": proxy.url}
        urls = {"NOF1_FEED_URL": "http://127.0.0.1:9/api", "HYPERLIQUID_URL": "http://127.0.0.1:9"}
        with pytest.raises(Nof1Error):
            sources.feed(name, config.load(env | urls), market).read(None)
        assert {each.headers["Host"] for each in proxy.asked} == {"127.0.0.1:9"}
