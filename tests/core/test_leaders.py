"""Addresses: how one is written, and the wallets of known agents."""

from __future__ import annotations

import pytest

from nof1web.adapters.hashes import keccak256
from nof1web.core.leaders import NAMES, WALLETS, address_of, checksummed, short
from nof1web.errors import InvalidInput

GOOD = (
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
)
"""the examples of EIP-55"""


@pytest.mark.parametrize("address", GOOD)
def test_a_checksum_that_fits_is_accepted_in_any_of_its_three_forms(address: str) -> None:
    small = address.lower()
    forms = (address, small, "0x" + small[2:].upper(), f" {address}\n")
    assert {address_of(each, keccak256) for each in forms} == {small}
    assert checksummed(small, keccak256) == address


@pytest.mark.parametrize("address", GOOD)
def test_one_wrong_letter_in_a_checksummed_address_is_found(address: str) -> None:
    place = next(i for i, letter in enumerate(address) if letter.isalpha() and letter.islower() and i > 1)
    with pytest.raises(InvalidInput, match="typing error"):
        address_of(address[:place] + address[place].upper() + address[place + 1 :], keccak256)


@pytest.mark.parametrize("typed", ["", "0x", "gpt-6", "0x" + "1" * 39, "0x" + "1" * 41, "1" * 40, "0X" + "1" * 40])
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInput):
        address_of(typed, keccak256)


def test_a_known_agent_is_found_by_name_and_shown_by_it() -> None:
    assert address_of("gpt-5", keccak256) == WALLETS["gpt-5"] and short(WALLETS["gpt-5"]) == "gpt-5"
    assert short("0x" + "1" * 40) == "0x1111…1111" and short("gpt-5") == "gpt-5"


def test_every_known_wallet_is_a_different_address() -> None:
    assert len(NAMES) == 13 and all(address_of(each, keccak256) == each for each in NAMES)
