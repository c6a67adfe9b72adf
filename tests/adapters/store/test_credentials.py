"""Credentials, their secrets and snapshots come back as they went in; what is erased is gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from nof1web.core.records import CredentialState, EquityPoint, Watch
from nof1web.errors import InvalidInput, NotFound, Text
from tests.adapters.store.examples import ERROR, NOW, SECOND, a_credential, a_draft, a_position, an_account

CANARY = b"canary-9f2c-secret-bytes-of-a-draft" * 40


def bytes_on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()) if not path.name.endswith("-shm"))


def test_a_credential_comes_back_as_it_went_in_by_id_and_by_name(tenant):
    assert tenant.credentials.get("c_1") == a_credential()
    assert tenant.credentials.get("mAIN") == a_credential()
    assert tenant.credentials.all() == (a_credential(),)


def test_an_id_wins_over_anothers_name(tenant):
    tenant.credentials.add(a_credential(id="c_2", name="c_1"))
    assert tenant.credentials.get("c_1").name == "Main"


@pytest.mark.parametrize("name", ["Main", "MAIN"])
def test_a_name_is_taken_whatever_its_case(tenant, name):
    with pytest.raises(InvalidInput) as refused:
        tenant.credentials.add(a_credential(id="c_2", name=name))
    assert set(refused.value.fields) == {"name"}


def test_a_names_case_is_more_than_ascii(tenant):
    tenant.credentials.add(a_credential(id="c_2", name="Größe"))
    assert tenant.credentials.get("GRÖSSE").id == "c_2"


def test_each_change_is_the_only_change(tenant):
    store, later = tenant.credentials, NOW + 9 * SECOND
    store.set_state("c_1", CredentialState.HALTED)
    store.set_enabled("c_1", enabled=False)
    store.set_tested("c_1", later, alias="", error=None)
    store.set_cycled("c_1", later, error=ERROR)
    store.set_wake("c_1", None, iter([Watch("ETHUSDT", Decimal("3000.0"), above=False)]))
    assert store.get("c_1") == a_credential(
        state=CredentialState.HALTED, enabled=False, tested_at=later, last_cycle_at=later, last_error=ERROR,
        wake_at=None, watches=(Watch("ETHUSDT", Decimal("3000.0"), above=False),),
    )


def test_changing_a_credential_that_is_gone_is_said(tenant):
    with pytest.raises(NotFound):
        tenant.credentials.set_enabled("c_gone", enabled=True)
    with pytest.raises(NotFound):
        tenant.credentials.claim_fence("c_gone")


def test_the_first_data_key_stays(tenant):
    assert tenant.credentials.data_key() is None
    assert tenant.credentials.put_data_key(b"first") == b"first"
    assert tenant.credentials.put_data_key(b"second") == b"first"


def test_a_secret_is_kept_per_credential_and_field(tenant):
    tenant.credentials.put_secret("c_1", "api_secret", b"one")
    tenant.credentials.put_secret("c_1", "api_secret", b"two")
    assert tenant.credentials.secret("c_1", "api_secret") == b"two"
    assert tenant.credentials.secret("c_1", "other") is None


def test_a_secret_of_no_credential_is_refused(tenant):
    with pytest.raises(NotFound):
        tenant.credentials.put_secret("c_gone", "api_secret", b"one")


def test_a_snapshot_replaces_the_positions_of_the_last(tenant):
    tenant.credentials.put_snapshot("c_1", an_account(), (a_position(), a_position(symbol="ETHUSDT")))
    newer = an_account(read_at=NOW + SECOND)
    tenant.credentials.put_snapshot("c_1", newer, (a_position(),))
    assert tenant.credentials.snapshot("c_1") == (newer, (a_position(),))
    assert tenant.credentials.get("c_1").last_sync_at == NOW + SECOND


def test_an_older_snapshot_changes_nothing(tenant):
    tenant.credentials.put_snapshot("c_1", an_account(), (a_position(),))
    tenant.credentials.put_snapshot("c_1", an_account(read_at=NOW - SECOND), ())
    assert tenant.credentials.snapshot("c_1") == (an_account(), (a_position(),))


def test_equity_is_kept_at_most_every_thirty_seconds(tenant):
    for seconds in (0, 29, 30, 45, 61):
        tenant.credentials.put_snapshot("c_1", an_account(read_at=NOW + timedelta(seconds=seconds)), ())
    points = tenant.credentials.equity("c_1", NOW + SECOND)
    assert [point.at - NOW for point in points] == [30 * SECOND, 61 * SECOND]
    account = an_account()
    assert points[0] == EquityPoint(
        "c_1", NOW + 30 * SECOND, account.equity, account.wallet, account.available, account.initial_margin
    )


def test_a_draft_comes_back_as_it_went_in(tenant):
    tenant.credentials.add_draft(a_draft())
    assert tenant.credentials.draft("d_1") == a_draft()


def test_a_finished_draft_keeps_the_answer_and_loses_the_secret(tenant):
    tenant.credentials.add_draft(a_draft())
    tenant.credentials.finish_draft("d_1", state="passed", answer=Text("Fine."), credential_id="c_1")
    expected = replace(a_draft(), sealed=b"", state="passed", answer=Text("Fine."), credential_id="c_1")
    assert tenant.credentials.draft("d_1") == expected


@pytest.mark.parametrize("joined", [False, True])
def test_no_byte_of_a_finished_drafts_secret_stays_on_disk(tenant, tmp_path, joined):
    tenant.credentials.add_draft(a_draft(sealed=CANARY))
    tenant.credentials.add_draft(a_draft(id="d_2"))
    tenant.close()
    assert CANARY[:35] in bytes_on_disk(tmp_path)
    if joined:
        with tenant.transaction():
            tenant.credentials.finish_draft("d_1", state="failed", answer=Text("No."))
    else:
        tenant.credentials.finish_draft("d_1", state="failed", answer=Text("No."))
    assert CANARY[:35] not in bytes_on_disk(tmp_path)


def test_finishing_a_draft_that_is_gone_is_said(tenant):
    with pytest.raises(NotFound):
        tenant.credentials.finish_draft("d_gone", state="failed", answer=Text("No."))
