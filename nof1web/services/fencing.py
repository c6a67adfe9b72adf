"""The right to change an account, checked right before a request that no journaled row stands for."""

from __future__ import annotations

from decimal import Decimal

from nof1web.services.ports import AccountPorts

WINDOW = Decimal(7)
"""seconds of lease a request needs: recvWindow and 2 (DESIGN §5 Sending)"""


def require_claim(ports: AccountPorts) -> None:
    """Raise LeaseLost unless nobody took over the credential and the lease outlasts the request that follows."""
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        pass
    ports.lease.require(WINDOW)
