"""A key pair made here: the private half is sealed at once, the public half goes to the exchange."""

from __future__ import annotations

import pytest

from nof1web.errors import InvalidInput, NotFound
from nof1web.services import credentials, keys, pairs
from nof1web.services.stores import User
from nof1web.wiring import Wiring
from tests.exchange_process import ExchangeProcess
from tests.services.installations import SAFE, a_key, added
from tests.services.two_exchanges import ann, live, p, testnet

__all__ = ["ann", "live", "p", "testnet"]


def registered(exchange: ExchangeProcess, public_key: str, **wish: object) -> str:
    wishes = {"balance": "1000", "addresses": ["127.0.0.1"], "permissions": SAFE, "public_key": public_key, **wish}
    return str(exchange.post("/sim/keys", **wishes)["api_key"])


def test_a_pair_made_here_signs_at_the_exchange_and_nobody_saw_its_private_half(
    p: Wiring, ann: User, live: ExchangeProcess
) -> None:
    row = pairs.begin(p, ann.id, name="Pair", environment="live")
    assert "BEGIN PUBLIC KEY" in row.public_key and b"PRIVATE" not in row.sealed
    pairs.named(p, ann.id, row.id, registered(live, row.public_key))
    assert credentials.test_draft(p, ann.id, row.id)["state"] == "passed"
    with p.tenants(ann.id) as store:
        made, draft = store.credentials.get("Pair"), store.credentials.draft(row.id)
        assert made is not None and draft is not None and draft.sealed == b""
        assert "BEGIN PRIVATE" in keys.open_secret(p, store, made)
    kept = b"".join(path.read_bytes() for path in p.config.tenants_dir.rglob("*.db*"))
    assert b"PRIVATE KEY" not in kept


def test_a_pair_whose_test_fails_keeps_waiting(p: Wiring, ann: User, live: ExchangeProcess) -> None:
    row = pairs.begin(p, ann.id, name="Pair", environment="live")
    moving = registered(live, row.public_key, permissions={**SAFE, "enableWithdrawals": True})
    pairs.named(p, ann.id, row.id, moving)
    credentials.test_draft(p, ann.id, row.id)
    with p.tenants(ann.id) as store:
        (waiting,) = store.credentials.waiting()
    assert "may withdraw" in str(waiting.answer) and waiting.sealed == row.sealed
    live.post(f"/sim/keys/{moving}", permissions=SAFE)
    pairs.named(p, ann.id, row.id, moving)
    assert credentials.test_draft(p, ann.id, row.id)["state"] == "passed"


def test_what_cannot_be_a_pair_is_told_beside_its_field(p: Wiring, ann: User, live: ExchangeProcess) -> None:
    with pytest.raises(InvalidInput) as paper:
        pairs.begin(p, ann.id, name="Pair", environment="paper")
    taken = a_key(live)
    added(p, ann, taken)
    row = pairs.begin(p, ann.id, name="Pair", environment="live")
    for wrong in ("short", taken["api_key"]):
        with pytest.raises(InvalidInput) as refused:
            pairs.named(p, ann.id, row.id, wrong)
        assert set(refused.value.fields) == {"api_key"}
    assert set(paper.value.fields) == {"environment"}


def test_a_pair_given_up_is_erased(p: Wiring, ann: User) -> None:
    row = pairs.begin(p, ann.id, name="Pair", environment="testnet")
    pairs.give_up(p, ann.id, row.id)
    with p.tenants(ann.id) as store:
        assert store.credentials.waiting() == ()
    kept = b"".join(path.read_bytes() for path in p.config.tenants_dir.rglob("tenant.db*"))
    assert row.sealed not in kept
    with pytest.raises(NotFound):
        pairs.named(p, ann.id, row.id, "k" * 64)
