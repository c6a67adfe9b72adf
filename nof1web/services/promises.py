"""What the trade trackers of a credential promise together, against its wallet (DESIGN §5 rule 10)."""

from __future__ import annotations

from decimal import Decimal

from nof1web.core import settings as schema
from nof1web.core.records import Credential, Mode
from nof1web.errors import N_, InvalidInput, Text
from nof1web.services.stores import TenantStore


def promised(store: TenantStore, credential_id: str, *, except_id: str = "") -> Decimal:
    """Return the total margins (USDT) of a credential's started trade trackers, but for one."""
    others = (each for each in store.trackers.all(credential_id) if each.started and each.id != except_id)
    kept = (schema.of(each) for each in others)
    return sum((each.total_margin for each in kept if each.mode is Mode.TRADE), Decimal(0))


def require_affordable(store: TenantStore, owner: Credential, total: Decimal) -> None:
    """Refuse a sum of total margins (USDT) larger than the wallet as last read; InvalidInput says by how much."""
    snapshot = store.credentials.snapshot(owner.id)
    if snapshot is None or total <= snapshot[0].wallet:
        return
    raise InvalidInput(
        N_("The trackers of %(name)s promise %(promised)s USDT, the wallet holds %(wallet)s. Lower a total margin."),
        fields={"total_margin": Text(N_("More than the wallet holds."))},
        name=owner.name,
        promised=f"{total:.2f}",
        wallet=f"{snapshot[0].wallet:.2f}",
    )
