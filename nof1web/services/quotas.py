"""What an administrator allows a user: settings that ask for more are refused where they are chosen."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from nof1web.errors import N_, InvalidSettings, Text
from nof1web.services.stores import TenantStore

_SHORTER = N_("This installation allows you an interval of %(seconds)s s or longer.")


def require_allowed(store: TenantStore, chosen: Mapping[str, str], *, before: Mapping[str, str] | None = None) -> None:
    """InvalidSettings for an interval shorter than the user's quota; what was so `before` is nobody's fault.

    The texts chosen are valid already. A quota set later holds all the same: cycles then keep to the longer of both.
    """
    shortest, interval = store.halts.quota().interval, chosen.get("interval", "")
    if shortest is None or not interval or interval == (before or {}).get("interval"):
        return
    if Decimal(interval) < shortest:
        raise InvalidSettings({"interval": Text(_SHORTER, {"seconds": str(shortest)})})
