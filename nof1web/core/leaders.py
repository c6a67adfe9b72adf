"""Addresses on Hyperliquid that can be followed: how one is written, and the public wallets of known agents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from nof1web.errors import N_, InvalidInput, Text

SOURCE = "hyperliquid"
MOST_LEADERS = 100
"""addresses read for one installation: beyond this nobody's signal would be fresh (nof1.md §6)"""
_DIGITS = frozenset("0123456789abcdefABCDEF")
Keccak = Callable[[bytes], bytes]
"""Keccak-256, which the standard library lacks"""

WALLETS: Mapping[str, str] = {
    "gpt-5": "0x67293d914eafb26878534571add81f6bd2d9fe06",
    "gemini-2.5-pro": "0x1b7a7d099a670256207a30dd0ae13d35f278010f",
    "claude-sonnet-4-5": "0x59fa085d106541a834017b97060bcbbb0aa82869",
    "grok-4": "0x56d652e62998251b56c8398fb11fcfe464c08f84",
    "deepseek-chat-v3.1": "0xc20ac4dc4188660cbf555448af52694ca62b0734",
    "qwen3-max": "0x7a8fd8bba33e37361ca6b0cb4518a44681bad2f3",
}
"""the first season's wallets (nof1.md §6), which several public projects name alike"""
LATER_WALLETS: Mapping[str, str] = {
    "deepseek-v3.1 · Monk Mode": "0xf180c5145b53b430777f67bded05ddc92650c594",
    "qwen3-max · Monk Mode": "0xa3ccd92ff5422066465a9fe76b1b9f0a0e038ee5",
    "kimi-k2-thinking · Monk Mode": "0x20f6124a8647944a0ac21d9426c44ebffa99be50",
    "gemini-3-pro · Monk Mode": "0x4a656e7be6e0a0d196decf609b2e86bfa1442e43",
    "claude-sonnet-4-5 · Monk Mode": "0x07ab291281569c20577de40a517fd4a74a8729fe",
    "claude-sonnet-4-5 · New Baseline": "0x4856b6fab262b67bf1e12aff1e6a826591b0b9e2",
    "gemini-3-pro · New Baseline": "0x9a0ad81e55744ebc42c32fb11ed5b407ebb609d8",
}
"""season 1.5's, from a single project (nof1.md §6): whoever follows one sees its book first"""
NAMES: Mapping[str, str] = {address: name for name, address in {**WALLETS, **LATER_WALLETS}.items()}
"""the name of each known address"""


@dataclass(frozen=True, slots=True)
class Account:
    """What an address is now: its equity (USD), how many positions it holds, whether it was ever used.

    `master` is set when it only signs for another address, and names that.
    """

    equity: Decimal
    positions: int
    used: bool
    master: str = ""

    @property
    def empty(self) -> bool:
        """Whether it holds nothing: perhaps a mistyped address."""
        return not self.positions and not self.equity


def address_of(typed: str, keccak256: Keccak) -> str:
    """Return an address in small letters; a known agent's name stands for its wallet.

    InvalidInput unless it is 0x and 40 hexadecimal digits, whose checksum (EIP-55) fits when their case is mixed.
    """
    text = typed.strip()
    text = WALLETS.get(text) or LATER_WALLETS.get(text) or text
    if not is_address(text):
        raise _wrong(N_("An address is 0x and 40 digits or letters from a to f: copy it whole."))
    digits = text[2:]
    if digits not in (digits.lower(), digits.upper()) and text != checksummed(text, keccak256):
        raise _wrong(N_("This address has a typing error: its capital letters don't fit. Copy it again."))
    return text.lower()


def is_address(text: str) -> bool:
    """Whether a text is 0x and 40 hexadecimal digits."""
    return len(text) == 42 and text.startswith("0x") and _DIGITS.issuperset(text[2:])


def checksummed(address: str, keccak256: Keccak) -> str:
    """Return an address with the capital letters that prove it was copied whole (EIP-55)."""
    small = address.lower()[2:]
    proof = keccak256(small.encode("ascii")).hex()
    return "0x" + "".join(
        letter.upper() if int(nibble, 16) >= 8 else letter for letter, nibble in zip(small, proof, strict=False)
    )


def short(address: str) -> str:
    """Return an address as people recognise it: its known name, else its first and last digits; others unchanged."""
    if not is_address(address):
        return address
    return NAMES.get(address) or f"{address[:6]}…{address[-4:]}"


def _wrong(template: str) -> InvalidInput:
    return InvalidInput(template, fields={"address": Text(template)})
