"""An installation with something to see: two tenants, accounts, trackers, positions, orders, verdicts, events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal as D
from pathlib import Path

from nof1web.adapters.store.tenant import SqliteTenant
from nof1web.config import load
from nof1web.core.records import (
    Credential,
    CredentialState,
    Tracker,
)
from nof1web.core.signals import Signal, SignalHealth, SignalPosition
from nof1web.core.trading import Account, Environment, Position, PositionSide
from nof1web.services import keys
from nof1web.services.stores import Installation, SourceState, User
from nof1web.services.users import add_user
from nof1web.wiring import Wiring
from tests.tools.passwords import light_passwords
from tests.web.doubles import Host, MemoryBus, MemoryQueue, MemoryTallies
from tests.web.past import history, named

PASSWORD = "correct-horse"
SECRET = "sEcReT0123456789sEcReT0123456789sEcReT0123456789sEcReT0123456789"
KEY = "KeYs0123456789abcdefKeYs0123456789abcdefKeYs0123456789abcdef0001"


def wiring(folder: Path, **environ: str) -> Wiring:
    """Return real ports on real files, with bus and queue in memory."""
    config = load(
        {"NOF1_MODE": "demo", "NOF1_TENANTS_DIR": str(folder), "SECRET_KEY": "nothing-but-a-test-0123456789", **environ}
    )
    made = Wiring(config, keys=({1: b"m" * 32}, 1))
    made.__dict__.update(bus=MemoryBus(), queue=MemoryQueue(), passwords=light_passwords())
    made.__dict__["tallies"] = MemoryTallies()
    public, private = made.vault.new_sealing_key()
    made.registry.install(Installation("i_web", "webt", public, private))
    for environment in Environment:
        made._markets[environment] = Host()  # type: ignore[assignment]
    made.health = lambda: {"redis": True, "workers": [{"name": "w1"}], "scheduler": {"at": "now"}, "egress": []}  # type: ignore[method-assign]
    return made


def person(p: Wiring, email: str = "ann@example.org") -> User:
    """Add a tenant who has something of everything."""
    user = add_user(p, email, PASSWORD)
    now = datetime.now(UTC)
    with p.tenants(user.id) as store:
        _accounts(store, user.id, now)
        history(store, user.id, now)
        _seal(p, store, named(user.id, "c1"))
    return user


def _seal(p: Wiring, store: SqliteTenant, credential_id: str) -> None:
    wrapped = store.credentials.put_data_key(p.vault.new_data_key(store.user_id))
    place = {"user_id": store.user_id, "credential_id": credential_id, "field": keys.SECRET}
    sealed = p.vault.seal(wrapped, SECRET, **place)
    assert p.vault.open(wrapped, sealed, **place) == SECRET
    store.credentials.put_secret(credential_id, keys.SECRET, sealed)


def ids(user: User) -> tuple[str, str]:
    """Return the ids of the tenant's first credential and tracker."""
    return named(user.id, "c1"), named(user.id, "t1")


def _accounts(store: SqliteTenant, user_id: str, now: datetime) -> None:
    first, second, third = (named(user_id, f"c{number}") for number in (1, 2, 3))
    states = (
        (first, "Momentum", Environment.TESTNET, CredentialState.RUNNING, "1041.27"),
        (second, "Contrarian", Environment.TESTNET, CredentialState.PAUSED, "982.40"),
        (third, "Savings", Environment.LIVE, CredentialState.STOPPED, "12873.02"),
    )
    for index, (id, name, environment, state, wallet) in enumerate(states):
        store.credentials.add(
            Credential(
                id,
                name,
                environment,
                f"{KEY[:-1]}{index}",
                state,
                True,
                False,
                now - timedelta(days=3),
                tested_at=now - timedelta(hours=2),
                last_cycle_at=now - timedelta(seconds=4),
            )
        )
        for step in range(60):
            at = now - timedelta(minutes=24 * (60 - step))
            drift = D((step * 37 + index * 11) % 23 - 9) + D(step) / 3
            store.credentials.put_snapshot(id, _account(D(wallet) + drift, at), ())
        store.credentials.put_snapshot(
            id, _account(D(wallet), now - timedelta(seconds=3)), _live() if index == 0 else ()
        )
    for name, credential, agent, settings in (
        ("t1", first, "deepseek-chat-v3.1", {"mode": "trade", "total_margin": "500"}),
        ("t2", second, "grok-4", {"total_margin": "400", "max_leverage": "10"}),
    ):
        tracker_id = named(user_id, name)
        store.trackers.add(Tracker(tracker_id, credential, f"{agent} {name}", "nof1", agent, True, now, now, settings))


def _account(wallet: D, at: datetime) -> Account:
    return Account(wallet, wallet, wallet - D(200), D(212), D(0), False, False, at)


def _live() -> tuple[Position, ...]:
    both = PositionSide.BOTH
    return (
        Position(
            "BTCUSDT",
            both,
            D("0.031"),
            D("66210.5"),
            D("66900"),
            D("51230"),
            D("20"),
            D("102.6"),
        ),
        Position(
            "ETHUSDT",
            both,
            D("-0.42"),
            D("3095.1"),
            D("3119"),
            D("3920"),
            D("-10"),
            D("65"),
        ),
        Position(
            "SOLUSDT",
            both,
            D("3.5"),
            D("169.02"),
            D("171"),
            D("0"),
            D("7"),
            D("59.1"),
        ),
    )


def market(p: Wiring) -> None:
    """Let a source have said something."""
    now = datetime.now(UTC)
    book = (("BTCUSDT", "0.31", "66180", 20), ("ETHUSDT", "-4.2", "3094.8", 15), ("SOLUSDT", "35", "168.1", 10))
    names = ("deepseek-chat-v3.1", "grok-4", "qwen3-max", "gpt-5", "claude-sonnet-4-5")
    for step in range(40):
        at = now - timedelta(minutes=2 * (40 - step))
        p.market.put_signals(
            Signal(
                "nof1",
                name,
                D(10000) + D((step * 97 + index * 31) % 173) * (index + 1),
                at,
                at,
                SignalHealth.GOOD,
                tuple(
                    SignalPosition(
                        symbol,
                        f"{step}",
                        D(quantity),
                        D(entry),
                        leverage,
                        D(entry) * D("0.95"),
                        D(entry) * D("1.1"),
                        at,
                        at,
                    )
                    for symbol, quantity, entry, leverage in book[: (index + 3) % 4]
                ),
            )
            for index, name in enumerate(names)
        )
    p.market.put_source_state(SourceState("nof1", now, now, None, 3, 0))
