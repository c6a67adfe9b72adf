"""A user as a whole: exported without secrets, moved to another host, erased."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest

from nof1web.core.records import CredentialState
from nof1web.core.trading import Environment
from nof1web.errors import InvalidInput, NotFound, Refused
from nof1web.services import halting, keys, rotating, tenancy, users
from nof1web.services.stores import User
from nof1web.wiring import Wiring
from tests.adapters.store.examples import a_tracker, an_epoch
from tests.services.vaults import NEW, OLD, give, secret_of, wired
from tests.tools.passwords import derive_lightly
from tests.web.doubles import MemoryBus, MemoryQueue

WORD = "a passphrase long enough"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    derive_lightly(monkeypatch)


def host(folder: Path, master: str) -> Wiring:
    folder.mkdir(mode=0o700, exist_ok=True)
    made = wired(folder, master)
    made.__dict__.update(bus=MemoryBus(), queue=MemoryQueue())
    return made


@pytest.fixture
def p(tenants_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Wiring:
    monkeypatch.setenv("NOF1_MASTER_KEY", "")
    return host(tenants_dir, f"1:{OLD}")


@pytest.fixture
def ann(p: Wiring) -> User:
    user = users.add_user(p, "ann@example.org", "correct horse battery")
    give(p, user.id, "c_1", CredentialState.RUNNING)
    with p.tenants(user.id) as store:
        store.keys.set_armed("c_1", True)
        store.trackers.add(a_tracker())
    return user


def test_an_export_has_every_table_as_json_and_csv_and_no_secret(p: Wiring, ann: User) -> None:
    with p.tenants(ann.id) as store:
        sealed = store.keys.all_sealed()[0]
    with zipfile.ZipFile(io.BytesIO(tenancy.export(p, ann))) as archive:
        rows = json.loads(archive.read("credentials.json"))
        shown = list(csv.DictReader(io.StringIO(archive.read("credentials.csv").decode())))
        everything = b"".join(archive.read(name) for name in archive.namelist())
        names = set(archive.namelist())
    assert [row["id"] for row in rows] == [row["id"] for row in shown] == ["c_1"]
    assert {"trackers.csv", "orders.csv"} & names == {"trackers.csv"} and "secrets.json" not in names
    for hidden in (sealed.sealed, sealed.wrapped, sealed.sealed.hex().encode(), secret_of("c_1").encode(), b"keyc_1"):
        assert hidden not in everything


def test_a_formula_in_a_name_is_text_to_a_spreadsheet(p: Wiring, ann: User) -> None:
    with p.tenants(ann.id) as store:
        store.keys.rename("c_1", "=cmd()")
    with zipfile.ZipFile(io.BytesIO(tenancy.export(p, ann))) as archive:
        assert b",'=cmd()," in archive.read("credentials.csv")


def test_a_bundle_moves_a_user_to_a_host_with_another_master_key(p: Wiring, ann: User, tmp_path: Path) -> None:
    sealed = tenancy.pack(p, p.bundles, ann, WORD)
    assert secret_of("c_1").encode() not in sealed and ann.email.encode() not in sealed
    there = host(tmp_path / "there", f"1:{NEW}")
    moved = tenancy.unpack(there, there.bundles, sealed, WORD)
    assert users.authenticate(there, ann.email, "correct horse battery") == moved
    with there.tenants(moved.id) as store:
        found = store.credentials.get("c_1")
        assert found is not None and (found.state, found.armed) == (CredentialState.STOPPED, False)
        assert keys.open_secret(there, store, found) == secret_of("c_1")
        assert store.trackers.get("t_1") is not None


def test_a_bundle_opens_only_whole_and_under_its_passphrase(p: Wiring, ann: User) -> None:
    sealed = tenancy.pack(p, p.bundles, ann, WORD)
    for data, word in ((sealed, WORD + "!"), (sealed[:-1], WORD), (b"zip", WORD), (b"", WORD)):
        with pytest.raises(InvalidInput):
            p.bundles.open(data, word)
    with pytest.raises(InvalidInput, match="at least 12"):
        p.bundles.seal(b"x", "short")


def test_a_user_who_is_here_already_is_not_overwritten(p: Wiring, ann: User) -> None:
    with pytest.raises(InvalidInput, match="on this host already"):
        tenancy.unpack(p, p.bundles, tenancy.pack(p, p.bundles, ann, WORD), WORD)
    with p.tenants(ann.id) as store:
        assert store.credentials.get("c_1") is not None


def test_a_bundle_with_another_database_inside_makes_no_user(p: Wiring, ann: User, tmp_path: Path) -> None:
    file = io.BytesIO()
    about = {"format": 1, "id": ann.id, "email": ann.email, "password_hash": "", "language": "", "secrets": []}
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("bundle.json", json.dumps({**about, "created_at": "2026-01-01T00:00:00+00:00"}))
        archive.writestr("tenant.db", b"nothing of the kind")
    there = host(tmp_path / "there", f"1:{NEW}")
    with pytest.raises(InvalidInput):
        tenancy.unpack(there, there.bundles, there.bundles.seal(file.getvalue(), WORD), WORD)
    assert there.registry.users() == ()


def test_after_removal_nothing_of_a_user_is_left(p: Wiring, ann: User, tenants_dir: Path) -> None:
    token = users.open_session(p, ann.id)
    tenancy.remove(p, ann, typed=ann.email)
    assert not (tenants_dir / ann.id).exists() and users.session_user(p, token) is None
    kept = b"".join(path.read_bytes() for path in tenants_dir.rglob("*") if path.is_file())
    assert ann.email.encode() not in kept and ann.password_hash.encode() not in kept and b"keyc_1" not in kept
    with pytest.raises(NotFound), p.tenants(ann.id):
        pass


def test_a_user_with_positions_is_not_removed(p: Wiring, ann: User) -> None:
    with p.tenants(ann.id) as store:
        store.trackers.put_epoch(an_epoch())
    with pytest.raises(Refused, match="still holds positions"):
        tenancy.remove(p, ann, typed=ann.email)
    with pytest.raises(InvalidInput):
        tenancy.remove(p, ann, typed="yes")


def test_a_removal_that_was_cut_short_goes_on(p: Wiring, ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(_user_id: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(p.registry, "remove_user", cut)
    with pytest.raises(KeyboardInterrupt):
        tenancy.remove(p, ann, typed=ann.email)
    monkeypatch.undo()
    monkeypatch.setenv("NOF1_MASTER_KEY", f"1:{OLD}")
    tenancy.remove(p, ann, typed=ann.email)
    assert p.registry.users() == ()


def test_a_disabled_users_sessions_end(p: Wiring, ann: User) -> None:
    token = users.open_session(p, ann.id)
    users.set_enabled(p, ann, False)
    users.set_enabled(p, ann, True)
    assert users.session_user(p, token) is None


def test_a_removal_cut_after_the_data_key_keeps_nobody_from_starting(
    p: Wiring, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(_user_id: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(p.tenants, "remove", cut)
        tenancy.remove(p, ann, typed=ann.email)
    p.require_key()
    assert rotating.rotate_master(p).unreadable == ()


def cut_import(p: Wiring, ann: User, there: Wiring, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Have an import killed right after the image was written; return the bundle."""
    with p.tenants(ann.id) as store:
        store.trackers.put_epoch(an_epoch())
    sealed = tenancy.pack(p, p.bundles, ann, WORD)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        # A kill undoes nothing.
        patched.setattr(there.registry, "remove_user", lambda _id: None)
        patched.setattr(there.tenants, "remove", lambda _id: None)
        patched.setattr(tenancy, "_settle_in", lambda *_args: exec("raise KeyboardInterrupt"))
        tenancy.unpack(there, there.bundles, sealed, WORD)
    return sealed


def test_a_killed_import_leaves_nothing_armed_and_the_next_one_goes_on(
    p: Wiring, ann: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = host(tmp_path / "there", f"1:{NEW}")
    sealed = cut_import(p, ann, there, monkeypatch)
    with there.tenants(ann.id) as store:
        found = store.credentials.get("c_1")
        assert found is not None and (found.state, found.armed) == (CredentialState.STOPPED, False)
    assert users.authenticate(there, ann.email, "correct horse battery") is None
    tenancy.unpack(there, there.bundles, sealed, WORD)
    with there.tenants(ann.id) as store:
        assert keys.open_secret(there, store, found) == secret_of("c_1")
    assert users.authenticate(there, ann.email, "correct horse battery") is not None


def test_half_a_user_can_be_removed_although_the_other_host_holds_positions(
    p: Wiring, ann: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = host(tmp_path / "there", f"1:{NEW}")
    cut_import(p, ann, there, monkeypatch)
    half = there.registry.users()[0]
    tenancy.remove(there, half, typed=half.email)
    assert there.registry.users() == ()


def test_a_bundle_without_its_secrets_makes_no_user(p: Wiring, ann: User, tmp_path: Path) -> None:
    file = io.BytesIO()
    about = {"format": 1, "id": ann.id, "email": ann.email, "password_hash": "x", "language": ""}
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("bundle.json", json.dumps({**about, "created_at": "2026-01-01T00:00:00+00:00"}))
        archive.writestr("tenant.db", p.tenants.image(ann.id))
    there = host(tmp_path / "there", f"1:{NEW}")
    with pytest.raises(InvalidInput, match="no bundle"):
        tenancy.unpack(there, there.bundles, there.bundles.seal(file.getvalue(), WORD), WORD)
    assert there.registry.users() == ()


def test_the_demo_takes_no_live_account_by_a_bundle(p: Wiring, ann: User, tmp_path: Path) -> None:
    with p.tenants(ann.id) as store:
        store.keys.put_environment("c_1", Environment.LIVE)
    there = host(tmp_path / "there", f"1:{NEW}")
    with pytest.raises(Refused, match="This is the demo"):
        tenancy.unpack(there, there.bundles, tenancy.pack(p, p.bundles, ann, WORD), WORD)
    assert there.registry.users() == () and not (tmp_path / "there" / ann.id).exists()
    with pytest.raises(Refused, match="This is the demo"):
        halting.change(p, ann.id, "c_1", "start")
