"""API keys: who may call for which account, with which permissions (binance.md §4.5)."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field

_ALPHABET = string.ascii_letters + string.digits
KEY_LENGTH = 64
# A key may read and trade futures and nothing else, unless it is asked for otherwise.
PERMISSIONS: dict[str, bool] = {
    "ipRestrict": False,
    "enableReading": True,
    "enableWithdrawals": False,
    "enableInternalTransfer": False,
    "enableMargin": False,
    "enableFutures": True,
    "permitsUniversalTransfer": False,
    "enableVanillaOptions": False,
    "enableFixApiTrade": False,
    "enableFixReadOnly": False,
    "enableSpotAndMarginTrading": False,
    "enablePortfolioMarginTrading": False,
}


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key pair and its account."""

    api_key: str
    account_id: str
    created_ms: int
    permissions: dict[str, bool]
    api_secret: str = field(repr=False)


@dataclass(slots=True)
class KeyRing:
    """All keys; new ones are remembered in `changed` until they are taken."""

    keys: dict[str, ApiKey] = field(default_factory=dict)
    changed: dict[tuple[str, str], object] = field(default_factory=dict)

    def issue(self, account_id: str, permissions: Mapping[str, bool], *, now_ms: int) -> ApiKey:
        """A new key pair; raises ValueError on a permission that doesn't exist."""
        unknown = sorted(set(permissions) - set(PERMISSIONS))
        if unknown:
            raise ValueError(f"unknown permission: {', '.join(unknown)}")
        key = ApiKey(_token(), account_id, now_ms, {**PERMISSIONS, **permissions}, _token())
        self.keys[key.api_key] = key
        self.changed["key", key.api_key] = key
        return key

    def take_changes(self) -> dict[tuple[str, str], object]:
        """Keys made since the last call."""
        changed, self.changed = self.changed, {}
        return changed


def _token() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(KEY_LENGTH))
