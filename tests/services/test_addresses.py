"""Having an address read: what is refused, what has to be confirmed, and following one in a single step."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nof1web.adapters.hashes import keccak256
from nof1web.core.leaders import MOST_LEADERS, SOURCE, WALLETS, Account
from nof1web.errors import InvalidInput, Refused, Transient
from nof1web.services import addresses, trackers
from tests.adapters.feeds.wallets import address
from tests.services.test_feeding import NOW, market
from tests.web import seed

__all__ = ["market"]

FULL, EMPTY, UNUSED = Account(500, 2, True), Account(0, 0, True), Account(0, 0, False)  # type: ignore[arg-type]


def ports(market: Any, account: Account | Exception) -> Any:
    def leader(_: str) -> Account:
        if isinstance(account, Exception):
            raise account
        return account

    return SimpleNamespace(market=market, clock=lambda: NOW, leader=leader, keccak256=keccak256)


def test_an_address_that_is_read_already_is_not_looked_up_again(market: Any) -> None:
    addresses.add(ports(market, FULL), address(1))
    assert addresses.add(ports(market, Transient("Down.")), address(1)) == address(1)


@pytest.mark.parametrize("account", [EMPTY, UNUSED])
def test_an_empty_book_has_to_be_confirmed(market: Any, account: Account) -> None:
    with pytest.raises(InvalidInput):
        addresses.add(ports(market, account), address(1))
    addresses.add(ports(market, account), address(1), confirmed=True)
    assert market.leaders.all(SOURCE) == (address(1),)


def test_what_can_not_be_looked_up_is_not_read(market: Any) -> None:
    with pytest.raises(Transient):
        addresses.add(ports(market, Transient("Down.")), address(1))
    assert market.leaders.all(SOURCE) == ()


def test_there_are_only_as_many_addresses_as_can_be_kept_fresh(market: Any) -> None:
    for number in range(MOST_LEADERS):
        market.leaders.add(SOURCE, address(number), NOW)
    with pytest.raises(Refused):
        addresses.add(ports(market, FULL), address(MOST_LEADERS))


def test_a_tracker_follows_an_address_or_a_known_name_in_one_step(tmp_path: Path) -> None:
    folder = tmp_path / "tenants"
    folder.mkdir(mode=0o700)
    wired = seed.wiring(folder)
    user = seed.person(wired)
    wired.leader = lambda _: FULL  # type: ignore[method-assign]
    credential, _tracker = seed.ids(user)
    made = trackers.add(wired, user.id, credential=credential, source=SOURCE, agent="gpt-5", settings={})
    assert made.agent == WALLETS["gpt-5"] and wired.market.leaders.all(SOURCE) == (WALLETS["gpt-5"],)
