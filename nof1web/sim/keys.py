"""API keys: who may call for which account, from where, with which permissions (binance.md §2, §4.5)."""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_address

from nof1web.sim.public_keys import HMAC, kind_of

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
    """A key and its account: an HMAC key has a secret, an RSA or ED25519 key a public key (PEM) instead.

    With permission ipRestrict it is good from `addresses` only; `locked` is what -2017 tells of.
    """

    api_key: str
    account_id: str
    created_ms: int
    permissions: dict[str, bool]
    api_secret: str = field(default="", repr=False)
    kind: str = HMAC
    public_key: str = field(default="", repr=False)
    addresses: list[str] = field(default_factory=list)
    revoked: bool = False
    locked: bool = False

    def admits(self, address: str) -> bool:
        """Whether it may be used from an address."""
        return not (self.permissions["ipRestrict"] and self.addresses) or address in self.addresses


@dataclass(slots=True)
class KeyRing:
    """All keys; new and changed ones are remembered in `changed` until they are taken."""

    keys: dict[str, ApiKey] = field(default_factory=dict)
    changed: dict[tuple[str, str], object] = field(default_factory=dict)

    def issue(
        self,
        account_id: str,
        permissions: Mapping[str, bool],
        *,
        now_ms: int,
        public_key: str = "",
        addresses: Iterable[str] = (),
    ) -> ApiKey:
        """A new key: with a secret, or of a public key (PEM) without one.

        Raises ValueError on an unknown permission, an address that is none or a public key that is no good.
        """
        allowed, listed, kind = vetted(permissions, addresses, public_key)
        key = ApiKey(
            api_key=_token(),
            account_id=account_id,
            created_ms=now_ms,
            permissions=allowed,
            api_secret="" if public_key else _token(),
            kind=kind,
            public_key=public_key,
            addresses=listed,
        )
        return self._keep(key)

    def change(
        self,
        api_key: str,
        permissions: Mapping[str, bool],
        *,
        addresses: Iterable[str] | None = None,
        revoked: bool | None = None,
        locked: bool | None = None,
    ) -> ApiKey:
        """Change what is named of a key; raises KeyError for an unknown key and ValueError as `issue` does."""
        key = self.keys[api_key]
        allowed, listed = _restrictions(key.permissions, permissions, key.addresses if addresses is None else addresses)
        return self._keep(
            replace(
                key,
                permissions=allowed,
                addresses=listed,
                revoked=key.revoked if revoked is None else revoked,
                locked=key.locked if locked is None else locked,
            )
        )

    def take_changes(self) -> dict[tuple[str, str], object]:
        """Keys made or changed since the last call."""
        changed, self.changed = self.changed, {}
        return changed

    def _keep(self, key: ApiKey) -> ApiKey:
        self.keys[key.api_key] = key
        self.changed["key", key.api_key] = key
        return key


def vetted(
    permissions: Mapping[str, bool], addresses: Iterable[str], public_key: str
) -> tuple[dict[str, bool], list[str], str]:
    """All permissions, the addresses and the kind of a key to be; raises ValueError as `KeyRing.issue` does."""
    kind = kind_of(public_key) if public_key else HMAC
    return *_restrictions(PERMISSIONS, permissions, addresses), kind


def _restrictions(
    old: Mapping[str, bool], wished: Mapping[str, bool], addresses: Iterable[str]
) -> tuple[dict[str, bool], list[str]]:
    """Permissions and addresses that fit together: naming addresses restricts the key to them."""
    unknown = sorted(set(wished) - set(PERMISSIONS))
    if unknown:
        raise ValueError(f"unknown permission: {', '.join(unknown)}")
    listed = [str(ip_address(each)) for each in addresses]
    allowed = {**old, "ipRestrict": bool(listed), **wished}
    if allowed["ipRestrict"] and not listed:
        raise ValueError("ipRestrict needs at least one address")
    return allowed, listed


def _token() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(KEY_LENGTH))
