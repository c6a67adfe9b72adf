"""Removed credentials: a list, and what each ordered; no key and no secret."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from flask.testing import FlaskClient

from nof1web.core.records import EpochState, IntentStatus, ProtectionStatus
from nof1web.services import removing
from nof1web.services.stores import User
from nof1web.wiring import Wiring
from tests.web import seed


@pytest.fixture(scope="module")
def gone(wiring: Wiring, ann: User) -> str:
    """Remove Ann's first credential, which has a history; return its id."""
    id = seed.ids(ann)[0]
    with wiring.tenants(ann.id) as store:
        for epoch in store.trackers.epochs(id):
            store.trackers.put_epoch(replace(epoch, quantity=Decimal(0), state=EpochState.CLOSED))
        for intent in store.journal.unresolved(id):
            store.journal.update(replace(intent, status=IntentStatus.REJECTED))
        for leg in store.journal.protections(id):
            store.journal.put_protection(replace(leg, status=ProtectionStatus.CANCELLED))
    removing.remove(wiring, ann.id, id, typed="Momentum")
    return id


def test_a_removed_credential_is_listed_with_a_link_from_the_others(page: FlaskClient, gone: str) -> None:
    assert f'href="/credentials/removed/{gone}">Momentum<' in page.get("/credentials/removed").text
    assert "1 removed credential<" in page.get("/credentials").text


def test_its_orders_stay_with_name_and_environment_and_its_key_is_masked(page: FlaskClient, gone: str) -> None:
    text = page.get(f"/credentials/removed/{gone}").text
    assert "BTC" in text and "Momentum · Testnet" in text and f"{seed.KEY[:4]}…" in text
    assert 'href="/trackers/' not in text and seed.KEY[:-1] not in text
    assert page.get(f"/credentials/{gone}").status_code == 404


def test_only_what_was_removed_and_is_ones_own_is_found(
    page: FlaskClient, others_page: FlaskClient, gone: str
) -> None:
    assert others_page.get(f"/credentials/removed/{gone}").status_code == 404
    assert page.get("/credentials/removed/c_other").status_code == 404
    assert "Nothing was removed" in others_page.get("/credentials/removed").text
