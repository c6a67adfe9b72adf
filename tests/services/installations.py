"""A production installation whose live and test exchange are two built-in ones; queue, bus and budget are stand-ins."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nof1web import config
from nof1web.adapters.budget import NoBudget
from nof1web.core.trading import Environment
from nof1web.services import credentials, users
from nof1web.services.stores import Installation, User
from nof1web.wiring import Wiring
from tests.exchange_process import ExchangeProcess
from tests.services.vaults import OLD
from tests.tools.passwords import light_passwords
from tests.web.doubles import MemoryBus, MemoryQueue

SAFE = {
    "enableReading": True, "enableFutures": True, "enableWithdrawals": False, "enableInternalTransfer": False,
    "permitsUniversalTransfer": False,
}  # fmt: skip


def installation(folder: Path, live: str, testnet: str, **environ: str) -> Wiring:
    """Return ports of a production installation on these exchanges; NOF1_MASTER_KEY has to be set to OLD."""
    made = Wiring(
        config.load(
            {
                "NOF1_MODE": "production",
                "NOF1_TENANTS_DIR": str(folder),
                "SECRET_KEY": "nothing-but-a-test-0123456789",
                "BINANCE_LIVE_URL": live,
                "BINANCE_SAPI_URL": live,
                "BINANCE_TESTNET_URL": testnet,
                **environ,
            }
        )
    )
    made.__dict__.update(bus=MemoryBus(), queue=MemoryQueue(), passwords=light_passwords())
    made.budget = lambda *_args, **_more: NoBudget()  # type: ignore[method-assign]
    made._budget = lambda *_args: NoBudget()  # type: ignore[method-assign]
    made.registry.install(Installation("i_test", "test", *made.vault.new_sealing_key()))
    return made


MASTER = f"1:{OLD}"


def a_user(p: Wiring, email: str = "ann@example.org") -> User:
    """Add somebody."""
    return users.add_user(p, email, "correct horse battery")


def a_key(exchange: ExchangeProcess, **wish: Any) -> dict[str, str]:
    """Return a key that may trade futures and nothing else, with 1,000 USDT behind it, unless wished otherwise."""
    permissions = {**SAFE, **wish.pop("permissions", {})}
    wishes = {"balance": "1000", "addresses": ["127.0.0.1"], **wish}
    made: dict[str, str] = exchange.post("/sim/keys", permissions=permissions, **wishes)
    return made


def added(p: Wiring, user: User, key: Mapping[str, str], *, name: str = "Main", environment: str = "live") -> Any:
    """Add a credential with a key that has to work; return it."""
    made, _check = credentials.add(
        p, user.id, name=name, environment=environment, api_key=key["api_key"], api_secret=key["api_secret"]
    )
    return made


def change(exchange: ExchangeProcess, key: Mapping[str, str], **what: Any) -> None:
    """Change a key at the exchange."""
    exchange.post(f"/sim/keys/{key['api_key']}", **what)


def asked(exchange: ExchangeProcess) -> int:
    """Return how many requests the exchange has had."""
    return len(exchange.log())


LIVE = Environment.LIVE
